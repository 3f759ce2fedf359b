package org.repvgg.cli;

import java.util.List;
import java.util.Locale;
import org.repvgg.benchmark.Measurement;
import org.repvgg.benchmark.Tables;
import org.repvgg.benchmark.TrainingBenchmark.Rival;
import org.repvgg.cli.TextTable.Align;
import org.repvgg.format.Json;
import org.repvgg.train.java.StepProfiler;

/// What a benchmark of training steps found, for people and as JSON.
final class StepText {
    private StepText() {}

    static TextTable table(List<Measurement> measured) {
        TextTable table =
                new TextTable(
                        Align.LEFT,
                        Align.LEFT,
                        Align.RIGHT,
                        Align.RIGHT,
                        Align.RIGHT,
                        Align.RIGHT,
                        Align.RIGHT,
                        Align.RIGHT,
                        Align.RIGHT,
                        Align.RIGHT,
                        Align.RIGHT,
                        Align.RIGHT);
        table.row(
                "case",
                "engine",
                "median",
                "p99",
                "images/s",
                "ratio",
                "GFLOP/s",
                "of peak",
                "first",
                "steady after",
                "first loss",
                "memory");
        for (Measurement one : measured) {
            table.row(
                    BenchmarkText.title(one),
                    one.engine(),
                    BenchmarkText.millis(one.medianMillis()),
                    BenchmarkText.millis(one.slowMillis()),
                    Numbers.rate(one.imagesPerSecond()),
                    ratio(Tables.ratio(one, measured)),
                    Numbers.rate(one.gigaflops()),
                    Numbers.percent(one.shareOfPeak()),
                    BenchmarkText.millis(one.firstMillis()),
                    one.steadyAfter() + " steps",
                    loss(one.answer()),
                    one.peakMemory() < 0 ? "-" : Numbers.megabytes(one.peakMemory()));
        }
        return table;
    }

    private static String loss(Measurement.Answer answer) {
        return switch (answer) {
            case Measurement.Loss(double value) -> String.format(Locale.ROOT, "%.6f", value);
            case Measurement.Logits _ -> "-";
        };
    }

    private static String ratio(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    /// One line.
    static String line(Rival rival) {
        return "%s: libtorch in %s takes %s times as long as ours, in its best layout (%s)"
                .formatted(
                        BenchmarkText.title(rival.fastest()),
                        precision(rival),
                        ratio(rival.ratio()),
                        rival.fastest().engine());
    }

    private static String precision(Rival rival) {
        return rival.precision().name().toLowerCase(Locale.ROOT);
    }

    static Json json(Rival rival) {
        return Json.object()
                .put("threads", rival.fastest().threads())
                .put("batch", rival.fastest().batch())
                .put("height", rival.fastest().height())
                .put("width", rival.fastest().width())
                .put("precision", precision(rival))
                .put("fastest", rival.fastest().engine())
                .put("ratio", rival.ratio())
                .build();
    }

    /// @param peakGigaflops of all threads together
    static TextTable phases(String title, List<StepProfiler.Row> rows, double peakGigaflops) {
        TextTable table =
                new TextTable(Align.LEFT, Align.RIGHT, Align.RIGHT, Align.RIGHT, Align.RIGHT);
        table.row(title, "time", "share", "GFLOP/s", "of peak");
        double sum = rows.stream().mapToDouble(StepProfiler.Row::nanos).sum();
        for (StepProfiler.Row row : rows) {
            boolean product = row.multiplyAdds() > 0;
            table.row(
                    row.what(),
                    String.format(Locale.ROOT, "%.3f ms", row.nanos() / 1e6),
                    Numbers.percent(row.nanos() / sum),
                    product ? Numbers.rate(row.gigaflops()) : "-",
                    product ? Numbers.percent(row.gigaflops() / peakGigaflops) : "-");
        }
        return table;
    }

    static Json json(StepProfiler.Row row, double peakGigaflops) {
        Json.Builder json = Json.object().put("what", row.what()).put("seconds", row.nanos() / 1e9);
        if (row.multiplyAdds() > 0) {
            json.put("multiplyAdds", row.multiplyAdds())
                    .put("gigaflops", row.gigaflops())
                    .put("shareOfPeak", row.gigaflops() / peakGigaflops);
        }
        return json.build();
    }
}
