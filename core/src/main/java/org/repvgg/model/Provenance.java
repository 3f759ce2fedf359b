package org.repvgg.model;

import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.repvgg.spec.Form;

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

    /// These facts and an accuracy: `plain.top1` and `plain.images`, or `train.…`.
    ///
    /// @param form whose accuracy it is
    /// @param top1 fraction of the images that it answers right
    public Provenance withTop1(Form form, double top1, int images) {
        return with(
                Map.of(
                        key(form, "top1"), Double.toString(top1),
                        key(form, "images"), Integer.toString(images)));
    }

    /// The accuracy of a form, where it was noted.
    public OptionalDouble top1(Form form) {
        String text = facts.get(key(form, "top1"));
        if (text == null) {
            return OptionalDouble.empty();
        }
        try {
            return OptionalDouble.of(Double.parseDouble(text));
        } catch (NumberFormatException _) {
            return OptionalDouble.empty(); // facts are any text
        }
    }

    private static String key(Form form, String what) {
        return form.name().toLowerCase(Locale.ROOT) + "." + what;
    }
}
