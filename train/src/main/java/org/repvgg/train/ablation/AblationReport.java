package org.repvgg.train.ablation;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.repvgg.train.Origin;

/// `ablation.md`: what was compared, the accuracies, the folds, and how it was made.
record AblationReport(AblationResult result, String command) {
    private static final String NONE = "-";

    String markdown() {
        Ablation ablation = result.ablation();
        StringBuilder text = new StringBuilder();
        line(text, "# Blocks of %s on %s", ablation.base().name(), ablation.data().name());
        line(text, "");
        line(text, "%s", setting(ablation));
        line(text, "");
        accuracies(text);
        line(text, "");
        line(
                text,
                "Top-1 of the training form on the test split after the last epoch, in per cent: mean ±"
                        + " sample standard deviation. Differences in points, seed by seed. In the"
                        + " paper: RepVGG-B0 on ImageNet, 120 epochs, one run each (Tables 6 and 7).");
        line(text, "");
        folds(text);
        line(text, "");
        line(
                text,
                "The largest difference of any logit and the smallest part of test images with the same best"
                        + " class, over all seeds; images/s and time are means of trainings.");
        reasons(text);
        line(text, "");
        line(text, "```sh");
        line(text, "%s", command);
        line(text, "```");
        line(text, "");
        line(text, "%s", origin());
        return text.toString();
    }

    private String setting(Ablation ablation) {
        return "%s of %s trainings: recipe %s, %s epoch%s, seed%s %s; images of %sx%s, %s to learn from, %s to judge by."
                .formatted(
                        result.runs().size(),
                        ablation.size(),
                        ablation.recipe().name(),
                        ablation.recipe().epochs(),
                        ablation.recipe().epochs() == 1 ? "" : "s",
                        ablation.seeds().size() == 1 ? "" : "s",
                        ablation.seeds().stream()
                                .map(Object::toString)
                                .collect(Collectors.joining(", ")),
                        ablation.input().height(),
                        ablation.input().width(),
                        ablation.data().train().size(),
                        ablation.data().test().size());
    }

    private void accuracies(StringBuilder text) {
        line(
                text,
                "| block | branches | top-1 | to full | in the paper | to full | folds | seeds |");
        line(text, "|---|---|--:|--:|--:|--:|---|--:|");
        for (VariantSummary row : result.table()) {
            Variant variant = row.variant();
            line(
                    text,
                    "| %s | `%s`%s | %s | %s | %s | %s | %s | %d |",
                    variant.title(),
                    variant.branches(),
                    variant.hasPostNorm() ? ", norm after the sum" : "",
                    row.top1().percent(),
                    row.difference().points(),
                    paper(variant),
                    paperDifference(variant),
                    row.folds(),
                    row.runs().size());
        }
    }

    private static String paper(Variant variant) {
        OptionalDouble top1 = variant.paperTop1();
        return top1.isPresent() ? number("%.2f", 100 * top1.getAsDouble()) : NONE;
    }

    private static String paperDifference(Variant variant) {
        if (variant == Variant.FULL || variant.paperTop1().isEmpty()) {
            return NONE;
        }
        double full = Variant.FULL.paperTop1().orElseThrow();
        return number("%+.2f", 100 * (variant.paperTop1().orElseThrow() - full));
    }

    private void folds(StringBuilder text) {
        line(
                text,
                "| block | top-1 of the plain form | logits differ by | same class | parameters | plain | images/s | time | engine |");
        line(text, "|---|--:|--:|--:|--:|--:|--:|--:|---|");
        for (VariantSummary row : result.table()) {
            if (row.runs().isEmpty()) {
                continue;
            }
            RunFigures first = row.runs().getFirst();
            boolean plain = first.plain().isPresent();
            line(
                    text,
                    "| %s | %s | %s | %s | %s | %s | %s | %s s | %s |",
                    row.variant().title(),
                    row.plainTop1().percent(),
                    plain ? number("%.1e", row.maxAbsDifference()) : NONE,
                    plain ? number("%.2f %%", 100 * row.top1Agreement()) : NONE,
                    number("%,d", first.parameters()),
                    first.plain().map(form -> number("%,d", form.parameters())).orElse(NONE),
                    number("%,.0f", row.imagesPerSecond()),
                    number("%,.0f", row.seconds()),
                    row.engines());
        }
    }

    private void reasons(StringBuilder text) {
        for (VariantSummary row : result.table()) {
            row.notFolded()
                    .ifPresent(
                            why ->
                                    line(
                                            text,
                                            "\n%s cannot be folded: %s.",
                                            row.variant().title(),
                                            why));
        }
        for (String failure : result.failures()) {
            line(text, "\nFailed: %s", failure);
        }
    }

    /// Version and machine of the last call, and the engines of every training.
    private String origin() {
        Map<String, String> facts = Origin.here().facts();
        List<String> engines =
                result.runs().stream().map(RunFigures::engine).distinct().sorted().toList();
        return "repvgg %s, Java %s, %s, %s processors. Engines: %s."
                .formatted(
                        facts.get("version"),
                        facts.get("java"),
                        facts.get("os"),
                        facts.get("processors"),
                        engines.isEmpty() ? "none yet" : String.join("; ", engines));
    }

    private static String number(String format, Object value) {
        return String.format(Locale.ROOT, format, value);
    }

    private static void line(StringBuilder text, String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
