package org.repvgg.spark;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;
import org.jspecify.annotations.Nullable;
import org.repvgg.fold.Fold;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;
import org.repvgg.score.ScoreSettings;

/// Answers every image of a table.
///
/// ```java
/// ImageScorer scorer = ImageScorer.builder(Checkpoint.read(file)).top(3).build();
/// Dataset<Row> photos = spark.read().format("binaryFile").load("photos/*.jpg");
/// scorer.transform(photos).select("path", "classes", "error").write().parquet("answers");
/// ```
///
/// The column of bytes goes, all others stay, and `classes` (array of struct: name, probability),
/// `features` (array of float, if wanted) and `error` come. An image that cannot be read is a row
/// whose `error` says why in one line and whose `classes` are null. Answers do not depend on
/// partitions. Safe to share between threads.
public final class ImageScorer {
    private final String column;
    private final ScoreSettings settings;
    private final SharedNetwork.Packed packed;
    private @Nullable SparkContext context;
    private @Nullable SharedNetwork shared;

    private ImageScorer(PlainModel model, String column, ScoreSettings settings) {
        settings.featureBlock(model.spec()); // refuses a stage that the network does not have
        this.column = column;
        this.settings = settings;
        this.packed = SharedNetwork.pack(model);
    }

    /// @param model of either form; the training form is folded
    public static Builder builder(Model model) {
        return new Builder(plain(model));
    }

    static PlainModel plain(Model model) {
        return switch (model) {
            case PlainModel plain -> plain;
            case BranchedModel branched -> Fold.fold(branched);
        };
    }

    /// How a table is scored.
    public static final class Builder {
        private final PlainModel model;
        private String column = "content"; // as Spark's source "binaryFile" calls it
        private ScoreSettings settings;

        private Builder(PlainModel model) {
            this.model = model;
            this.settings = ScoreSettings.usual(model.input());
        }

        /// The column of the images' bytes, `content` unless given; `image.bytes` for a field of a
        /// struct.
        public Builder column(String name) {
            column = name;
            return this;
        }

        /// Classes of an answer, 5 unless given.
        public Builder top(int classes) {
            settings = settings.withTop(classes);
            return this;
        }

        /// Also the averaged maps of that stage, such as `stage4`.
        public Builder features(String stage) {
            settings = settings.withFeatures(stage);
            return this;
        }

        /// Images of a pass; that of `evaluate` unless given.
        public Builder batch(int images) {
            settings = settings.withBatch(images);
            return this;
        }

        Builder settings(ScoreSettings all) {
            settings = all;
            return this;
        }

        /// @throws IllegalArgumentException if the network has no such stage
        public ImageScorer build() {
            return new ImageScorer(model, column, settings);
        }
    }

    ScoreSettings settings() {
        return settings;
    }

    /// See [SharedNetwork.Packed#digest].
    String digest() {
        return packed.digest();
    }

    /// The table with answers instead of bytes; nothing is computed before they are asked for.
    ///
    /// @throws IllegalArgumentException if the table lacks the column, if that holds something else
    ///   than bytes, or if it has columns of the answer's names already
    public Dataset<Row> transform(Dataset<Row> table) {
        return transform(table, table.sparkSession().sparkContext().longAccumulator());
    }

    /// Likewise, counting images as they are answered; those of a task that is run again, twice.
    Dataset<Row> transform(Dataset<Row> table, LongAccumulator counter) {
        var bytes = ByteColumn.of(table.schema(), column);
        StructType schema = AnswerSchema.after(bytes.others(), settings);
        List<Column> columns = new ArrayList<>();
        columns.add(functions.col(bytes.expression()));
        for (StructField field : bytes.others()) {
            columns.add(functions.col(ByteColumn.quoted(field.name())));
        }
        return table.select(columns.toArray(Column[]::new))
                .mapPartitions(
                        new TablePartition(
                                shared(table.sparkSession().sparkContext()), settings, counter),
                        Encoders.row(schema));
    }

    /// The network on the executors of that context; sent when it is first used.
    synchronized SharedNetwork shared(SparkContext wanted) {
        if (shared == null || context != wanted) {
            shared = SharedNetwork.of(wanted, packed);
            context = wanted;
        }
        return shared;
    }
}
