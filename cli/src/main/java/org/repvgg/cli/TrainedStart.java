package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.repvgg.data.Dataset;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.CheckpointMetadata;
import org.repvgg.format.Json;
import org.repvgg.format.ReadOptions;
import org.repvgg.format.SpecJson;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainModel;
import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.Pretrained;

/// The trained checkpoint that `--init` names.
///
/// @param known what the command line knows better than the file
/// @param spec the checkpoint's
record TrainedStart(Path file, ReadOptions known, RepVggSpec spec) {
    /// What follows the data, or is a name only.
    private static final List<String> FREE = List.of("name", "classes");

    /// Looks at the checkpoint; weights are read later.
    ///
    /// @param model that `--model` names, or null to go by the checkpoint
    /// @throws UserError if it cannot be trained, or is not what the options say
    static TrainedStart find(String name, @Nullable String model, ModelOptions options)
            throws IOException {
        Path file = WeightOptions.file(name, "trained.safetensors");
        ReadOptions known = Checkpoint.isOurs(file) ? ReadOptions.NONE : options.readOptions();
        CheckpointMetadata about = Checkpoint.describe(file, known);
        if (about.form() == Form.PLAIN) {
            throw plain(file);
        }
        RepVggSpec base = model == null ? about.spec() : Network.spec(model);
        checkSame(options.vary(base), about.spec(), file);
        return new TrainedStart(file, known, about.spec());
    }

    private static void checkSame(RepVggSpec asked, RepVggSpec found, Path file) {
        Json.Object there = SpecJson.write(found).asObject();
        SpecJson.write(asked)
                .asObject()
                .fields()
                .forEach(
                        (field, value) -> {
                            if (!FREE.contains(field) && !value.equals(there.get(field))) {
                                throw new UserError(
                                        "%s: %s has %s, --model and its flags say %s: leave them out to"
                                                + " go by the checkpoint",
                                        field, file, there.get(field).compact(), value.compact());
                            }
                        });
    }

    private static UserError plain(Path file) {
        return new UserError(
                "%s holds the plain form, whose branches are gone: --init wants the training form,"
                        + " the trained.safetensors or best.safetensors of a training",
                file);
    }

    Pretrained read() throws IOException {
        return switch (Checkpoint.read(file, known)) {
            case BranchedModel branched ->
                    new Pretrained(String.valueOf(file.getFileName()), branched);
            case PlainModel _ -> throw plain(file);
        };
    }

    /// The weights to begin with, for the data's classes and images of the checkpoint's size unless
    /// `--input` says another.
    static BranchedModel initial(
            Pretrained pretrained,
            ModelOptions options,
            Dataset dataset,
            long seed,
            Console console) {
        List<String> names = dataset.train().classNames();
        if (options.classes != null && options.classes != names.size()) {
            throw new UserError(
                    "--classes is %s, %s has %s: leave it out",
                    options.classes, dataset.name(), names.size());
        }
        InputSpec input = options.inputOr(pretrained.model().input());
        console.note(
                "init: %s, %s",
                pretrained.name(),
                pretrained.knows(names)
                        ? "its head, too"
                        : "with a new head for %s classes".formatted(names.size()));
        return pretrained.initial(input.height(), input.width(), names, seed);
    }
}
