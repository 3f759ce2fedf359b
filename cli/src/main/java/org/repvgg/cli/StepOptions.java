package org.repvgg.cli;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.repvgg.train.torch.TorchOptions.Precision;
import org.repvgg.train.torch.TorchSupport;
import picocli.CommandLine.Option;

/// Flags of a benchmark of training steps.
final class StepOptions {
    static final String HEADING = "%nTime training steps:%n";

    private static final int USUAL_BATCH = 128;
    private static final List<String> PRECISIONS = List.of("fp32", "bf16");

    @Option(
            names = "--training",
            description = {
                "Time whole training steps instead, of our engine and of libtorch in every layout it can"
                        + " train the network in: forward, backward and SGD update, on a batch of"
                        + " random images, from the same weights.",
                "GFLOP/s count three times the multiply-adds of the training form's forward pass, computed"
                        + " directly."
            })
    boolean training;

    @Option(
            names = "--batch",
            paramLabel = "B",
            description = "Images a training step; 128 unless given.")
    @Nullable Integer batch;

    @Option(
            names = "--precision",
            split = ",",
            completionCandidates = Candidates.StepPrecision.class,
            paramLabel = "P",
            description =
                    "What libtorch's convolutions compute in: fp32, bf16 or both; ours compute in fp32. fp32"
                            + " unless given, and bf16 where the processor multiplies it.")
    @Nullable List<String> precision;

    /// Refuses what goes with `--training` only.
    void checkNotGiven() {
        if (batch != null) {
            throw new UserError(
                    "--batch is for --training; --input takes a batch in front: %sx3x224x224",
                    batch);
        }
        if (precision != null) {
            throw new UserError("--precision is for --training: the plain form computes in fp32");
        }
    }

    int batch() {
        if (batch == null) {
            return USUAL_BATCH;
        }
        if (batch < 2) {
            throw new UserError(
                    "--batch must be at least 2, not %s: batch norms learn from differences between"
                            + " images",
                    batch);
        }
        return batch;
    }

    List<Precision> precisions() {
        return precision == null
                ? TorchSupport.precisions()
                : precision.stream().map(StepOptions::precision).distinct().toList();
    }

    private static Precision precision(String name) {
        if (!PRECISIONS.contains(name)) {
            throw new UserError("--precision knows no '%s': use fp32, bf16 or both", name);
        }
        return Precision.valueOf(name.toUpperCase(Locale.ROOT));
    }
}
