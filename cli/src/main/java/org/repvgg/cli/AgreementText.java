package org.repvgg.cli;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.repvgg.evaluate.Agreement;
import org.repvgg.format.Json;

/// An [Agreement] for people and for programs.
final class AgreementText {
    private AgreementText() {}

    static void print(Console console, Agreement agreement) {
        console.result(
                "largest logit difference %s, accepted up to %s",
                Numbers.small(agreement.maxAbsDifference()), Numbers.small(agreement.tolerance()));
        console.result(predictions(agreement));
        printLayers(console, agreement);
    }

    private static void printLayers(Console console, Agreement agreement) {
        if (!agreement.layers().isEmpty()) {
            console.result("");
            console.result(layers(agreement));
        }
    }

    /// How far the answers of a network have moved; nobody expects none.
    static void printMoved(Console console, Agreement agreement) {
        console.result(
                "half precision moves logits by up to %s, %s",
                Numbers.small(agreement.maxAbsDifference()), predictions(agreement));
        printAccuracy(console, agreement);
        printLayers(console, agreement);
    }

    static Json.Builder moved(Agreement agreement) {
        Agreement.Accuracy accuracy = agreement.accuracy();
        return Json.object()
                .put("maxAbsDifference", finite(agreement.maxAbsDifference()))
                .put("top1Agreement", agreement.top1Agreement())
                .put("images", agreement.images())
                .put("firstTop1", accuracy == null ? null : accuracy.first())
                .put("secondTop1", accuracy == null ? null : accuracy.second())
                .put("layers", agreement.layers().stream().map(AgreementText::json).toList());
    }

    /// On labelled images, how accurate the two are.
    static void printAccuracy(Console console, Agreement agreement) {
        Agreement.Accuracy accuracy = agreement.accuracy();
        if (accuracy != null) {
            console.result(
                    "top-1 %s and %s",
                    Numbers.percent(accuracy.first()), Numbers.percent(accuracy.second()));
        }
    }

    /// `same prediction on 9,999 of 10,000 images, 1 tie`.
    static String predictions(Agreement agreement) {
        int same = agreement.images() - agreement.disagreements() - agreement.ties();
        String ties =
                switch (agreement.ties()) {
                    case 0 -> "";
                    case 1 -> ", 1 tie";
                    default -> ", " + agreement.ties() + " ties";
                };
        return "same prediction on %s of %s images%s"
                .formatted(Numbers.count(same), Numbers.count(agreement.images()), ties);
    }

    static Json.Builder json(Agreement agreement) {
        return moved(agreement)
                .put("disagreements", agreement.disagreements())
                .put("ties", agreement.ties())
                .put("tolerance", agreement.tolerance())
                .put("holds", agreement.holds());
    }

    /// Says on standard error why the status is 1, where it is.
    static int status(Console console, Agreement agreement, String complaint) {
        if (agreement.holds()) {
            return ExitCode.DONE;
        }
        console.note(
                "%s: largest logit difference %s, accepted %s; another prediction on %s of %s images",
                complaint,
                Numbers.small(agreement.maxAbsDifference()),
                Numbers.small(agreement.tolerance()),
                Numbers.count(agreement.disagreements()),
                Numbers.count(agreement.images()));
        return ExitCode.FAILED;
    }

    private static TextTable layers(Agreement agreement) {
        TextTable table =
                new TextTable(TextTable.Align.LEFT, TextTable.Align.RIGHT, TextTable.Align.RIGHT);
        table.row("block", "largest difference", "largest value");
        for (Agreement.Layer layer : agreement.layers()) {
            table.row(
                    layer.name(),
                    Numbers.small(layer.maxAbsDifference()),
                    String.format(Locale.ROOT, "%.3g", layer.maxAbsValue()));
        }
        return table;
    }

    private static Json json(Agreement.Layer layer) {
        return Json.object()
                .put("name", layer.name())
                .put("maxAbsDifference", finite(layer.maxAbsDifference()))
                .put("maxAbsValue", finite(layer.maxAbsValue()))
                .build();
    }

    /// JSON has no NaN: null says that there is no number.
    static @Nullable Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
