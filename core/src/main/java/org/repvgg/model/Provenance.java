package org.repvgg.model;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/// Where a model comes from: written in every checkpoint, printed by `inspect`.
///
/// @param facts name → value, sorted: recipe, data digest, seed, version, JDK, operating system,
///   date, figures measured; empty for files that other programs wrote
public record Provenance(Map<String, String> facts) {
    /// Nothing known.
    public static final Provenance UNKNOWN = new Provenance(Map.of());

    public Provenance {
        facts = Collections.unmodifiableMap(new TreeMap<>(facts));
    }

    /// These facts and more; `more` wins where both speak.
    public Provenance with(Map<String, String> more) {
        Map<String, String> all = new TreeMap<>(facts);
        all.putAll(more);
        return new Provenance(all);
    }
}
