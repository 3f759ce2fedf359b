package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.repvgg.fold.Fold;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.DataType;
import org.repvgg.format.Naming;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Provenance;
import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggFamily;

/// A folder of networks with names, in the place of those that come with the program.
final class MadeZoo implements AutoCloseable {
    static final List<String> CLASSES = List.of("red", "green", "blue");

    private static final String PROPERTY = "repvgg.zoo"; // the launcher sets it, too

    private final Path folder;
    private final @Nullable String before;

    /// Until it is closed, in the process of this test.
    MadeZoo(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.before = System.getProperty(PROPERTY);
        System.setProperty(PROPERTY, folder.toString());
    }

    /// Random weights, for images of 16x16 in three classes.
    static BranchedModel network(int channels) {
        return InitialWeights.random(
                RepVggFamily.A0.spec().toBuilder()
                        .name("tiny")
                        .inputChannels(channels)
                        .classes(CLASSES.size())
                        .widths(List.of(8, 8, 16))
                        .depths(List.of(1, 2, 1))
                        .strides(List.of(1, 2, 2))
                        .build(),
                InputSpec.centred(channels, 16, 16).withClassNames(CLASSES),
                1);
    }

    /// Adds one in half precision.
    Path add(String name, int channels, double top1) throws IOException {
        Provenance provenance =
                new Provenance(Map.of("data", "colours"))
                        .withTop1(Form.TRAIN, top1, 100)
                        .withTop1(Form.PLAIN, top1 - 0.01, 100);
        Path file = folder.resolve(name + ".safetensors");
        Checkpoint.write(
                file,
                Fold.fold(network(channels)).withProvenance(provenance),
                Naming.REFERENCE,
                DataType.F16);
        return file;
    }

    @Override
    public void close() {
        if (before == null) {
            System.clearProperty(PROPERTY);
        } else {
            System.setProperty(PROPERTY, before);
        }
    }
}
