package org.repvgg.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.util.AccumulatorV2;

/// What rank 0 has said, on its way to the driver: Spark sends it with every heartbeat of the
/// executor and once more when the task ends.
final class RankLines extends AccumulatorV2<String, RankLines.Said> {
    /// Lines that are sent again with every heartbeat; far more than come between two of them.
    private static final int KEPT = 100;

    private volatile Said said;

    /// The last lines.
    ///
    /// @param count of all lines, with those that are not kept any more
    record Said(long count, List<String> last) implements Serializable {
        static final Said NOTHING = new Said(0, List.of());

        Said with(String line) {
            List<String> lines = new ArrayList<>(last);
            lines.add(line);
            int from = Math.max(0, lines.size() - KEPT);
            return new Said(count + 1, List.copyOf(lines.subList(from, lines.size())));
        }

        /// The lines after the first so many.
        List<String> after(long known) {
            long fresh = Math.clamp(count - known, 0, last.size());
            return last.subList(last.size() - (int) fresh, last.size());
        }
    }

    RankLines() {
        this(Said.NOTHING);
    }

    private RankLines(Said said) {
        this.said = said;
    }

    @Override
    public boolean isZero() {
        return said.count == 0;
    }

    @Override
    public RankLines copy() {
        return new RankLines(said);
    }

    @Override
    public void reset() {
        said = Said.NOTHING;
    }

    @Override
    public synchronized void add(String line) {
        said = said.with(line);
    }

    /// One task says something, the others nothing.
    @Override
    public void merge(AccumulatorV2<String, Said> other) {
        if (other.value().count > said.count) {
            said = other.value();
        }
    }

    @Override
    public Said value() {
        return said;
    }
}
