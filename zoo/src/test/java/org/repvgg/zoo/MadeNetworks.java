package org.repvgg.zoo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.repvgg.fold.Fold;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.DataType;
import org.repvgg.format.Naming;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainModel;
import org.repvgg.model.Provenance;
import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;

/// Networks of random weights that say of themselves what trained ones say.
final class MadeNetworks {
    private MadeNetworks() {}

    static PlainModel network(int channels, int classes, double top1) {
        RepVggSpec spec =
                RepVggFamily.A0.spec().toBuilder()
                        .name("tiny")
                        .inputChannels(channels)
                        .classes(classes)
                        .widths(List.of(8, 8, 16))
                        .depths(List.of(1, 2, 1))
                        .strides(List.of(1, 2, 2))
                        .build();
        List<String> names = IntStream.range(0, classes).mapToObj(c -> "class" + c).toList();
        InputSpec input = InputSpec.centred(channels, 16, 16).withClassNames(names);
        Provenance provenance =
                new Provenance(
                                Map.of(
                                        "recipe", "baseline",
                                        "epochs", "80",
                                        "seed", "0",
                                        "date", "2026-01-01T00:00:00Z",
                                        "version", "0.1.0",
                                        "engine", "java",
                                        "training seconds", "60",
                                        "data", "made",
                                        "data digest", "0123"))
                        .withTop1(Form.TRAIN, top1, 1000)
                        .withTop1(Form.PLAIN, top1, 1000);
        return Fold.fold(InitialWeights.random(spec, input, 1)).withProvenance(provenance);
    }

    /// Writes one in half precision.
    static Path write(Path folder, String name, PlainModel network) throws IOException {
        Path file = Files.createDirectories(folder).resolve(name + ".safetensors");
        Checkpoint.write(file, network, Naming.REFERENCE, DataType.F16);
        return file;
    }
}
