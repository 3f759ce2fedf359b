package org.repvgg.cli;

import java.util.Locale;

/// Numbers as people read them; always with a decimal point, whatever the machine's language.
final class Numbers {
    private Numbers() {}

    /// `7,840,778`.
    static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /// `91.23 %`.
    static String percent(double fraction) {
        return String.format(Locale.ROOT, "%.2f %%", 100 * fraction);
    }

    /// `31.36 MB`; a megabyte has a million bytes.
    static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.2f MB", bytes / 1e6);
    }

    /// `29.91 MiB`, of 1,048,576 bytes: what torchsummary prints and calls MB.
    static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%.2f MiB", bytes / (double) (1 << 20));
    }

    /// `1.36 G`, `30.9 M`.
    static String scaled(long value) {
        if (value >= 1_000_000_000) {
            return String.format(Locale.ROOT, "%.2f G", value / 1e9);
        }
        if (value >= 1_000_000) {
            return String.format(Locale.ROOT, "%.1f M", value / 1e6);
        }
        return count(value);
    }

    /// `3.1e-06`; `0` where there is none.
    static String small(double value) {
        return value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
    }

    /// `1,234` from 100 on, `12.3` below.
    static String rate(double value) {
        return String.format(Locale.ROOT, value >= 100 ? "%,.0f" : "%.1f", value);
    }

    /// `42 s`, `3 min 05 s`, `1 h 58 min`.
    static String duration(double seconds) {
        long whole = Math.round(seconds);
        if (whole < 60) {
            return seconds < 10 ? String.format(Locale.ROOT, "%.1f s", seconds) : whole + " s";
        }
        if (whole < 3600) {
            return String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60);
        }
        return String.format(Locale.ROOT, "%d h %02d min", whole / 3600, whole / 60 % 60);
    }
}
