package org.repvgg.serve.protocol;

import static org.repvgg.serve.protocol.ProtocolException.wrong;

import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.io.NumberInput;
import tools.jackson.core.json.JsonFactory;

/// Walks through JSON token by token and builds nothing, for a caller who knows what is to come.
///
/// A method reads the one value that is next. Its `place`, such as `inputs[0].shape`, is for
/// messages. Text that is no JSON ends in a [JacksonException], which [#refusal] translates.
final class JsonReader implements AutoCloseable {
    private static final int MAX_DEPTH = 16;
    private static final int MAX_TEXT = 1 << 16;

    /// Of a message, so that the place fits behind it.
    private static final int MAX_REASON = 240;

    /// What Jackson says to its programmers in messages.
    private static final String ADVICE = ": enable `JsonReadFeature.* to allow$";

    private static final JsonFactory FACTORY =
            JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(MAX_DEPTH)
                                    .maxStringLength(MAX_TEXT)
                                    .build())
                    // names are strangers': tables that outlive a request would fill with them
                    .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
                    .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
                    .build();

    private final JsonParser json;

    /// Reads one value: what the caller does with it.
    interface Value {
        void read() throws ProtocolException;
    }

    /// Takes one number after the other.
    interface Numbers {
        /// @param number infinite where the text says more than a float can
        void add(float number) throws ProtocolException;
    }

    /// @param length of the JSON, from the first byte on
    JsonReader(byte[] bytes, int length) {
        // by a decoder of our own: Jackson's lets overlong forms pass, and guesses at UTF-16
        json =
                FACTORY.createParser(
                        ObjectReadContext.empty(),
                        new InputStreamReader(
                                new ByteArrayInputStream(bytes, 0, length),
                                StandardCharsets.UTF_8.newDecoder()));
        json.nextToken();
    }

    /// What to tell a caller whose text is no JSON.
    static ProtocolException refusal(JacksonException e) {
        if (e.getCause() instanceof CharacterCodingException) {
            return wrong("the JSON is not in UTF-8");
        }
        TokenStreamLocation at = e.getLocation();
        String reason = String.valueOf(e.getOriginalMessage()).replaceFirst(ADVICE, "");
        return wrong(
                "%s: line %s, column %s",
                ProtocolException.cut(reason, MAX_REASON),
                at == null ? "?" : at.getLineNr(),
                at == null ? "?" : at.getColumnNr());
    }

    /// An object. Fields that are not known are skipped, and so are those without a value, which
    /// some clients send for what they leave out.
    ///
    /// @param known reads each field's value; at most once
    void fields(String place, Map<String, Value> known) throws ProtocolException {
        expect(JsonToken.START_OBJECT, place, "an object");
        Set<String> seen = new HashSet<>();
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            Value value = known.get(name);
            json.nextToken();
            if (value == null || json.currentToken() == JsonToken.VALUE_NULL) {
                json.skipChildren();
            } else if (seen.add(name)) {
                value.read();
            } else {
                throw wrong("'%s' is there twice: %s", name, place);
            }
        }
    }

    /// An array.
    ///
    /// @param element reads each of its values
    void elements(String place, Value element) throws ProtocolException {
        expect(JsonToken.START_ARRAY, place, "an array");
        while (json.nextToken() != JsonToken.END_ARRAY) {
            element.read();
        }
    }

    /// An array of numbers, or of arrays of them, and so on; in the order of writing.
    void numbers(String place, Numbers sink) throws ProtocolException {
        expect(JsonToken.START_ARRAY, place, "an array of numbers");
        int depth = 1;
        while (depth > 0) {
            JsonToken token = json.nextToken();
            if (token == JsonToken.START_ARRAY) {
                depth++;
            } else if (token == JsonToken.END_ARRAY) {
                depth--;
            } else if (token != null && token.isNumeric()) {
                sink.add(number());
            } else {
                throw wrong("%s must hold numbers only, not %s", place, found(token));
            }
        }
    }

    /// Straight from the parser's buffer: a string for each number would be most of what we
    /// allocate.
    private float number() {
        return NumberInput.parseFloat(
                json.getStringCharacters(), json.getStringOffset(), json.getStringLength(), true);
    }

    String text(String place) throws ProtocolException {
        expect(JsonToken.VALUE_STRING, place, "a string");
        String text = json.getString();
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw wrong(
                    "%s has half of a surrogate pair: %s", place, ProtocolException.quote(text));
        }
        return text;
    }

    boolean flag(String place) throws ProtocolException {
        JsonToken token = json.currentToken();
        if (token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) {
            return token == JsonToken.VALUE_TRUE;
        }
        throw mistyped(place, "true or false");
    }

    /// A number written without fraction or exponent.
    long wholeNumber(String place) throws ProtocolException {
        expect(JsonToken.VALUE_NUMBER_INT, place, "a whole number");
        return json.getLongValue();
    }

    /// Nothing but space may be left.
    void end(String place) throws ProtocolException {
        if (json.nextToken() != null) {
            throw wrong("%s goes on after its end", place);
        }
    }

    @Override
    public void close() {
        json.close();
    }

    private void expect(JsonToken wanted, String place, String kind) throws ProtocolException {
        if (json.currentToken() != wanted) {
            throw mistyped(place, kind);
        }
    }

    private ProtocolException mistyped(String place, String kind) {
        return wrong("%s must be %s, not %s", place, kind, found(json.currentToken()));
    }

    private static String found(@Nullable JsonToken token) {
        return switch (token) {
            case null -> "nothing";
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_STRING -> "a string";
            case VALUE_NUMBER_INT -> "a whole number";
            case VALUE_NUMBER_FLOAT -> "a number with fraction or exponent";
            case VALUE_TRUE, VALUE_FALSE -> "true or false";
            case VALUE_NULL -> "null";
            case END_OBJECT, END_ARRAY, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE ->
                    token.toString();
        };
    }
}
