package org.repvgg.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.model.PlainModel;

final class TestClassifyFunction {
    private static final int PHOTOS = 70;
    private static final String QUERY =
            "select path, answer.classes as classes, answer.error as error"
                    + " from (select path, repvgg_classify(content) as answer from photos)";

    @TempDir static Path folder;
    private static PlainModel model;
    private static Map<String, Expected.Answer> expected;

    @BeforeAll
    static void answerWithoutSpark() throws Exception {
        model = Photos.network();
        Map<String, byte[]> photos = Photos.some(PHOTOS);
        Photos.write(photos, folder);
        Map<String, Expected.Answer> one = Expected.of(model, photos, 1, 5, 0); // image a pass
        expected = Photos.withoutEmpty(Expected.classes(one), photos);
    }

    /// With functions and settings of its own.
    private static SparkSession session(SparkSession spark) {
        SparkSession own = spark.newSession();
        SparkSession.setActiveSession(own);
        Photos.binaryFiles(own, folder).createOrReplaceTempView("photos");
        return own;
    }

    @Test
    void testOneCallRegistersIt() {
        SparkSession spark = session(LocalSpark.session());
        ClassifyFunction.register(spark, model);

        assertThat(Expected.in(spark.sql(QUERY))).isEqualTo(expected);
    }

    @Test
    void testNullGivesNullAndConstantsWork() {
        SparkSession spark = session(LocalSpark.session());
        ClassifyFunction.register(spark, model, 1);

        Row row =
                spark.sql(
                                "select repvgg_classify(cast(null as binary)),"
                                        + " repvgg_classify(X'0102').error")
                        .first();

        assertThat(row.isNullAt(0)).isTrue();
        assertThat(row.getString(1)).startsWith("image: is ").contains("images must be JPEG");
    }

    /// With a Spark of its own: extensions are for its whole life.
    @Test
    void testConfigurationAloneSwitchesItOn() {
        LocalSpark.session().stop();
        SparkSession extended =
                LocalSpark.builder()
                        .config("spark.sql.extensions", RepVggExtensions.class.getName())
                        .getOrCreate();
        try {
            SparkSession spark = session(extended);
            spark.conf().set(RepVggExtensions.MODEL, Photos.networkFile().toUri().toString());
            assertThat(Expected.in(spark.sql(QUERY))).isEqualTo(expected);

            spark.conf().set(RepVggExtensions.TOP, "1");
            List<Row> best = spark.sql(QUERY).filter("error is null").collectAsList();
            assertThat(best).isNotEmpty().allMatch(row -> row.getList(1).size() == 1);

            spark.conf().unset(RepVggExtensions.MODEL);
            assertThatThrownBy(() -> spark.sql("select repvgg_classify(content) from photos"))
                    .hasStackTraceContaining("set spark.repvgg.model to a checkpoint");
            assertThatThrownBy(() -> spark.sql("select repvgg_classify() from photos"))
                    .hasStackTraceContaining("takes the bytes of an image, not 0 arguments");
        } finally {
            extended.stop();
        }
    }
}
