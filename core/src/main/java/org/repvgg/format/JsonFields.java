package org.repvgg.format;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The fields of one object, taken one after the other, so that what nobody took can be refused.
final class JsonFields {
    private final String place;
    private final Json.Object object;
    private final Set<String> known = new LinkedHashSet<>();

    private JsonFields(String place, Json.Object object) {
        this.place = place;
        this.object = object;
    }

    /// @param place what the object is, for messages
    static JsonFields of(String place, Json json) {
        if (json instanceof Json.Object object) {
            return new JsonFields(place, object);
        }
        throw new JsonException(place + ": wanted an object, found " + JsonPrinter.excerpt(json));
    }

    /// A field that must be there.
    <T> T need(String name, Function<Json, T> read) {
        T value = getOrNull(name, read);
        if (value == null) {
            throw new JsonException(place + ": field '" + name + "' is missing");
        }
        return value;
    }

    /// A field, or `otherwise` where it is missing or null.
    <T> T get(String name, Function<Json, T> read, T otherwise) {
        T value = getOrNull(name, read);
        return value == null ? otherwise : value;
    }

    /// A field, or null where it is missing or null.
    <T> @Nullable T getOrNull(String name, Function<Json, T> read) {
        known.add(name);
        Json value = object.fields().get(name);
        if (value == null || value instanceof Json.Null) {
            return null;
        }
        try {
            return read.apply(value);
        } catch (IllegalArgumentException e) {
            throw new JsonException(place + ": field '" + name + "': " + e.getMessage());
        }
    }

    /// @throws JsonException if there is a field that nobody asked for
    void refuseOthers() {
        for (String name : object.fields().keySet()) {
            if (!known.contains(name)) {
                throw new JsonException(
                        place + ": unknown field '" + name + "'" + DidYouMean.hint(name, known));
            }
        }
    }
}
