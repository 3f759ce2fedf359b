package org.repvgg.train.report;

import static org.repvgg.tensor.Checks.checkArgument;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// An axis with round numbers on it: `values` are multiples of 1, 2 or 5 times a power of ten.
///
/// @param values in ascending order, at least two; the first and the last are the ends of the axis
/// @param step between two of them
record Ticks(List<Double> values, double step) {
    /// A range this small beside its values is drawn as one level.
    private static final double FLAT = 1e-9;

    /// Round numbers around `[low,high]`, about `wanted` steps of them.
    static Ticks around(double low, double high, int wanted) {
        checkArgument(
                Double.isFinite(low) && low <= high && Double.isFinite(high - low),
                "an axis needs two finite ends: low=%s, high=%s",
                low,
                high);
        double size = Math.max(Math.abs(low), Math.abs(high));
        boolean flat = high - low <= Math.max(FLAT * size, Double.MIN_NORMAL);
        double margin = flat ? Math.max(0.1 * size, size == 0 ? 0.5 : Double.MIN_NORMAL) : 0;
        double step = roundUp((high - low + 2 * margin) / wanted);
        double first = Math.floor((low - margin) / step + 1e-9);
        double last = Math.max(first + 1, Math.ceil((high + margin) / step - 1e-9));
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

    /// As many decimals as the step needs.
    String label(double value) {
        if (value != 0 && (Math.abs(high()) >= 1e6 || step < 1e-6)) {
            return Numbers.significant(value);
        }
        int decimals = Math.max(0, (int) -Math.floor(Math.log10(step) + 1e-9));
        BigDecimal rounded = BigDecimal.valueOf(value).setScale(decimals, RoundingMode.HALF_EVEN);
        return String.format(Locale.ROOT, "%,." + decimals + "f", rounded);
    }

    /// The least of 1, 2, 5, 10 times a power of ten that is not less than `value`.
    private static double roundUp(double value) {
        double power = Math.pow(10, Math.floor(Math.log10(value)));
        for (int factor : new int[] {1, 2, 5}) {
            if (factor * power >= value * (1 - 1e-9)) {
                return factor * power;
            }
        }
        return 10 * power;
    }
}
