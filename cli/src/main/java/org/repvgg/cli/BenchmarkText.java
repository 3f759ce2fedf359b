package org.repvgg.cli;

import java.util.List;
import java.util.Locale;
import org.repvgg.benchmark.Measurement;
import org.repvgg.benchmark.Tables;
import org.repvgg.format.Json;
import org.repvgg.runtime.Profiler;
import org.repvgg.tensor.Shape;

/// What a benchmark found, for people and as JSON.
final class BenchmarkText {
    private BenchmarkText() {}

    static TextTable table(List<Measurement> measured) {
        TextTable table =
                new TextTable(
                        TextTable.Align.LEFT,
                        TextTable.Align.LEFT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT);
        table.row(
                "case", "engine", "median", "p99", "images/s", "ratio", "GFLOP/s", "error", "peak");
        for (Measurement one : measured) {
            double error = relativeError(one);
            table.row(
                    title(one),
                    Double.isNaN(error) ? one.network() + ", " + one.engine() : one.engine(),
                    millis(one.medianMillis()),
                    millis(one.slowMillis()),
                    Numbers.rate(one.imagesPerSecond()),
                    String.format(Locale.ROOT, "%.2f", Tables.ratio(one, measured)),
                    Numbers.rate(one.gigaflops()),
                    Double.isNaN(error) ? "-" : Numbers.small(error),
                    one.peakMemory() < 0 ? "-" : Numbers.megabytes(one.peakMemory()));
        }
        return table;
    }

    /// What was measured: `128x32x32, 2 threads`.
    static String title(Measurement one) {
        return "%dx%dx%d, %d thread%s"
                .formatted(
                        one.batch(),
                        one.height(),
                        one.width(),
                        one.threads(),
                        one.threads() == 1 ? "" : "s");
    }

    private static double relativeError(Measurement one) {
        return switch (one.answer()) {
            case Measurement.Logits(double error) -> error;
            case Measurement.Loss _ -> Double.NaN;
        };
    }

    static TextTable table(List<Profiler.Row> profile, Shape images) {
        TextTable table =
                new TextTable(
                        TextTable.Align.LEFT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.LEFT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT);
        table.row("layer of " + images, "output", "algorithm", "time", "share", "GFLOP/s");
        double sum = profile.stream().mapToDouble(Profiler.Row::nanos).sum();
        for (Profiler.Row row : profile) {
            table.row(
                    row.what(),
                    row.output(),
                    row.algorithm().isEmpty() ? "-" : row.algorithm(),
                    String.format(Locale.ROOT, "%.3f ms", row.nanos() / 1e6),
                    Numbers.percent(row.nanos() / sum),
                    row.multiplyAdds() == 0 ? "-" : Numbers.rate(row.gigaflops()));
        }
        return table;
    }

    static Json json(Profiler.Row row) {
        return Json.object()
                .put("what", row.what())
                .put("output", row.output())
                .put("algorithm", row.algorithm())
                .put("seconds", row.nanos() / 1e9)
                .put("multiplyAdds", row.multiplyAdds())
                .build();
    }

    static String millis(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f ms" : "%.1f ms", value);
    }

    static Json json(Measurement one, List<Measurement> all) {
        Json.Builder json =
                Json.object()
                        .put("network", one.network())
                        .put("engine", one.engine())
                        .put("description", one.description())
                        .put("threads", one.threads())
                        .put("batch", one.batch())
                        .put("height", one.height())
                        .put("width", one.width())
                        .put("medianSeconds", one.medianMillis() / 1000)
                        .put("p99Seconds", one.slowMillis() / 1000)
                        .put("firstSeconds", one.firstMillis() / 1000)
                        .put("steadyAfter", one.steadyAfter())
                        .put("imagesPerSecond", one.imagesPerSecond())
                        .put("ratio", Tables.ratio(one, all))
                        .put("gigaflops", one.gigaflops())
                        .put("shareOfPeak", one.shareOfPeak());
        switch (one.answer()) {
            case Measurement.Loss(double value) -> json.put("firstLoss", value);
            case Measurement.Logits(double error) when !Double.isNaN(error) ->
                    json.put("relativeError", error);
            case Measurement.Logits _ -> {} // another network
        }
        if (one.peakMemory() >= 0) {
            json.put("peakMemoryBytes", one.peakMemory());
        }
        return json.build();
    }
}
