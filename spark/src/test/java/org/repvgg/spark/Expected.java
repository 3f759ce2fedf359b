package org.repvgg.spark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;
import org.repvgg.evaluate.Prediction;
import org.repvgg.image.Image;
import org.repvgg.image.ImageDecoder;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// What `core` says to photos, without Spark.
final class Expected {
    private Expected() {}

    /// An answer: names with probabilities to the last bit, or no such.
    record Answer(@Nullable String classes, @Nullable List<Float> features) {}

    /// In passes of `batch` images, in the order of their names.
    static Map<String, Answer> of(
            PlainModel model, Map<String, byte[]> photos, int batch, int top, int featureStage)
            throws IOException {
        Map<String, Answer> answers = new TreeMap<>();
        List<String> names = new ArrayList<>();
        List<Image> images = new ArrayList<>();
        photos.forEach(
                (name, bytes) -> {
                    try {
                        images.add(ImageDecoder.standard().decode(bytes, name));
                        names.add(name);
                    } catch (IOException _) {
                        answers.put(name, new Answer(null, null));
                    }
                });
        int block = model.spec().lastBlock(featureStage);
        try (PlainRuntime runtime = PlainRuntime.load(model, new RuntimeOptions(2))) {
            var preprocessing = new Preprocessing(model.input());
            for (int first = 0; first < names.size(); first += batch) {
                int size = Math.min(batch, names.size() - first);
                Tensor input =
                        filled(preprocessing.batch(images.subList(first, first + size)), batch);
                Tensor maps = runtime.features(input, java.util.Set.of(block)).get(block);
                Tensor logits = runtime.logits(input);
                for (int i = 0; i < size; i++) {
                    List<Prediction> best =
                            Prediction.best(logits, i, model.input().classNames(), top);
                    answers.put(names.get(first + i), new Answer(text(best), means(maps, i)));
                }
            }
        }
        return answers;
    }

    /// The same images, and black ones up to a whole batch.
    private static Tensor filled(Tensor images, int batch) {
        Shape shape = images.shape();
        return Tensor.ofOwned(
                Shape.of(batch, shape.dimension(1), shape.dimension(2), shape.dimension(3)),
                Arrays.copyOf(images.unsafeArray(), batch * shape.elements() / shape.dimension(0)));
    }

    private static List<Float> means(Tensor maps, int image) {
        int channels = maps.shape().dimension(1);
        int places = maps.shape().dimension(2) * maps.shape().dimension(3);
        List<Float> means = new ArrayList<>();
        for (int c = 0; c < channels; c++) {
            double sum = 0;
            for (int place = 0; place < places; place++) {
                sum += maps.get((image * channels + c) * places + place);
            }
            means.add((float) (sum / places));
        }
        return means;
    }

    private static String text(List<Prediction> best) {
        StringBuilder text = new StringBuilder();
        best.forEach(c -> text.append(c.name()).append(' ').append(c.probability()).append(", "));
        return text.toString();
    }

    /// What a table of answers says, by the last name of its paths.
    static Map<String, Answer> in(Dataset<Row> answers) {
        Map<String, Answer> found = new TreeMap<>();
        boolean features = Arrays.asList(answers.columns()).contains("features");
        for (Row row : answers.collectAsList()) {
            String path = row.getAs("path");
            String name = path.substring(path.lastIndexOf('/') + 1);
            boolean broken = row.getAs("error") != null;
            List<Row> classes = broken ? List.of() : row.getList(row.fieldIndex("classes"));
            StringBuilder text = new StringBuilder();
            classes.forEach(
                    c ->
                            text.append(c.getString(0))
                                    .append(' ')
                                    .append(c.getDouble(1))
                                    .append(", "));
            List<Float> values =
                    features && !broken
                            ? List.copyOf(row.<Float>getList(row.fieldIndex("features")))
                            : null;
            found.put(name, new Answer(broken ? null : text.toString(), values));
        }
        return found;
    }

    /// Without features, for tables that have none.
    static Map<String, Answer> classes(Map<String, Answer> answers) {
        Map<String, Answer> classes = new TreeMap<>();
        answers.forEach((name, answer) -> classes.put(name, new Answer(answer.classes, null)));
        return classes;
    }
}
