package org.repvgg.format;

import java.util.List;
import java.util.Map;

/// Writes JSON, on one line or indented.
final class JsonPrinter {
    private static final int EXCERPT = 40;

    private final StringBuilder out = new StringBuilder();
    private final boolean pretty;

    private JsonPrinter(boolean pretty) {
        this.pretty = pretty;
    }

    static String compact(Json value) {
        var printer = new JsonPrinter(false);
        printer.value(value, 0);
        return printer.out.toString();
    }

    static String pretty(Json value) {
        var printer = new JsonPrinter(true);
        printer.value(value, 0);
        return printer.out.toString();
    }

    /// A short piece of a value, for messages.
    static String excerpt(Json value) {
        return switch (value) {
            case Json.Object _ -> "an object";
            case Json.Array _ -> "an array";
            case Json.Text _, Json.Number _, Json.Bool _, Json.Null _ -> {
                String text = compact(value);
                yield text.length() <= EXCERPT ? text : text.substring(0, EXCERPT) + "…";
            }
        };
    }

    private void value(Json value, int depth) {
        switch (value) {
            case Json.Object object -> object(object.fields(), depth);
            case Json.Array array -> array(array.values(), depth);
            case Json.Text text -> text(text.value());
            case Json.Number number -> out.append(number.literal());
            case Json.Bool bool -> out.append(bool.value());
            case Json.Null _ -> out.append("null");
        }
    }

    private void object(Map<String, Json> fields, int depth) {
        out.append('{');
        boolean first = true;
        for (Map.Entry<String, Json> field : fields.entrySet()) {
            if (!first) {
                out.append(',');
            }
            first = false;
            line(depth + 1);
            text(field.getKey());
            out.append(pretty ? ": " : ":");
            value(field.getValue(), depth + 1);
        }
        if (!first) {
            line(depth);
        }
        out.append('}');
    }

    private void array(List<Json> values, int depth) {
        boolean oneLine = values.stream().noneMatch(JsonPrinter::isContainer);
        out.append('[');
        for (int i = 0; i < values.size(); i++) {
            if (i > 0) {
                out.append(pretty && oneLine ? ", " : ",");
            }
            if (!oneLine) {
                line(depth + 1);
            }
            value(values.get(i), depth + 1);
        }
        if (!oneLine) {
            line(depth);
        }
        out.append(']');
    }

    private static boolean isContainer(Json value) {
        return value instanceof Json.Object || value instanceof Json.Array;
    }

    private void line(int depth) {
        if (pretty) {
            out.append('\n').repeat("  ", depth);
        }
    }

    private void text(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < ' ' || c == 0x7F || isLoneSurrogate(text, i)) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    /// Half of a pair cannot be written in UTF-8, only as an escape.
    private static boolean isLoneSurrogate(String text, int index) {
        char c = text.charAt(index);
        if (Character.isHighSurrogate(c)) {
            return index + 1 == text.length() || !Character.isLowSurrogate(text.charAt(index + 1));
        }
        return Character.isLowSurrogate(c)
                && (index == 0 || !Character.isHighSurrogate(text.charAt(index - 1)));
    }
}
