package org.repvgg.train.report;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// An axis with round numbers on it: `values` are multiples of 1, 2 or 5 times a power of ten.
///
/// @param values in ascending order, at least two; the first and the last are the ends of the axis
/// @param step between two of them
record Ticks(List<Double> values, double step) {
    /// A range this small beside its values is drawn as one level.
    private static final double FLAT = 1e-3;

    /// A quotient this near to a whole number is that number.
    private static final double ROUNDING = 1e-9;

    /// Round numbers around `[low,high]`, about `wanted` steps of them.
    static Ticks around(double low, double high, int wanted) {
        checkArgument(
                Double.isFinite(low) && low <= high && Double.isFinite(high - low),
                "an axis needs two finite ends: low=%s, high=%s",
                low,
                high);
        double size = Math.max(Math.abs(low), Math.abs(high));
        if (high - low <= Math.max(FLAT * size, Double.MIN_NORMAL)) {
            double margin = size < Double.MIN_NORMAL ? 1 : 0.1 * size;
            return steps(
                    low < 0 || size >= Double.MIN_NORMAL ? low - margin : 0,
                    high + margin,
                    wanted,
                    0);
        }
        return steps(low, high, wanted, 0);
    }

    /// Whole numbers around `[low,high]`, at most about `wanted` steps of them.
    static Ticks whole(int low, int high, int wanted) {
        checkArgument(low <= high, "an axis needs two ends: low=%s, high=%s", low, high);
        return steps(low, Math.max(high, low + 1.0), wanted, 1);
    }

    private static Ticks steps(double low, double high, int wanted, double least) {
        double step = Math.max(least, roundUp((high - low) / wanted));
        double first = Math.floor(low / step + ROUNDING);
        double last = Math.max(first + 1, Math.ceil(high / step - ROUNDING));
        return new Ticks(
                IntStream.rangeClosed(0, (int) (last - first))
                        .mapToObj(i -> (first + i) * step)
                        .toList(),
                step);
    }

    double low() {
        return values.getFirst();
    }

    double high() {
        return values.getLast();
    }

    /// As many digits as the step needs; very large and very small numbers with an exponent.
    String label(double value) {
        int unit = exponent(step);
        if (value != 0 && (exponent(high()) >= 6 || unit < -6)) {
            return Numbers.scientific(value, Math.max(0, exponent(value) - unit));
        }
        return String.format(Locale.ROOT, "%,." + Math.max(0, -unit) + "f", value + 0.0);
    }

    private static int exponent(double value) {
        return (int) Math.floor(Math.log10(Math.abs(value)) + ROUNDING);
    }

    /// The least of 1, 2, 5, 10 times a power of ten that is not less than `value`.
    private static double roundUp(double value) {
        double power = Math.pow(10, Math.floor(Math.log10(value)));
        for (int factor : new int[] {1, 2, 5}) {
            if (factor * power >= value * (1 - ROUNDING)) {
                return factor * power;
            }
        }
        return 10 * power;
    }
}
