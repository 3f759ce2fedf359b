package org.repvgg.train.report;

import java.util.List;
import org.repvgg.image.Image;
import org.repvgg.train.report.ReportData.Mistake;

/// A few pictures that were answered wrongly, with what they are and what they were taken for.
final class MistakesSection {
    private static final int SHOWN = 20;

    private final List<Mistake> mistakes;

    MistakesSection(ReportData data) {
        this.mistakes = data.mistakes();
    }

    /// Appends nothing where there are no pictures.
    void appendTo(Html html) {
        if (mistakes.isEmpty()) {
            return;
        }
        html.open("section", "id", "mistakes");
        html.leaf("h2", "Some mistakes");
        html.leaf(
                "p",
                "Each picture with its true class, the class answered instead and how sure the"
                        + " network was.",
                "class",
                "lead");
        html.open("ul", "class", "gallery");
        mistakes.stream().limit(SHOWN).forEach(mistake -> appendMistake(html, mistake));
        html.close("ul").close("section");
    }

    private static void appendMistake(Html html, Mistake mistake) {
        Image image = mistake.image();
        html.open("li").open("figure");
        html.empty(
                "img",
                "src",
                Thumbnail.dataUri(image),
                "alt",
                mistake.truth() + ", answered " + mistake.answer() + " (" + mistake.name() + ")",
                "title",
                mistake.name(),
                "class",
                Thumbnail.isSmall(image) ? "pixelated" : "smooth");
        html.open("figcaption");
        html.leaf("span", mistake.truth(), "class", "truth");
        html.open("span", "class", "answer");
        html.leaf("span", "✗ ", "aria-hidden", "true").text(mistake.answer());
        html.close("span");
        html.leaf("span", Numbers.shortPercent(mistake.probability()), "class", "sure");
        html.close("figcaption").close("figure").close("li");
    }
}
