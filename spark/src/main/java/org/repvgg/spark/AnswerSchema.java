package org.repvgg.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.repvgg.evaluate.Prediction;
import org.repvgg.score.ScoreSettings;

/// The columns of an answer: `classes` (array of name and probability, best first), `features`
/// (array of float) where they are wanted, and `error`. Either `error` is null or all others are.
final class AnswerSchema {
    static final String CLASSES = "classes";
    static final String FEATURES = "features";
    static final String ERROR = "error";

    private AnswerSchema() {}

    static DataType classes() {
        StructType one =
                new StructType()
                        .add("name", DataTypes.StringType, false)
                        .add("probability", DataTypes.DoubleType, false);
        return DataTypes.createArrayType(one, false);
    }

    /// The columns that stay, then those of the answer.
    ///
    /// @throws IllegalArgumentException if two would have one name
    static StructType after(StructField[] kept, ScoreSettings settings) {
        StructType schema = new StructType(kept).add(CLASSES, classes(), true);
        if (settings.features() != null) {
            schema = schema.add(FEATURES, DataTypes.createArrayType(DataTypes.FloatType, false));
        }
        schema = schema.add(ERROR, DataTypes.StringType, true);
        List<String> own = Arrays.asList(schema.fieldNames()).subList(kept.length, schema.length());
        for (StructField field : kept) {
            if (own.stream().anyMatch(field.name()::equalsIgnoreCase)) {
                throw new IllegalArgumentException(
                        "the table has a column '%s' already, which the answer would have, too: rename it"
                                .formatted(field.name()));
            }
        }
        return schema;
    }

    /// @param features null where none are wanted
    static Row answer(Object[] kept, List<Prediction> classes, float @Nullable [] features) {
        List<Object> values = new ArrayList<>(Arrays.asList(kept));
        values.add(rows(classes));
        if (features != null) {
            values.add(boxed(features));
        }
        values.add(null);
        return RowFactory.create(values.toArray());
    }

    static Row failure(Object[] kept, String reason, ScoreSettings settings) {
        int length = kept.length + (settings.features() == null ? 2 : 3);
        Object[] values = Arrays.copyOf(kept, length);
        values[length - 1] = reason;
        return RowFactory.create(values);
    }

    static Row[] rows(List<Prediction> classes) {
        return classes.stream()
                .map(c -> RowFactory.create(c.name(), c.probability()))
                .toArray(Row[]::new);
    }

    private static Float[] boxed(float[] values) {
        Float[] boxed = new Float[values.length];
        for (int i = 0; i < values.length; i++) {
            boxed[i] = values[i];
        }
        return boxed;
    }
}
