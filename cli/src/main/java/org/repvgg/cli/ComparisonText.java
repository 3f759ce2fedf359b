package org.repvgg.cli;

import java.util.Locale;
import org.repvgg.evaluate.Comparison;
import org.repvgg.evaluate.Comparison.Figures;
import org.repvgg.format.Json;
import org.repvgg.train.report.ReportData.Outcome;

/// The before/after table for people and for programs.
final class ComparisonText {
    private ComparisonText() {}

    static void print(Console console, Outcome outcome) {
        switch (outcome) {
            case Outcome.Folded(Comparison comparison) -> {
                console.result(table(comparison));
                console.result("");
                AgreementText.print(console, comparison.agreement());
            }
            case Outcome.NotFolded(Figures train, String reason) -> {
                console.result(
                        "top-1 %s on %s images, %s parameters",
                        Numbers.percent(train.evaluation().top1()),
                        Numbers.count(train.evaluation().images()),
                        Numbers.count(train.parameters()));
                console.result("not folded: %s", reason);
            }
        }
    }

    static Json.Builder json(Outcome outcome) {
        Json.Builder json = Json.object().put("before", json(outcome.train()));
        return switch (outcome) {
            case Outcome.Folded(Comparison comparison) ->
                    json.put("after", json(comparison.plain()))
                            .put("agreement", AgreementText.json(comparison.agreement()).build());
            case Outcome.NotFolded(_, String reason) ->
                    json.put("after", null).put("notFolded", reason);
        };
    }

    private static Json json(Figures figures) {
        return Json.object()
                .put("form", figures.form().name().toLowerCase(Locale.ROOT))
                .put("parameters", figures.parameters())
                .put("parameterBytes", figures.parameterBytes())
                .put("multiplyAdds", figures.multiplyAdds())
                .put("top1", figures.evaluation().top1())
                .put("top5", figures.evaluation().top5())
                .put("images", figures.evaluation().images())
                .put("imagesPerSecond", figures.imagesPerSecond())
                .build();
    }

    private static TextTable table(Comparison comparison) {
        Figures train = comparison.train();
        Figures plain = comparison.plain();
        return new TextTable(TextTable.Align.LEFT, TextTable.Align.RIGHT, TextTable.Align.RIGHT)
                .row("", "training form", "plain form")
                .row(
                        "parameters",
                        Numbers.count(train.parameters()),
                        Numbers.count(plain.parameters()))
                .row(
                        "size",
                        Numbers.megabytes(train.parameterBytes()),
                        Numbers.megabytes(plain.parameterBytes()))
                .row(
                        "multiply-adds",
                        Numbers.scaled(train.multiplyAdds()),
                        Numbers.scaled(plain.multiplyAdds()))
                .row(
                        "top-1",
                        Numbers.percent(train.evaluation().top1()),
                        Numbers.percent(plain.evaluation().top1()))
                .row(
                        "top-5",
                        Numbers.percent(train.evaluation().top5()),
                        Numbers.percent(plain.evaluation().top5()))
                .row(
                        "images/s",
                        Numbers.rate(train.imagesPerSecond()),
                        Numbers.rate(plain.imagesPerSecond()));
    }
}
