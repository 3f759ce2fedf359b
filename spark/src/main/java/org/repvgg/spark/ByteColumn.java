package org.repvgg.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/// Where a table has its images.
///
/// @param expression the column, quoted for Spark
/// @param others all columns but it, or but the struct that it is a field of; not modified
record ByteColumn(String expression, StructField[] others) {
    private static final Pattern DOT = Pattern.compile(".", Pattern.LITERAL);

    /// The column of that name; with dots, a field of a struct, unless a column is called so.
    ///
    /// @throws IllegalArgumentException if there is none, or it holds something else than bytes
    static ByteColumn of(StructType schema, String name) {
        List<String> path = new ArrayList<>(List.of(name));
        if (find(schema, name) == null) {
            path = Arrays.asList(DOT.split(name, -1));
        }
        DataType type = schema;
        List<String> quoted = new ArrayList<>();
        for (String part : path) {
            StructField field = type instanceof StructType struct ? find(struct, part) : null;
            if (field == null) {
                throw new IllegalArgumentException(
                        "the table has no column '%s'; it has %s"
                                .formatted(name, String.join(", ", schema.fieldNames())));
            }
            type = field.dataType();
            quoted.add(quoted(part));
        }
        if (!(type instanceof BinaryType)) {
            throw new IllegalArgumentException(
                    "column '%s' holds %s, not the bytes of images"
                            .formatted(name, type.simpleString()));
        }
        String root = path.getFirst();
        StructField[] others =
                Arrays.stream(schema.fields())
                        .filter(field -> !field.name().equals(root))
                        .toArray(StructField[]::new);
        return new ByteColumn(String.join(".", quoted), others);
    }

    private static @Nullable StructField find(StructType schema, String name) {
        return Arrays.stream(schema.fields())
                .filter(field -> field.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    static String quoted(String name) {
        return '`' + name.replace("`", "``") + '`';
    }
}
