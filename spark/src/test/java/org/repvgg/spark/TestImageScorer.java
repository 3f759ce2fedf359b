package org.repvgg.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.evaluate.ImageBatches;
import org.repvgg.model.PlainModel;

final class TestImageScorer {
    private static final int PHOTOS = 400;
    private static final int FEATURE_STAGE = 3;

    @TempDir static Path folder;
    private static PlainModel model;
    private static Map<String, byte[]> photos;
    private static Map<String, Expected.Answer> expected;

    @BeforeAll
    static void answerWithoutSpark() throws Exception {
        model = Photos.network();
        photos = Photos.some(PHOTOS);
        Photos.write(photos, folder);
        int batch = ImageBatches.batchSize(model.input());
        expected = Expected.of(model, photos, batch, 5, FEATURE_STAGE);
    }

    private static Dataset<Row> table() {
        List<Row> rows = new ArrayList<>();
        photos.forEach((name, bytes) -> rows.add(RowFactory.create(name, bytes)));
        return LocalSpark.session()
                .createDataFrame(
                        rows,
                        new StructType()
                                .add("path", DataTypes.StringType)
                                .add("content", DataTypes.BinaryType));
    }

    /// Spark's source `binaryFile` leaves empty files out.
    @Test
    void testAnswersAreThoseOfCore() {
        Dataset<Row> files = Photos.binaryFiles(LocalSpark.session(), folder);
        Dataset<Row> answers =
                ImageScorer.builder(model).features("stage3").build().transform(files);

        assertThat(answers.columns())
                .containsExactly(
                        "path", "modificationTime", "length", "classes", "features", "error");
        assertThat(Expected.in(answers)).isEqualTo(Photos.withoutEmpty(expected, photos));
        assertThat(expected.values()).anyMatch(a -> a.classes() == null);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 60})
    void testPartitionsChangeNothing(int partitions) {
        Dataset<Row> answers =
                ImageScorer.builder(model).build().transform(table().repartition(partitions));

        assertThat(Expected.in(answers)).isEqualTo(Expected.classes(expected));
        assertThat(ExecutorNetwork.open()).as("networks in this JVM").isEqualTo(1);
    }

    @Test
    void testBatchAndTopAreObeyed() throws Exception {
        Dataset<Row> answers =
                ImageScorer.builder(model).batch(3).top(2).build().transform(table());

        assertThat(Expected.in(answers))
                .isEqualTo(Expected.classes(Expected.of(model, photos, 3, 2, 0)));
    }

    @Test
    void testBrokenImagesAreRowsWithAReason() {
        List<Row> broken =
                ImageScorer.builder(model)
                        .build()
                        .transform(table())
                        .filter("error is not null")
                        .collectAsList();

        assertThat(broken).hasSize(12).allMatch(row -> row.isNullAt(row.fieldIndex("classes")));
        assertThat(broken)
                .extracting(row -> row.<String>getAs("error"))
                .allMatch(reason -> reason.startsWith("image: ") && reason.lines().count() == 1);
    }

    @Test
    void testOtherColumnsStayAndAFieldOfAStructWillDo() {
        Dataset<Row> nested =
                table().select(
                                lit(7L).as("number"),
                                struct(col("content").as("bytes"), col("path")).as("image"),
                                col("path"));
        Dataset<Row> answers =
                ImageScorer.builder(model).column("image.bytes").build().transform(nested);

        assertThat(answers.columns()).containsExactly("number", "path", "classes", "error");
        assertThat(Expected.in(answers)).isEqualTo(Expected.classes(expected));
        assertThat(answers.filter("number = 7").count()).isEqualTo(PHOTOS);
    }

    @Test
    void testNullIsABrokenImage() {
        Row row =
                ImageScorer.builder(model)
                        .build()
                        .transform(table().limit(1).withColumn("content", lit(null).cast("binary")))
                        .first();

        assertThat(row.<String>getAs("error")).isEqualTo("image: is null");
    }

    @Test
    void testRefusals() {
        ImageScorer.Builder builder = ImageScorer.builder(model);

        assertThatThrownBy(() -> builder.column("bytes").build().transform(table()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the table has no column 'bytes'; it has path, content");
        assertThatThrownBy(() -> builder.column("path").build().transform(table()))
                .hasMessage("column 'path' holds string, not the bytes of images");
        assertThatThrownBy(
                        () ->
                                builder.column("content")
                                        .build()
                                        .transform(table().withColumn("Error", lit(1))))
                .hasMessageContaining("has a column 'Error' already");
        assertThatThrownBy(() -> builder.features("stage9").build())
                .hasMessage("features are of stage0 to stage3, not of 'stage9'");
    }
}
