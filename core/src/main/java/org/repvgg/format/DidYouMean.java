package org.repvgg.format;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// Finds the name that a mistyped one was meant to be.
public final class DidYouMean {
    private static final int MAX_LENGTH = 200;

    private DidYouMean() {}

    /// The closest of `names`, if it is close enough to be a likely slip: at most a third of the
    /// letters changed.
    public static Optional<String> nearest(String name, Collection<String> names) {
        if (name.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        return names.stream()
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

    /// Letters to insert, delete or replace to get from `a` to `b`, case ignored.
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            char letter = Character.toLowerCase(a.charAt(i - 1));
            for (int j = 1; j <= b.length(); j++) {
                int replaced = letter == Character.toLowerCase(b.charAt(j - 1)) ? 0 : 1;
                int changed = Math.min(current[j - 1], previous[j]) + 1;
                current[j] = Math.min(changed, previous[j - 1] + replaced);
            }
            previous = current;
        }
        return previous[b.length()];
    }
}
