package org.repvgg.train.ablation;

import java.util.List;

/// The trainings of an ablation so far.
///
/// @param runs those that ended, in the order of seeds, then of variants
/// @param failures those that could not go on, one line each
public record AblationResult(Ablation ablation, List<RunFigures> runs, List<String> failures) {
    public AblationResult {
        runs = List.copyOf(runs);
        failures = List.copyOf(failures);
    }

    /// A line a variant, in the ablation's order.
    public List<VariantSummary> table() {
        return VariantSummary.of(ablation.variants(), runs);
    }

    /// Whether every training ended and every plain form answers like its training form.
    public boolean isGood() {
        return runs.size() == ablation.size() && runs.stream().allMatch(RunFigures::holds);
    }
}
