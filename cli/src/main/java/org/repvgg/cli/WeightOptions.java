package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.CheckpointMetadata;
import org.repvgg.format.DidYouMean;
import org.repvgg.format.ReadOptions;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Model;
import org.repvgg.zoo.Zoo;
import picocli.CommandLine.Option;

/// Flags for checkpoints that other programs wrote: what names and shapes of tensors do not tell.
final class WeightOptions {
    static final String HEADING = "%nFor checkpoints that say less than ours:%n";

    /// What a verb says of its `M`.
    static final String NETWORK =
            "A checkpoint of either form, or the name of a trained network ('repvgg models' lists them).";

    @Option(
            names = "--model",
            completionCandidates = Candidates.Family.class,
            paramLabel = "NAME|FILE.json",
            description = "The architecture, where the tensors do not tell it.")
    @Nullable String model;

    @Option(
            names = "--strides",
            paramLabel = "N,N,…",
            description = "Stride of every stage's first block; 2,2,2,2,2 where nothing is said.")
    @Nullable String strides;

    @Option(
            names = "--input",
            paramLabel = "CxHxW",
            description = "Size of the images; 3x224x224 where nothing is said.")
    @Nullable String input;

    /// Reads a checkpoint whose weights matter.
    Model read(String name) throws IOException {
        Model read = Checkpoint.read(file(name), readOptions());
        return read.withInput(size(read.input(), name));
    }

    /// Looks at it before that: what it is and whether its weights can be read.
    CheckpointMetadata describe(String name) throws IOException {
        CheckpointMetadata about = Checkpoint.describe(file(name), readOptions());
        return new CheckpointMetadata(
                about.form(), about.spec(), size(about.input(), name), about.provenance());
    }

    /// The checkpoint that a name means.
    ///
    /// @throws UserError if there is none
    static Path file(String name) {
        return file(name, "best.safetensors");
    }

    /// Likewise, or a folder of checkpoints.
    ///
    /// @param such as what training writes, for people who give a name instead
    /// @throws UserError if there is none
    static Path file(String name, String such) {
        return Network.checkpoint(name).orElseThrow(() -> missing(name, such));
    }

    private static UserError missing(String name, String such) {
        if (Network.isName(name)) {
            return new UserError(
                    "%s is a name without weights: give a checkpoint file, such as the %s of a"
                            + " training",
                    name, such);
        }
        return Network.isPath(name)
                ? new UserError("%s: no such file", name)
                : new UserError(
                        "%s: no such file, and no trained network of that name%s",
                        name, DidYouMean.hint(name, Zoo.standard().names()));
    }

    private InputSpec size(InputSpec known, String name) {
        if (input == null) {
            return known;
        }
        ImageSize size = ImageSize.parse(input, known.channels());
        if (size.channels() != known.channels()) {
            throw new UserError(
                    "--input says %s channels, %s wants %s",
                    size.channels(), name, known.channels());
        }
        return known.withSize(size.height(), size.width());
    }

    private ReadOptions readOptions() throws IOException {
        return new ReadOptions(
                model == null ? null : Network.spec(model),
                strides == null ? null : ModelOptions.numbers("--strides", strides));
    }
}
