package org.repvgg.spark;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.catalyst.expressions.ScalaUDF;
import org.jspecify.annotations.Nullable;
import org.repvgg.score.ScoreSettings;
import scala.Option;
import scala.Tuple3;
import scala.collection.immutable.List$;
import scala.collection.immutable.Seq;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/// Switches [ClassifyFunction] on by configuration alone:
///
/// ```
/// spark.sql.extensions   org.repvgg.spark.RepVggExtensions
/// spark.repvgg.model     a checkpoint, wherever Hadoop can read it
/// spark.repvgg.top       classes of an answer; 5 unless given
/// ```
///
/// The checkpoint is read when a query first uses the function.
public final class RepVggExtensions extends AbstractFunction1<SparkSessionExtensions, BoxedUnit> {
    static final String MODEL = "spark.repvgg.model";
    static final String TOP = "spark.repvgg.top";

    private static @Nullable Loaded loaded;

    /// What the last query used.
    private record Loaded(
            SparkContext context, String model, String top, ClassifyFunction function) {}

    @Override
    public BoxedUnit apply(SparkSessionExtensions extensions) {
        extensions.injectFunction(
                new Tuple3<>(
                        new FunctionIdentifier(ClassifyFunction.NAME),
                        new ExpressionInfo(ClassifyFunction.class.getName(), ClassifyFunction.NAME),
                        new Builder()));
        return BoxedUnit.UNIT;
    }

    /// Makes an expression of a call in SQL.
    private static final class Builder extends AbstractFunction1<Seq<Expression>, Expression> {
        @Override
        public Expression apply(Seq<Expression> arguments) {
            if (arguments.size() != 1) {
                throw new IllegalArgumentException(
                        "%s takes the bytes of an image, not %s arguments"
                                .formatted(ClassifyFunction.NAME, arguments.size()));
            }
            return new ScalaUDF(
                    new Call(function(SparkSession.active())),
                    ClassifyFunction.type(),
                    arguments,
                    List$.MODULE$.empty(),
                    Option.empty(),
                    Option.apply(ClassifyFunction.NAME),
                    true,
                    true);
        }
    }

    /// The function as Scala calls it.
    private static final class Call extends AbstractFunction1<Object, Object>
            implements Serializable {
        private final ClassifyFunction function;

        Call(ClassifyFunction function) {
            this.function = function;
        }

        @Override
        public @Nullable Object apply(@Nullable Object bytes) {
            if (bytes == null || bytes instanceof byte[]) {
                return function.call((byte[]) bytes);
            }
            throw new IllegalArgumentException(
                    "%s takes the bytes of an image, not a %s"
                            .formatted(ClassifyFunction.NAME, bytes.getClass().getSimpleName()));
        }
    }

    private static synchronized ClassifyFunction function(SparkSession spark) {
        String model = spark.conf().get(MODEL, "");
        String top = spark.conf().get(TOP, Integer.toString(ScoreSettings.USUAL_TOP));
        if (model.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s wants a network: set %s to a checkpoint"
                            .formatted(ClassifyFunction.NAME, MODEL));
        }
        SparkContext context = spark.sparkContext();
        Loaded known = loaded;
        if (known == null
                || known.context != context
                || !known.model.equals(model)
                || !known.top.equals(top)) {
            known = new Loaded(context, model, top, load(spark, model, top));
            loaded = known;
        }
        return known.function;
    }

    private static ClassifyFunction load(SparkSession spark, String model, String top) {
        try {
            return ClassifyFunction.of(
                    spark,
                    RemoteCheckpoint.read(model, spark.sparkContext().hadoopConfiguration()),
                    Integer.parseInt(top));
        } catch (NumberFormatException _) {
            throw new IllegalArgumentException(
                    "%s is a whole number, not '%s'".formatted(TOP, top));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
