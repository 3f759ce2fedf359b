package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import org.repvgg.format.DidYouMean;
import org.repvgg.format.Json;
import org.repvgg.format.SpecJson;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Provenance;
import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;

/// What `M` may be on the command line: a checkpoint, a name of the family, a spec's JSON file.
final class Network {
    /// A spec's JSON is a few kilobytes; a larger file is something else.
    private static final long MAX_SPEC_BYTES = 1 << 20;

    private Network() {}

    /// A network to look at: weights do not matter.
    ///
    /// @param form the checkpoint's; the training form where there is none
    record Named(RepVggSpec spec, Form form, InputSpec input, Provenance provenance) {}

    static Named find(String name, ModelOptions options) throws IOException {
        RepVggSpec spec = options.vary(spec(name));
        InputSpec input = options.inputOr(defaultInput(spec));
        return new Named(spec, Form.TRAIN, input, Provenance.UNKNOWN);
    }

    /// A family name's spec, or that in a JSON file.
    static RepVggSpec spec(String name) throws IOException {
        Optional<RepVggFamily> variant = RepVggFamily.find(name);
        if (variant.isPresent()) {
            return variant.get().spec();
        }
        Path file = path(name);
        if (name.endsWith(".json")) {
            return specFile(file);
        }
        throw new UserError(
                "unknown network '%s'%s: give a family name ('repvgg models' lists them) or a spec's .json file",
                name, DidYouMean.hint(name, ModelOptions.familyNames()));
    }

    private static RepVggSpec specFile(Path file) throws IOException {
        if (Files.size(file) > MAX_SPEC_BYTES) {
            throw new UserError("%s: %s bytes are too many for a spec", file, Files.size(file));
        }
        try {
            return SpecJson.read(Json.parse(Files.readString(file)));
        } catch (IllegalArgumentException e) {
            throw new UserError("%s: %s", file, String.valueOf(e.getMessage()));
        }
    }

    private static InputSpec defaultInput(RepVggSpec spec) {
        InputSpec imageNet = InputSpec.imageNet();
        return spec.inputChannels() == imageNet.channels()
                ? imageNet
                : InputSpec.centred(spec.inputChannels(), imageNet.height(), imageNet.width());
    }

    private static Path path(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new UserError("'%s' is neither a network nor a file's name", name);
        }
    }
}
