package org.repvgg.train.report;

import java.util.Locale;

/// Numbers as people read them: thousands separated, units attached, the same in every country.
///
/// What does not exist (NaN, an infinity) reads `n/a`.
final class Numbers {
    private static final String NONE = "n/a";
    private static final String SPACE = "\u00a0";
    private static final double BYTES_PER_MB = 1e6;

    private Numbers() {}

    /// `7,840,778`.
    static String count(long value) {
        return format("%,d", value);
    }

    /// A fraction as `89.34 %`.
    static String percent(double fraction) {
        return Double.isFinite(fraction) ? format("%.2f", 100 * fraction) + SPACE + "%" : NONE;
    }

    /// A fraction as `89.3 %`.
    static String shortPercent(double fraction) {
        return Double.isFinite(fraction) ? format("%.1f", 100 * fraction) + SPACE + "%" : NONE;
    }

    /// A difference of two fractions: `+0.02 points`.
    static String points(double fraction) {
        return format("%+.2f", 100 * fraction) + SPACE + "points";
    }

    /// `28.16 MB`, of a million bytes each, as on the command line.
    static String megabytes(long bytes) {
        return format("%,.2f", bytes / BYTES_PER_MB) + SPACE + "MB";
    }

    /// `1,363.2 M`: millions.
    static String millions(long value) {
        return format("%,.1f", value / 1e6) + SPACE + "M";
    }

    /// Images a second: three digits or more.
    static String rate(double value) {
        if (!Double.isFinite(value)) {
            return NONE;
        }
        return format(value < 100 ? "%.1f" : "%,.0f", value);
    }

    /// `1.11x`.
    static String times(double ratio) {
        return Double.isFinite(ratio) ? format("%,.2f", ratio) + "x" : NONE;
    }

    /// A small difference: `3.8e-6`, or `0`.
    static String small(double value) {
        if (!Double.isFinite(value)) {
            return NONE;
        }
        return value == 0 ? "0" : scientific(value, 1);
    }

    /// `3.81e-6`, with so many digits behind the point.
    static String scientific(double value, int digits) {
        return format("%." + digits + "e", value).replaceFirst("e([+-])0*(\\d)", "e$1$2");
    }

    /// Four significant digits, without an exponent where that stays short; a loss, a learning
    /// rate.
    static String significant(double value) {
        if (!Double.isFinite(value)) {
            return Double.toString(value);
        }
        double magnitude = Math.abs(value);
        if (value == 0) {
            return "0";
        }
        if (magnitude < 1e-4 || magnitude >= 1e6) {
            return scientific(value, 2);
        }
        int decimals = Math.clamp(3 - (int) Math.floor(Math.log10(magnitude)), 0, 6);
        return format("%,." + decimals + "f", value);
    }

    /// Likewise, without zeros at the end: `0.1`.
    static String compact(double value) {
        String text = significant(value);
        return text.contains(".") && !text.contains("e") ? text.replaceFirst("\\.?0+$", "") : text;
    }

    /// `1 h 58 min 43 s`, `4 min 2 s`, `12.3 s`.
    static String duration(double seconds) {
        if (!Double.isFinite(seconds)) {
            return NONE;
        }
        if (seconds < 59.95) {
            return format("%.1f", seconds) + SPACE + "s";
        }
        long whole = Math.round(seconds);
        String tail = whole / 60 % 60 + SPACE + "min " + whole % 60 + SPACE + "s";
        return whole < 3600 ? tail : count(whole / 3600) + SPACE + "h " + tail;
    }

    /// `1 image`, `2 images`.
    static String count(long value, String one, String many) {
        return count(value) + " " + (value == 1 ? one : many);
    }

    private static String format(String pattern, Object value) {
        return String.format(Locale.ROOT, pattern, value);
    }
}
