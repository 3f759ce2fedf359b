package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.CheckpointMetadata;
import org.repvgg.format.DidYouMean;
import org.repvgg.format.Json;
import org.repvgg.format.ReadOptions;
import org.repvgg.format.SpecJson;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Provenance;
import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.zoo.Zoo;

/// What `M` may be on the command line: a checkpoint, the name of a trained network that comes with
/// this program, a name of the family, a spec's JSON file.
final class Network {
    /// A spec's JSON is a few kilobytes; a larger file is something else.
    private static final long MAX_SPEC_BYTES = 1 << 20;

    private static final String SPEC_SUFFIX = ".json";

    private Network() {}

    /// A network to look at: weights do not matter.
    ///
    /// @param form the checkpoint's; the training form where there is none
    record Named(RepVggSpec spec, Form form, InputSpec input, Provenance provenance) {}

    static Named find(String name, ModelOptions options) throws IOException {
        if (!isFresh(name)) {
            Optional<Path> checkpoint = checkpoint(name);
            if (checkpoint.isPresent()) {
                return fromCheckpoint(checkpoint.get(), options);
            }
        }
        RepVggSpec spec = options.vary(spec(name));
        return new Named(spec, Form.TRAIN, options.inputOr(usualInput(spec)), Provenance.UNKNOWN);
    }

    /// Whether it has no weights of its own: a name of the family, or a spec's file.
    static boolean isFresh(String name) {
        return isName(name) || name.endsWith(SPEC_SUFFIX);
    }

    /// The checkpoint that a name means: a file or folder that is there, or else a trained network.
    /// Names of the family mean no weights.
    static Optional<Path> checkpoint(String name) {
        Path path = path(name);
        if (Files.exists(path)) {
            return Optional.of(path);
        }
        return isName(name) ? Optional.empty() : Zoo.standard().file(name);
    }

    /// Whether it is a name of the family.
    static boolean isName(String name) {
        return RepVggFamily.find(name).isPresent();
    }

    /// A family name's spec, or that in a JSON file.
    static RepVggSpec spec(String name) throws IOException {
        Optional<RepVggFamily> variant = RepVggFamily.find(name);
        if (variant.isPresent()) {
            return variant.get().spec();
        }
        if (name.endsWith(SPEC_SUFFIX)) {
            return specFile(path(name));
        }
        if (checkpoint(name).isPresent()) {
            throw new UserError(
                    "%s: --model wants a name such as A0 or a spec's .json file; 'repvgg inspect %s"
                            + " --json' tells the spec of a checkpoint, 'repvgg train --init %s'"
                            + " begins from its weights",
                    name, name, name);
        }
        if (isPath(name)) {
            throw new UserError("%s: no such file", name);
        }
        throw new UserError(
                "unknown network '%s'%s: 'repvgg models' lists the names; a spec's .json file will"
                        + " do, too",
                name, DidYouMean.hint(name, names()));
    }

    /// Whether it can only be meant as a file.
    static boolean isPath(String name) {
        return name.contains("/") || name.contains("\\") || name.contains(".");
    }

    static Path path(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new UserError("'%s' cannot be a file's name: %s", name, e.getReason());
        }
    }

    private static Named fromCheckpoint(Path file, ModelOptions options) throws IOException {
        List<String> given = new ArrayList<>(options.given());
        given.remove("--strides");
        if (!given.isEmpty()) {
            throw new UserError(
                    "%s cannot change the weights in %s: leave it away, or give a name such as A0",
                    given.getFirst(), file);
        }
        ReadOptions known = options.readOptions();
        CheckpointMetadata model = Checkpoint.describe(file, known);
        InputSpec input = options.inputOr(model.input());
        if (input.channels() != model.spec().inputChannels()) {
            throw new UserError(
                    "--input says %s channels, %s wants %s",
                    input.channels(), file, model.spec().inputChannels());
        }
        return new Named(model.spec(), model.form(), input, model.provenance());
    }

    private static RepVggSpec specFile(Path file) throws IOException {
        long bytes = Files.size(file);
        if (bytes > MAX_SPEC_BYTES) {
            throw new UserError(
                    "%s: %s are too much for a spec; the largest accepted is %s",
                    file, Numbers.megabytes(bytes), Numbers.megabytes(MAX_SPEC_BYTES));
        }
        try {
            return SpecJson.read(Json.parse(Files.readString(file)));
        } catch (IllegalArgumentException e) {
            throw new UserError("%s: %s", file, String.valueOf(e.getMessage()));
        }
    }

    private static InputSpec usualInput(RepVggSpec spec) {
        InputSpec imageNet = InputSpec.imageNet();
        return spec.inputChannels() == imageNet.channels()
                ? imageNet
                : InputSpec.centred(spec.inputChannels(), imageNet.height(), imageNet.width());
    }

    /// The family's names, then those of trained networks.
    static List<String> names() {
        return Stream.concat(familyNames().stream(), Zoo.standard().names().stream()).toList();
    }

    static List<String> familyNames() {
        return Stream.of(RepVggFamily.values()).map(variant -> variant.spec().name()).toList();
    }
}
