package org.repvgg.train.report;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// How it was trained and where it comes from, and what could not be read on the way.
final class FactsSection {
    private static final int MAX_BROKEN = 20;
    private static final Pattern DIGEST = Pattern.compile("(sha256:)?[0-9a-fA-F]{16,}");

    private final ReportData data;

    FactsSection(ReportData data) {
        this.data = data;
    }

    void appendTo(Html html) {
        html.open("section", "id", "recipe");
        html.leaf("h2", "How to get it again");
        html.open("div", "class", "facts");
        appendFacts(html, "Recipe", data.recipe());
        appendFacts(html, "Provenance", data.provenance());
        html.close("div");
        appendBroken(html);
        html.close("section");
    }

    private static void appendFacts(Html html, String caption, Map<String, String> facts) {
        html.open("table", "class", "list");
        html.leaf("caption", caption);
        html.open("tbody");
        if (facts.isEmpty()) {
            html.open("tr").leaf("td", "Nothing was recorded.").close("tr");
        }
        facts.forEach(
                (name, value) -> {
                    html.open("tr");
                    html.leaf("th", name, "scope", "row");
                    html.open("td");
                    html.leaf(isLiteral(name, value) ? "code" : "span", value);
                    html.close("td").close("tr");
                });
        html.close("tbody").close("table");
    }

    /// Whether the value is something to copy, letter by letter.
    private static boolean isLiteral(String name, String value) {
        return name.startsWith("command") || DIGEST.matcher(value).matches();
    }

    private void appendBroken(Html html) {
        List<String> broken = data.state().shown().broken();
        if (broken.isEmpty()) {
            return;
        }
        html.leaf("h3", "Images that could not be read");
        html.leaf(
                "p",
                Numbers.count(broken.size(), "image was", "images were")
                        + " left out of every figure above"
                        + (broken.size() > MAX_BROKEN ? "; the first " + MAX_BROKEN + ":" : ":"));
        html.open("ul", "class", "broken");
        broken.stream()
                .limit(MAX_BROKEN)
                .forEach(line -> html.open("li").leaf("code", line).close("li"));
        html.close("ul");
    }
}
