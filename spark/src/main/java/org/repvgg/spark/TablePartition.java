package org.repvgg.spark;

import java.util.Iterator;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.util.LongAccumulator;
import org.repvgg.image.ImageException;
import org.repvgg.score.ScoreSettings;
import org.repvgg.spark.Answers.Source;

/// Scores a partition of a table whose first column holds the images' bytes.
record TablePartition(SharedNetwork network, ScoreSettings settings, LongAccumulator counter)
        implements MapPartitionsFunction<Row, Row> {

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        return new Answers(network.forTask(), settings, new Sources(rows), counter::add);
    }

    private record Sources(Iterator<Row> rows) implements Iterator<Source> {
        @Override
        public boolean hasNext() {
            return rows.hasNext();
        }

        @Override
        public Source next() {
            Row row = rows.next();
            Object[] kept = new Object[row.length() - 1];
            for (int i = 0; i < kept.length; i++) {
                kept[i] = row.get(i + 1);
            }
            return new Source(
                    kept,
                    () -> {
                        if (row.isNullAt(0)) {
                            throw new ImageException("image", "is null");
                        }
                        return (byte[]) row.get(0);
                    });
        }
    }
}
