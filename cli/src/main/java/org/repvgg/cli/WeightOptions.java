package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.ReadOptions;
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
        Path file = Network.path(name);
        if (!Files.exists(file)) {
            throw Network.isName(name)
                    ? new UserError(
                            "%s is a name without weights: give a checkpoint file, such as the"
                                    + " best.safetensors of a training",
                            name)
                    : new UserError("%s: no such file", name);
        }
        Model read = Checkpoint.read(file, readOptions());
        if (input == null) {
            return read;
        }
        ImageSize size = ImageSize.parse(input, read.spec().inputChannels());
        if (size.channels() != read.spec().inputChannels()) {
            throw new UserError(
                    "--input says %s channels, %s wants %s",
                    size.channels(), name, read.spec().inputChannels());
        }
        return read.withInput(read.input().withSize(size.height(), size.width()));
    }

    private ReadOptions readOptions() throws IOException {
        return new ReadOptions(
                model == null ? null : Network.spec(model),
                strides == null ? null : ModelOptions.numbers("--strides", strides));
    }
}
