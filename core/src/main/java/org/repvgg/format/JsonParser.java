package org.repvgg.format;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// Reads JSON strictly, within limits that a hostile text cannot exceed.
final class JsonParser {
    /// Objects and arrays inside each other: more than any of our files has, far less than a stack.
    static final int MAX_DEPTH = 64;

    /// Values in one text: keeps the tree of a 100 MB text in the memory of an ordinary heap.
    static final int MAX_VALUES = 1_000_000;

    private static final Pattern NUMBER =
            Pattern.compile("-?(0|[1-9][0-9]*+)(\\.[0-9]++)?([eE][+-]?[0-9]++)?");

    private final String text;
    private int position;
    private int values;

    JsonParser(String text) {
        this.text = text;
    }

    static boolean isNumber(String literal) {
        return NUMBER.matcher(literal).matches() && Double.isFinite(Double.parseDouble(literal));
    }

    Json parse() {
        Json value = value(0);
        space();
        if (position < text.length()) {
            throw wrong("text after the end of the value");
        }
        return value;
    }

    private Json value(int depth) {
        if (++values > MAX_VALUES) {
            throw wrong("more than " + MAX_VALUES + " values");
        }
        space();
        return switch (peek()) {
            case '{' -> object(depth);
            case '[' -> array(depth);
            case '"' -> new Json.Text(string());
            case 't' -> word("true", new Json.Bool(true));
            case 'f' -> word("false", new Json.Bool(false));
            case 'n' -> word("null", new Json.Null());
            default -> number();
        };
    }

    private Json object(int depth) {
        enter(depth);
        Map<String, Json> fields = new LinkedHashMap<>();
        if (!closes('}')) {
            do {
                space();
                int start = position;
                String name = string();
                if (fields.containsKey(name)) {
                    position = start;
                    throw wrong("field '" + name + "' is there twice");
                }
                space();
                expect(':');
                fields.put(name, value(depth + 1));
            } while (continues('}'));
        }
        return new Json.Object(fields);
    }

    private Json array(int depth) {
        enter(depth);
        List<Json> items = new ArrayList<>();
        if (!closes(']')) {
            do {
                items.add(value(depth + 1));
            } while (continues(']'));
        }
        return new Json.Array(items);
    }

    private void enter(int depth) {
        if (depth >= MAX_DEPTH) {
            throw wrong("nested deeper than " + MAX_DEPTH);
        }
        position++;
    }

    private boolean closes(char end) {
        space();
        if (peek() != end) {
            return false;
        }
        position++;
        return true;
    }

    /// After an item: a comma means that another follows, `end` that none does.
    private boolean continues(char end) {
        space();
        if (peek() == ',') {
            position++;
            return true;
        }
        expect(end);
        return false;
    }

    private Json number() {
        int start = position;
        while (position < text.length() && "+-.eE0123456789".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
        String literal = text.substring(start, position);
        position = start;
        if (literal.isEmpty()) {
            throw wrong("wanted a value, found " + found());
        }
        if (!isNumber(literal)) {
            throw wrong("not a number, or one beyond double precision's range");
        }
        position += literal.length();
        return new Json.Number(literal);
    }

    private Json word(String word, Json value) {
        if (!text.startsWith(word, position)) {
            throw wrong("wanted a value, found " + found());
        }
        position += word.length();
        return value;
    }

    private String string() {
        expect('"');
        var content = new StringBuilder();
        while (peek() != '"') {
            char c = text.charAt(position);
            if (c < ' ') {
                throw wrong("a control character in a string");
            }
            position++;
            content.append(c == '\\' ? escape() : c);
        }
        position++;
        return content.toString();
    }

    private char escape() {
        char c = peek();
        position++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> throw wrong("unknown escape in a string");
        };
    }

    private char unicode() {
        int code = 0;
        for (int i = 0; i < 4; i++) {
            int digit = peek() < 0x80 ? Character.digit(peek(), 16) : -1;
            if (digit < 0) {
                throw wrong("\\u wants four hexadecimal digits");
            }
            code = code * 16 + digit;
            position++;
        }
        return (char) code;
    }

    private void space() {
        while (position < text.length() && " \t\r\n".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
    }

    private char peek() {
        if (position >= text.length()) {
            throw wrong("the text ends too early");
        }
        return text.charAt(position);
    }

    private void expect(char wanted) {
        if (peek() != wanted) {
            throw wrong("wanted '" + wanted + "', found " + found());
        }
        position++;
    }

    private String found() {
        char c = peek();
        return c >= ' ' && c < 0x7F ? "'" + c + "'" : String.format("U+%04X", (int) c);
    }

    private JsonException wrong(String message) {
        return new JsonException(message + ": character " + position);
    }
}
