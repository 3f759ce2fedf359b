package org.repvgg.format;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A JSON value: what RFC 8259 allows and nothing more.
///
/// ```java
/// Json answer = Json.of(Map.of("top1", 0.91, "images", 10_000));
/// System.out.println(answer.pretty());
/// int images = answer.asObject().get("images").asInt();
/// ```
///
/// Objects keep the order of their fields. Numbers keep their text, so that 64-bit integers
/// survive. An `as…` method refuses a value of another kind with a [JsonException].
@SuppressWarnings("AvoidCommonTypeNames") // JSON's own words; outside they are Json.Object
public sealed interface Json {
    /// Fields in order; a name occurs once.
    record Object(Map<String, Json> fields) implements Json {
        public Object {
            fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
        }

        public boolean has(String name) {
            return fields.containsKey(name);
        }

        /// The value of a field.
        ///
        /// @throws JsonException if there is none
        public Json get(String name) {
            Json value = fields.get(name);
            if (value == null) {
                throw new JsonException("field '" + name + "' is missing");
            }
            return value;
        }

        @Override
        public String toString() {
            return compact();
        }
    }

    /// Values in order.
    record Array(List<Json> values) implements Json {
        public Array {
            values = List.copyOf(values);
        }

        @Override
        public String toString() {
            return compact();
        }
    }

    /// A string, unescaped.
    record Text(String value) implements Json {
        @Override
        public String toString() {
            return compact();
        }
    }

    /// A finite number, as it is written.
    record Number(String literal) implements Json {
        public Number {
            if (!JsonParser.isNumber(literal)) {
                throw new JsonException("not a JSON number: '" + literal + "'");
            }
        }

        @Override
        public String toString() {
            return literal;
        }
    }

    /// `true` or `false`.
    record Bool(boolean value) implements Json {
        @Override
        public String toString() {
            return compact();
        }
    }

    /// `null`.
    record Null() implements Json {
        @Override
        public String toString() {
            return compact();
        }
    }

    /// Reads one JSON value and nothing after it.
    ///
    /// @throws JsonException naming the character at which the text went wrong; also for a repeated
    ///   field, for nesting deeper than [JsonParser#MAX_DEPTH] and for more than
    ///   [JsonParser#MAX_VALUES] values
    static Json parse(String text) {
        return new JsonParser(text).parse();
    }

    /// The JSON form of a Java value: null, a `Json`, a text, number, boolean, enum, a list or
    /// other iterable, or a map whose keys become field names.
    ///
    /// @throws JsonException for NaN, infinity and values of any other type
    static Json of(java.lang.@Nullable Object value) {
        return switch (value) {
            case null -> new Null();
            case Json json -> json;
            case Boolean flag -> new Bool(flag);
            case CharSequence text -> new Text(text.toString());
            case Enum<?> constant -> new Text(constant.name());
            case java.lang.Number number -> ofNumber(number);
            case Map<?, ?> map -> {
                Map<String, Json> fields = new LinkedHashMap<>();
                map.forEach((name, field) -> fields.put(String.valueOf(name), of(field)));
                yield new Object(fields);
            }
            case Iterable<?> items -> {
                List<Json> values = new ArrayList<>();
                items.forEach(item -> values.add(of(item)));
                yield new Array(values);
            }
            default -> throw new JsonException("no JSON form for " + value.getClass().getName());
        };
    }

    /// An object, built field by field in the order of writing.
    static Builder object() {
        return new Builder();
    }

    private static Json ofNumber(java.lang.Number number) {
        return switch (number) {
            case Double d when !Double.isFinite(d) -> throw new JsonException("no JSON for " + d);
            case Float f when !Float.isFinite(f) -> throw new JsonException("no JSON for " + f);
            case Byte _,
                    Short _,
                    Integer _,
                    Long _,
                    Double _,
                    Float _,
                    BigInteger _,
                    BigDecimal _ ->
                    new Number(number.toString());
            default -> new Number(Long.toString(number.longValue())); // AtomicInteger, LongAdder
        };
    }

    /// On one line, without spaces.
    default String compact() {
        return JsonPrinter.compact(this);
    }

    /// Indented by two spaces, a field a line; arrays of plain values stay on theirs.
    default String pretty() {
        return JsonPrinter.pretty(this);
    }

    default Object asObject() {
        if (this instanceof Object object) {
            return object;
        }
        throw notA("an object");
    }

    default List<Json> asList() {
        if (this instanceof Array(List<Json> values)) {
            return values;
        }
        throw notA("an array");
    }

    default String asText() {
        if (this instanceof Text(String value)) {
            return value;
        }
        throw notA("a string");
    }

    /// A text without control characters, which may be shown on a terminal.
    default String asLine() {
        if (this instanceof Text(String value)
                && value.chars().noneMatch(Character::isISOControl)) {
            return value;
        }
        throw notA("a line of text");
    }

    default boolean asBoolean() {
        if (this instanceof Bool(boolean value)) {
            return value;
        }
        throw notA("true or false");
    }

    default double asDouble() {
        if (this instanceof Number(String literal)) {
            return Double.parseDouble(literal);
        }
        throw notA("a number");
    }

    /// A whole number written without fraction or exponent.
    default long asLong() {
        if (!(this instanceof Number(String literal))) {
            throw notA("a whole number");
        }
        try {
            return Long.parseLong(literal);
        } catch (NumberFormatException e) {
            throw notA("a whole number of 64 bits");
        }
    }

    /// A whole number of 32 bits.
    default int asInt() {
        long value = asLong();
        if ((int) value != value) {
            throw notA("a whole number of 32 bits");
        }
        return (int) value;
    }

    private JsonException notA(String wanted) {
        return new JsonException("wanted " + wanted + ", found " + JsonPrinter.excerpt(this));
    }

    /// An object being built.
    final class Builder {
        private final Map<String, Json> fields = new LinkedHashMap<>();

        private Builder() {}

        /// Adds a field; see [Json#of] for what a value may be.
        public Builder put(String name, java.lang.@Nullable Object value) {
            if (fields.put(name, of(value)) != null) {
                throw new JsonException("field '" + name + "' is there twice");
            }
            return this;
        }

        public Object build() {
            return new Object(fields);
        }
    }
}
