package org.repvgg.spark;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.repvgg.data.Dataset;
import org.repvgg.data.Datasets;
import org.repvgg.format.Checkpoint;
import org.repvgg.image.Image;
import org.repvgg.model.PlainModel;
import org.repvgg.zoo.Zoo;

/// Small photos as compressed bytes, some of them broken, and a network that has learnt to see.
final class Photos {
    private Photos() {}

    /// 32x32, ten classes; see zoo/cifar10-small.md.
    static PlainModel network() throws IOException {
        return (PlainModel) Checkpoint.read(networkFile());
    }

    static Path networkFile() {
        return Zoo.standard().file("cifar10-small").orElseThrow();
    }

    /// Photos by name: drawings as JPEG and PNG, of several sizes. Every 33rd is broken (3 %), in
    /// one of four ways.
    static Map<String, byte[]> some(int count) throws IOException {
        Map<String, byte[]> photos = new TreeMap<>();
        try (Dataset shapes = Datasets.open("shapes")) {
            for (int i = 0; i < count; i++) {
                Image drawing = shapes.test().image(i % shapes.test().size());
                boolean png = i % 5 == 0;
                byte[] bytes = compressed(drawing, png ? "png" : "jpg");
                photos.put(
                        "photo-%05d.%s".formatted(i, png ? "png" : "jpg"),
                        isBroken(i) ? broken(bytes, i / 33) : bytes);
            }
        }
        return photos;
    }

    private static boolean isBroken(int number) {
        return number % 33 == 7;
    }

    private static byte[] broken(byte[] whole, int way) {
        return switch (way % 4) {
            case 0 -> Arrays.copyOf(whole, whole.length / 2);
            case 1 -> new byte[0];
            case 2 -> "<html>\nnot found\n</html>".getBytes(StandardCharsets.UTF_8);
            default -> Arrays.copyOf(whole, 3);
        };
    }

    static byte[] compressed(Image image, String format) throws IOException {
        var picture = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
        int channels = image.channels();
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                int rgb = 0;
                for (int c = 0; c < 3; c++) {
                    rgb = rgb << 8 | image.sample(x, y, channels == 1 ? 0 : c);
                }
                picture.setRGB(x, y, rgb);
            }
        }
        var bytes = new ByteArrayOutputStream();
        ImageIO.write(picture, format, bytes);
        return bytes.toByteArray();
    }

    /// Writes them into a folder with subfolders.
    static Path write(Map<String, byte[]> photos, Path folder) throws IOException {
        List<String> names = new ArrayList<>(photos.keySet());
        for (int i = 0; i < names.size(); i++) {
            Path below = Files.createDirectories(folder.resolve("part" + i % 3));
            Files.write(below.resolve(names.get(i)), photos.get(names.get(i)));
        }
        return folder;
    }

    /// Writes them as a table of `path` and `image`, in as many files as make tasks for two
    /// workers.
    static Path writeTable(Map<String, byte[]> photos, Path folder) {
        List<Row> rows = new ArrayList<>();
        photos.forEach((name, bytes) -> rows.add(RowFactory.create(name, bytes)));
        StructType schema =
                new StructType()
                        .add("path", DataTypes.StringType)
                        .add("image", DataTypes.BinaryType);
        LocalSpark.session()
                .createDataFrame(rows, schema)
                .repartition(4)
                .write()
                .parquet(folder.toString());
        return folder;
    }

    /// The table that Spark makes of a folder.
    static org.apache.spark.sql.Dataset<Row> binaryFiles(SparkSession spark, Path folder) {
        return spark.read()
                .format("binaryFile")
                .option("recursiveFileLookup", true)
                .load(folder.toString());
    }

    /// What is said of photos that have any bytes.
    static <T> Map<String, T> withoutEmpty(Map<String, T> answers, Map<String, byte[]> photos) {
        Map<String, T> rest = new TreeMap<>(answers);
        rest.keySet().removeIf(name -> photos.get(name).length == 0);
        return rest;
    }
}
