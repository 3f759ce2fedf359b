package org.repvgg.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Makes archives' names for their entries safe to compare.
final class EntryNames {
    private EntryNames() {}

    /// `./a//b.jpg` → `a/b.jpg`; empty where a name climbs out with `..` or names nothing.
    static Optional<String> normalised(String raw) {
        List<String> parts = new ArrayList<>();
        for (String part : raw.replace('\\', '/').split("/")) {
            if (part.equals("..")) {
                return Optional.empty();
            }
            if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return parts.isEmpty() ? Optional.empty() : Optional.of(String.join("/", parts));
    }
}
