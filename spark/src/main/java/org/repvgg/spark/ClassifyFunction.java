package org.repvgg.spark;

import java.io.IOException;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.repvgg.evaluate.Prediction;
import org.repvgg.image.Image;
import org.repvgg.image.ImageDecoder;
import org.repvgg.model.Model;
import org.repvgg.runtime.Classifier;
import org.repvgg.score.ScoreSettings;
import org.repvgg.tensor.Tensor;

/// `repvgg_classify(bytes)` for SQL: a struct of `classes` (array of struct: name, probability;
/// best first) and `error`, one of which is null.
///
/// ```java
/// ClassifyFunction.register(spark, Checkpoint.read(file));
/// spark.sql("select path, repvgg_classify(content).classes[0].name from photos");
/// ```
///
/// SQL asks row by row, so every image is a pass of its own, as in `repvgg predict`: [ImageScorer],
/// which puts a batch into a pass, is faster. Null gives null.
public final class ClassifyFunction implements UDF1<byte @Nullable [], @Nullable Row> {
    /// What SQL calls it.
    public static final String NAME = "repvgg_classify";

    private final SharedNetwork shared;
    private final int top;
    private transient @Nullable ExecutorNetwork network;
    private transient long task;

    ClassifyFunction(SharedNetwork shared, int top) {
        this.shared = shared;
        this.top = top;
    }

    /// Lets SQL in this session use it, with the five best classes.
    ///
    /// @param model of either form; the training form is folded
    public static void register(SparkSession spark, Model model) {
        register(spark, model, ScoreSettings.USUAL_TOP);
    }

    /// Likewise, with so many classes.
    public static void register(SparkSession spark, Model model, int top) {
        spark.udf().register(NAME, of(spark, model, top), type());
    }

    static ClassifyFunction of(SparkSession spark, Model model, int top) {
        SharedNetwork.Packed packed = SharedNetwork.pack(ImageScorer.plain(model));
        return new ClassifyFunction(SharedNetwork.of(spark.sparkContext(), packed), top);
    }

    static DataType type() {
        return new StructType()
                .add(AnswerSchema.CLASSES, AnswerSchema.classes(), true)
                .add(AnswerSchema.ERROR, DataTypes.StringType, true);
    }

    @Override
    public @Nullable Row call(byte @Nullable [] bytes) {
        if (bytes == null) {
            return null;
        }
        try {
            Image image = ImageDecoder.standard().decode(bytes, "image");
            ExecutorNetwork asked = network();
            Classifier classifier = asked.classifier();
            Tensor logits = classifier.logits(asked.preprocessing().batch(List.of(image)));
            List<Prediction> best =
                    Prediction.best(logits, 0, classifier.input().classNames(), top);
            return RowFactory.create(AnswerSchema.rows(best), null);
        } catch (IOException e) {
            return RowFactory.create(null, Answers.reason(e));
        }
    }

    private ExecutorNetwork network() {
        TaskContext running = TaskContext.get();
        if (running == null) {
            return shared.forTask();
        }
        ExecutorNetwork known = network;
        if (known == null || task != running.taskAttemptId()) {
            known = shared.forTask();
            network = known;
            task = running.taskAttemptId();
        }
        return known;
    }
}
