package org.repvgg.cli;

import java.util.Locale;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.repvgg.cli.TextTable.Align;
import org.repvgg.format.Json;
import org.repvgg.train.ablation.Ablation;
import org.repvgg.train.ablation.AblationResult;
import org.repvgg.train.ablation.RunFigures;
import org.repvgg.train.ablation.Sample;
import org.repvgg.train.ablation.Variant;
import org.repvgg.train.ablation.VariantSummary;

/// The table of an ablation for people and for programs.
final class AblationText {
    private AblationText() {}

    static void print(Console console, AblationResult result) {
        TextTable table =
                new TextTable(
                        Align.LEFT,
                        Align.RIGHT,
                        Align.RIGHT,
                        Align.RIGHT,
                        Align.LEFT,
                        Align.RIGHT,
                        Align.RIGHT,
                        Align.LEFT);
        table.row("block", "top-1", "to full", "paper", "folds", "images/s", "seeds", "engine");
        for (VariantSummary row : result.table()) {
            table.row(
                    row.variant().toString(),
                    row.top1().percent(),
                    row.difference().points(),
                    paper(row.variant()),
                    row.folds(),
                    row.runs().isEmpty() ? "-" : Numbers.rate(row.imagesPerSecond()),
                    Integer.toString(row.runs().size()),
                    row.engines());
        }
        console.result(table);
        for (VariantSummary row : result.table()) {
            row.notFolded().ifPresent(why -> console.result("%s: %s", row.variant(), why));
        }
        result.failures().forEach(line -> console.result("failed: %s", line));
    }

    private static String paper(Variant variant) {
        OptionalDouble top1 = variant.paperTop1();
        return top1.isPresent()
                ? String.format(Locale.ROOT, "%.2f", 100 * top1.getAsDouble())
                : "-";
    }

    static Json.Builder json(AblationResult result) {
        Ablation ablation = result.ablation();
        return Json.object()
                .put("model", ablation.base().name())
                .put("data", ablation.data().name())
                .put("recipe", ablation.recipe().name())
                .put("epochs", ablation.recipe().epochs())
                .put("seeds", ablation.seeds())
                .put("trainings", result.runs().size())
                .put("of", ablation.size())
                .put("variants", result.table().stream().map(AblationText::json).toList())
                .put("failures", result.failures());
    }

    private static Json json(VariantSummary row) {
        Variant variant = row.variant();
        OptionalDouble paper = variant.paperTop1();
        return Json.object()
                .put("variant", variant.toString())
                .put("title", variant.title())
                .put("branches", variant.branches())
                .put("postNorm", variant.hasPostNorm())
                .put("top1", json(row.top1()))
                .put("plainTop1", json(row.plainTop1()))
                .put("differenceToFull", json(row.difference()))
                .put("paperTop1", paper.isPresent() ? paper.getAsDouble() : null)
                .put("notFolded", row.notFolded().orElse(null))
                .put("maxAbsDifference", AgreementText.finite(row.maxAbsDifference()))
                .put("top1Agreement", AgreementText.finite(row.top1Agreement()))
                .put("parameters", row.first().map(RunFigures::parameters).orElse(null))
                .put(
                        "plainParameters",
                        row.first()
                                .flatMap(RunFigures::plain)
                                .map(RunFigures.PlainFigures::parameters)
                                .orElse(null))
                .put("imagesPerSecond", AgreementText.finite(row.imagesPerSecond()))
                .put("seconds", AgreementText.finite(row.seconds()))
                .put("engines", row.engines())
                .put("seeds", row.runs().stream().map(RunFigures::seed).toList())
                .build();
    }

    private static @Nullable Json json(Sample sample) {
        return sample.count() == 0
                ? null
                : Json.object()
                        .put("mean", sample.mean())
                        .put("deviation", AgreementText.finite(sample.deviation()))
                        .build();
    }
}
