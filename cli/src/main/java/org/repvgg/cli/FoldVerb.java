package org.repvgg.cli;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.repvgg.evaluate.Agreement;
import org.repvgg.fold.Fold;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.CheckpointMetadata;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;
import org.repvgg.spec.Form;
import org.repvgg.spec.LayerTable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "fold",
        header = "Turns a training form into the plain form that answers the same.",
        description =
                "Every block's branches and batch norms become one 3x3 convolution; nothing is trained and"
                        + " nothing approximated. Both forms then answer the same images and are compared;"
                        + " OUT is written only if they agree. Status 1 if they do not.%n"
                        + "With --partial IN is any network with RepVGG blocks in it, under the names of the"
                        + " reference, YOLOv6, YOLOv7, MobileOne, timm or mmpretrain: the blocks are folded"
                        + " where they stand, all other tensors stay as they are.",
        footer = {
            "  repvgg fold best.safetensors -o plain.safetensors",
            "  repvgg fold best.safetensors -o plain.safetensors --verify-with cifar10",
            "  repvgg fold best.safetensors -o plain.safetensors --layers",
            "  repvgg fold yolov6s.pth -o folded.safetensors --partial --epsilon 1e-3"
        })
final class FoldVerb extends Verb {

    @Parameters(paramLabel = "IN", description = "The checkpoint of a training form.")
    String in = "";

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "OUT",
            description = "Where the plain form goes: a .safetensors file.")
    Path out = Path.of("");

    @Option(
            names = "--verify-with",
            paramLabel = "SRC",
            description =
                    "Compare both forms on the test split of this data instead of random images.")
    @Nullable String source;

    @Option(
            names = "--partial",
            description = "Fold the blocks inside a bigger network; it is not run as a whole.")
    boolean partial;

    @Option(
            names = "--epsilon",
            paramLabel = "E",
            description =
                    "With --partial: epsilon of the batch norms, 1e-5 unless given. YOLOv6 and YOLOv7 set 1e-3.")
    @Nullable Float epsilon;

    @Mixin ComparisonOptions comparison = new ComparisonOptions();

    @Mixin ThreadOption threads = new ThreadOption();

    @ArgGroup(validate = false, heading = "%nData:%n")
    DataOptions data = new DataOptions();

    @ArgGroup(validate = false, heading = WeightOptions.HEADING)
    WeightOptions weights = new WeightOptions();

    @Override
    int run(Console console) throws IOException {
        Path file = WeightOptions.file(in);
        Outputs.check(out, ".safetensors", file);
        if (partial && !Checkpoint.isOurs(file)) {
            checkPartial();
            new PartialFolding(file, out, epsilon == null ? BatchNorm.EPSILON : epsilon)
                    .run(console, json);
            return ExitCode.DONE;
        }
        if (epsilon != null) {
            throw new UserError("--epsilon is for bigger networks: it comes with --partial");
        }
        CheckpointMetadata about = weights.describe(in);
        checkFoldable(about);
        Folding folding = new Folding();
        Agreement agreement =
                comparison.compare(
                        () -> weights.read(in), folding, source, data, threads.threads(), console);
        if (agreement.holds()) {
            PlainModel noted = agreement.describe(requireNonNull(folding.plain));
            Outputs.write(out, () -> Checkpoint.write(out, noted));
        }
        if (json) {
            console.result(
                    AgreementText.json(agreement)
                            .put("foldSeconds", folding.seconds)
                            .put("output", agreement.holds() ? out.toString() : null)
                            .build());
        } else {
            console.result(summary(about, folding.seconds));
            AgreementText.print(console, agreement);
            AgreementText.printAccuracy(console, agreement);
            if (agreement.holds()) {
                console.result("wrote %s, %s", out, Numbers.megabytes(Files.size(out)));
            }
        }
        return AgreementText.status(
                console, agreement, "the plain form does not answer alike; nothing was written");
    }

    private void checkPartial() {
        if (source != null || comparison.layers) {
            throw new UserError(
                    "%s runs whole networks, and --partial is for networks that only their own"
                            + " program runs",
                    source != null ? "--verify-with" : "--layers");
        }
        if (epsilon != null && !(epsilon > 0 && Float.isFinite(epsilon))) {
            throw new UserError("--epsilon must be positive: %s", epsilon);
        }
    }

    private void checkFoldable(CheckpointMetadata about) {
        if (about.form() == Form.PLAIN) {
            throw new UserError("%s: is the plain form already, there is nothing to fold", in);
        }
        Fold.checkFoldable(about.spec());
    }

    /// Reads the training form once more and folds it: the one it is compared with may be gone by
    /// then.
    private final class Folding implements NetworkSource {
        private @Nullable PlainModel plain;
        private double seconds;

        @Override
        public Model read() throws IOException {
            if (!(weights.read(in) instanceof BranchedModel branched)) {
                throw new IOException(in + ": became another file while it was folded");
            }
            long start = System.nanoTime();
            PlainModel folded = Fold.fold(branched);
            seconds = (System.nanoTime() - start) / 1e9;
            plain = folded;
            return folded;
        }
    }

    private static String summary(CheckpointMetadata model, double seconds) {
        LayerTable train = table(model, Form.TRAIN);
        LayerTable plain = table(model, Form.PLAIN);
        return "folded %s in %s ms: %s parameters became %s, %s became %s"
                .formatted(
                        model.spec().name(),
                        Math.round(1000 * seconds),
                        Numbers.count(train.parameters()),
                        Numbers.count(plain.parameters()),
                        Numbers.megabytes(train.parameterBytes()),
                        Numbers.megabytes(plain.parameterBytes()));
    }

    private static LayerTable table(CheckpointMetadata model, Form form) {
        return LayerTable.of(model.spec(), form, model.input().height(), model.input().width());
    }
}
