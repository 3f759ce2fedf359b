package org.repvgg.train.ablation;

import java.util.List;
import java.util.Locale;

/// Mean and spread of a figure over a few trainings.
///
/// @param mean NaN of nothing
/// @param deviation sample standard deviation, `sqrt(Σ (x - mean)² / (count - 1))`; NaN of fewer
///   than two
/// @param count values there are
public record Sample(double mean, double deviation, int count) {

    static Sample of(List<Double> values) {
        int count = values.size();
        double mean = values.stream().mapToDouble(x -> x).average().orElse(Double.NaN);
        double squares = values.stream().mapToDouble(x -> (x - mean) * (x - mean)).sum();
        return new Sample(mean, count < 2 ? Double.NaN : Math.sqrt(squares / (count - 1)), count);
    }

    /// Fractions in per cent: `86.06 ± 0.21`; without the deviation where there is none, `-` of
    /// nothing.
    public String percent() {
        return text("%.2f");
    }

    /// Differences of fractions in points: `-0.41 ± 0.10`.
    public String points() {
        return text("%+.2f");
    }

    private String text(String format) {
        if (count == 0) {
            return "-";
        }
        String text = String.format(Locale.ROOT, format, 100 * mean);
        return count == 1 ? text : String.format(Locale.ROOT, "%s ± %.2f", text, 100 * deviation);
    }
}
