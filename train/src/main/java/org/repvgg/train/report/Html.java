package org.repvgg.train.report;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/// Builds a page that is HTML and well-formed XML at once: tags are closed in order, every text is
/// escaped.
///
/// There is no way to pass markup through it but [#style], so a hostile class name stays a name.
final class Html {
    private static final Set<String> OWN_LINE =
            Set.of(
                    "head", "body", "meta", "title", "style", "header", "nav", "main", "section",
                    "footer", "h1", "h2", "h3", "p", "table", "caption", "thead", "tbody", "tr",
                    "figure", "svg", "details", "ul", "ol", "li", "dl", "div");

    private final StringBuilder out = new StringBuilder("<!DOCTYPE html>");
    private final Deque<String> open = new ArrayDeque<>();

    /// Opens an element.
    ///
    /// @param attributes names and values in turn
    Html open(String tag, String... attributes) {
        start(tag, attributes);
        out.append('>');
        open.push(tag);
        return this;
    }

    /// Closes the innermost element, which must be a `tag`.
    Html close(String tag) {
        String innermost = open.isEmpty() ? "nothing" : open.pop();
        checkArgument(innermost.equals(tag), "closing %s, but %s is open", tag, innermost);
        out.append("</").append(tag).append('>');
        return this;
    }

    Html text(String text) {
        escape(text);
        return this;
    }

    /// An element with nothing but text in it.
    Html leaf(String tag, String text, String... attributes) {
        return open(tag, attributes).text(text).close(tag);
    }

    /// An element without content: HTML's void elements and those of SVG.
    Html empty(String tag, String... attributes) {
        start(tag, attributes);
        out.append("/>");
        return this;
    }

    /// The style sheet, as it is.
    Html style(String css) {
        checkArgument(
                css.indexOf('<') < 0 && css.indexOf('&') < 0, "a style sheet has no < and no &");
        open("style");
        out.append('\n').append(css);
        return close("style");
    }

    /// The page; everything must be closed.
    @Override
    public String toString() {
        checkArgument(open.isEmpty(), "elements still open: %s", open);
        return out + "\n";
    }

    private void start(String tag, String... attributes) {
        checkArgument(
                attributes.length % 2 == 0,
                "attributes come in pairs: %s has %s strings",
                tag,
                attributes.length);
        if (OWN_LINE.contains(tag)) {
            out.append('\n');
        }
        out.append('<').append(tag);
        for (int i = 0; i < attributes.length; i += 2) {
            out.append(' ').append(attributes[i]).append("=\"");
            escape(attributes[i + 1]);
            out.append('"');
        }
    }

    private void escape(String text) {
        text.codePoints()
                .forEach(
                        point -> {
                            switch (point) {
                                case '<' -> out.append("&lt;");
                                case '>' -> out.append("&gt;");
                                case '&' -> out.append("&amp;");
                                case '"' -> out.append("&quot;");
                                case '\'' -> out.append("&#39;");
                                default -> out.appendCodePoint(isCharacter(point) ? point : 0xFFFD);
                            }
                        });
    }

    /// Whether XML 1.0 knows the character; control characters and lone surrogates are none.
    private static boolean isCharacter(int point) {
        return point == '\t'
                || point == '\n'
                || (point >= 0x20 && point < 0x7F)
                || (point >= 0xA0 && point < 0xD800)
                || (point >= 0xE000 && point < 0xFFFE)
                || point >= 0x10000;
    }
}
