package org.repvgg.train.ablation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.repvgg.train.ablation.RunFigures.PlainFigures;

/// All trainings of one variant.
///
/// @param runs in the order of seeds; perhaps none yet
/// @param difference top-1 minus that of the full block, training forms, seed by seed over the
///   seeds that both have; nothing for the full block itself
public record VariantSummary(Variant variant, List<RunFigures> runs, Sample difference) {

    static List<VariantSummary> of(List<Variant> variants, List<RunFigures> all) {
        return variants.stream().map(variant -> of(variant, all)).toList();
    }

    private static VariantSummary of(Variant variant, List<RunFigures> all) {
        List<RunFigures> runs = runs(variant, all);
        List<Double> differences = new ArrayList<>();
        if (variant != Variant.FULL) {
            for (RunFigures full : runs(Variant.FULL, all)) {
                runs.stream()
                        .filter(run -> run.seed() == full.seed())
                        .forEach(run -> differences.add(run.top1() - full.top1()));
            }
        }
        return new VariantSummary(variant, runs, Sample.of(differences));
    }

    private static List<RunFigures> runs(Variant variant, List<RunFigures> all) {
        return all.stream().filter(run -> run.variant() == variant).toList();
    }

    /// Of the training form.
    public Sample top1() {
        return Sample.of(runs.stream().map(RunFigures::top1).toList());
    }

    /// Of the plain form; of nothing where there is none.
    public Sample plainTop1() {
        return Sample.of(plain().stream().map(PlainFigures::top1).toList());
    }

    private List<PlainFigures> plain() {
        return runs.stream().flatMap(run -> run.plain().stream()).toList();
    }

    public double imagesPerSecond() {
        return Sample.of(runs.stream().map(RunFigures::imagesPerSecond).toList()).mean();
    }

    /// Wall time of a training, the mean.
    public double seconds() {
        return Sample.of(runs.stream().map(RunFigures::seconds).toList()).mean();
    }

    /// The largest difference of the two forms' logits in any training; NaN where there is no plain
    /// form.
    public double maxAbsDifference() {
        return plain().stream()
                .mapToDouble(PlainFigures::maxAbsDifference)
                .reduce(Math::max)
                .orElse(Double.NaN);
    }

    /// The least agreement of the two forms' best classes; NaN where there is no plain form.
    public double top1Agreement() {
        return plain().stream().mapToDouble(PlainFigures::top1Agreement).min().orElse(Double.NaN);
    }

    /// Why there is no plain form; empty where there is one, or no training yet.
    public Optional<String> notFolded() {
        return runs.stream().map(RunFigures::notFolded).filter(why -> !why.isEmpty()).findFirst();
    }

    /// Whether it folds, in a word: `yes`, `no`, `not alike` where both forms answer differently,
    /// `-` before the first training.
    public String folds() {
        if (runs.isEmpty()) {
            return "-";
        }
        if (notFolded().isPresent()) {
            return "no";
        }
        return runs.stream().allMatch(RunFigures::holds) ? "yes" : "not alike";
    }

    /// The engines that trained it, by name: `java`.
    public String engines() {
        return String.join(
                ", ",
                runs.stream()
                        .map(run -> run.engine().replaceFirst("[ ,].*", ""))
                        .distinct()
                        .toList());
    }

    /// The first training; all have its parameters.
    public Optional<RunFigures> first() {
        return runs.stream().findFirst();
    }
}
