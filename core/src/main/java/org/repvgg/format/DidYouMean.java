package org.repvgg.format;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/// Finds the name that a mistyped one was meant to be.
public final class DidYouMean {
    // Bounds on the work that a hostile file can cause.
    private static final int MAX_LENGTH = 200;
    private static final int MAX_NAMES = 10_000;

    private DidYouMean() {}

    /// The closest of `names`, if it is close enough to be a likely slip: at most a third of the
    /// letters changed, where two neighbours swapped count as one.
    public static Optional<String> nearest(String name, Collection<String> names) {
        if (name.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        return names.stream()
                .limit(MAX_NAMES)
                .filter(known -> Math.abs(known.length() - name.length()) <= allowed(name))
                .min(Comparator.comparingInt(known -> distance(name, known)))
                .filter(known -> distance(name, known) <= allowed(name));
    }

    /// ` (did you mean 'widths'?)`, or nothing.
    public static String hint(String name, Collection<String> names) {
        return nearest(name, names).map(known -> " (did you mean '" + known + "'?)").orElse("");
    }

    private static int allowed(String name) {
        return Math.max(1, Math.min(name.length() / 3, 8));
    }

    /// Letters to insert, delete or replace, and neighbours to swap, to get from `a` to `b`; case
    /// ignored.
    private static int distance(String a, String b) {
        String from = a.toLowerCase(Locale.ROOT);
        String to = b.toLowerCase(Locale.ROOT);
        int[][] cost = new int[from.length() + 1][to.length() + 1];
        for (int i = 0; i <= from.length(); i++) {
            for (int j = 0; j <= to.length(); j++) {
                cost[i][j] = i == 0 || j == 0 ? i + j : cheapest(from, to, cost, i, j);
            }
        }
        return cost[from.length()][to.length()];
    }

    private static int cheapest(String from, String to, int[][] cost, int i, int j) {
        boolean same = from.charAt(i - 1) == to.charAt(j - 1);
        int best = cost[i - 1][j - 1] + (same ? 0 : 1);
        best = Math.min(best, 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
        boolean swapped =
                i > 1
                        && j > 1
                        && from.charAt(i - 1) == to.charAt(j - 2)
                        && from.charAt(i - 2) == to.charAt(j - 1);
        return swapped ? Math.min(best, cost[i - 2][j - 2] + 1) : best;
    }
}
