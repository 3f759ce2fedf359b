package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.CheckpointMetadata;
import org.repvgg.format.ReadOptions;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Model;
import picocli.CommandLine.Option;

/// Flags for checkpoints that other programs wrote: what names and shapes of tensors do not tell.
final class WeightOptions {
    static final String HEADING = "%nFor checkpoints that say less than ours:%n";

    @Option(
            names = "--model",
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

    private static Path file(String name) {
        return file(name, "best.safetensors");
    }

    /// A file or folder that is there.
    ///
    /// @param such as what training writes, for people who give a name instead
    /// @throws UserError if it is not
    static Path file(String name, String such) {
        Path file = Network.path(name);
        if (!Files.exists(file)) {
            throw Network.isName(name)
                    ? new UserError(
                            "%s is a name without weights: give a checkpoint file, such as the"
                                    + " %s of a training",
                            name, such)
                    : new UserError("%s: no such file", name);
        }
        return file;
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
