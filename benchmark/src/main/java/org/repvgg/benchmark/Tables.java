package org.repvgg.benchmark;

import java.util.List;
import java.util.Locale;

/// Measurements as text: one row each.
public final class Tables {
    private static final double MEGABYTE = 1 << 20;

    private Tables() {}

    /// Comma-separated, with a line of names; not empty. `ratio` is the row's median over that of
    /// the first row of the same case: how many times longer it takes than our plain form.
    public static String csv(List<Measurement> measurements) {
        StringBuilder csv =
                new StringBuilder(
                        "network,engine,threads,batch,height,width,median ms,p99 ms,fastest ms,"
                                + "images/s,ratio,GFLOP/s,share of peak,first ms,steady after,"
                                + name(measurements.getFirst().answer())
                                + ",peak MB,description\n");
        for (Measurement one : measurements) {
            csv.append(
                    String.format(
                            Locale.ROOT,
                            "%s,%s,%d,%d,%d,%d,%.3f,%.3f,%.3f,%.1f,%.2f,%.1f,%.2f,%.1f,%d,%s,%s,%s%n",
                            one.network(),
                            one.engine(),
                            one.threads(),
                            one.batch(),
                            one.height(),
                            one.width(),
                            one.medianMillis(),
                            one.slowMillis(),
                            one.fastestMillis(),
                            one.imagesPerSecond(),
                            ratio(one, measurements),
                            one.gigaflops(),
                            one.shareOfPeak(),
                            one.firstMillis(),
                            one.steadyAfter(),
                            value(one.answer()),
                            one.peakMemory() < 0 ? "" : Math.round(one.peakMemory() / MEGABYTE),
                            one.description().replace(',', ';')));
        }
        return csv.toString();
    }

    private static String name(Measurement.Answer answer) {
        return switch (answer) {
            case Measurement.Logits _ -> "relative error";
            case Measurement.Loss _ -> "first loss";
        };
    }

    private static String value(Measurement.Answer answer) {
        return switch (answer) {
            case Measurement.Logits(double error) ->
                    Double.isNaN(error) ? "" : String.format(Locale.ROOT, "%.1e", error);
            case Measurement.Loss(double loss) -> String.format(Locale.ROOT, "%.7g", loss);
        };
    }

    /// How many times longer it took than the first of the same case.
    public static double ratio(Measurement one, List<Measurement> measurements) {
        double first =
                measurements.stream().filter(one::sameCase).findFirst().orElse(one).medianMillis();
        return one.medianMillis() / first;
    }
}
