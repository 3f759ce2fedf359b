package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.repvgg.cli.ExportFormat.Checked;
import org.repvgg.export.ExportCheck;
import org.repvgg.export.ExportOptions;
import org.repvgg.fold.Fold;
import org.repvgg.fold.NotFoldableException;
import org.repvgg.format.CheckpointMetadata;
import org.repvgg.format.Staging;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggSpec;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "export",
        header = "Writes a network as ONNX or TorchScript, for other programs to run.",
        description =
                "A training form is folded first. The file takes images [N,c,H,W] of any N, H and W. ONNX"
                        + " Runtime or libtorch then runs it, on random images, and OUT is written only if it"
                        + " answers what the network answers here. Status 1 if it does not.",
        footer = {
            "  repvgg export best.safetensors -o a0.onnx",
            "  repvgg export plain.safetensors -o a0.pt --preprocessing --softmax",
            "  repvgg export plain.safetensors -o backbone.onnx --features stage2,stage3,stage4"
        })
final class ExportVerb extends Verb {

    @Parameters(
            paramLabel = "M",
            description = WeightOptions.NETWORK,
            completionCandidates = Candidates.Trained.class)
    String in = "";

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "OUT",
            description = "Where it goes: a .onnx file, or a .pt file for TorchScript.")
    Path out = Path.of("");

    @Option(names = "--softmax", description = "Answer probabilities instead of logits.")
    boolean softmax;

    @Option(
            names = "--preprocessing",
            description =
                    "Take pixel values from 0 to 255 and normalise them inside; normalised images unless given.")
    boolean preprocessing;

    @Option(
            names = "--features",
            paramLabel = "STAGE,…",
            description =
                    "Answer the maps of these stages, stage0 (the stem) to stage4, and leave out what comes"
                            + " after them.")
    @Nullable String features;

    @Option(
            names = "--form",
            completionCandidates = Candidates.Forms.class,
            paramLabel = "train|plain",
            converter = FormConverter.class,
            description = "train keeps branches and batch norms, in ONNX only; plain unless given.")
    Form form = Form.PLAIN;

    @Option(
            names = "--fixed-size",
            description = "ONNX only: take images of the network's own size only.")
    boolean fixedSize;

    @Option(
            names = "--external-weights",
            description =
                    "ONNX only: put the weights into a second file, OUT.data, as happens by itself above 2 GB.")
    boolean externalWeights;

    @Mixin ThreadOption threads = new ThreadOption();

    @ArgGroup(validate = false, heading = WeightOptions.HEADING)
    WeightOptions weights = new WeightOptions();

    @Override
    int run(Console console) throws IOException {
        ExportFormat format = ExportFormat.of(out);
        Outputs.check(out, format.suffix(), WeightOptions.file(in));
        refuseWhatOnlyOnnxHas(format);
        CheckpointMetadata about = weights.describe(in);
        checkForm(about, format);
        ExportOptions options = options(about.spec());
        ExportText text = new ExportText(about, form, options);
        try (Staging staging = Staging.beside(out)) {
            Optional<ExportCheck> asked = ask(format, options);
            write(staging.file(), format, options);
            Optional<Checked> checked = Optional.empty();
            if (asked.isPresent()) {
                checked =
                        Optional.of(
                                format.check(
                                        asked.get(), staging.file(), options, threads.threads()));
            }
            List<Path> files = List.of();
            if (checked.isEmpty() || checked.get().holds()) {
                files = moved(staging);
            }
            if (json) {
                console.result(text.json(checked, files));
            } else if (!files.isEmpty()) {
                text.print(console, checked, files);
            }
            return text.status(console, checked);
        }
    }

    /// What our own runtime answers, if another can be compared with it.
    private Optional<ExportCheck> ask(ExportFormat format, ExportOptions options)
            throws IOException {
        if (!format.isRuntimeAvailable()) {
            return Optional.empty();
        }
        NetworkSource network = () -> weights.read(in);
        RuntimeOptions lean = new RuntimeOptions(threads.threads()).leanly();
        try (Classifier ours = network.load(lean)) {
            return Optional.of(ExportCheck.of(ours, options));
        }
    }

    /// Reads the network once more: the one that was asked is gone by now.
    private void write(Path file, ExportFormat format, ExportOptions options) throws IOException {
        Model read = weights.read(in);
        Model exported =
                switch (read) {
                    case BranchedModel branched when form == Form.PLAIN -> Fold.fold(branched);
                    case BranchedModel _, PlainModel _ -> read;
                };
        Outputs.write(out, file, () -> format.write(exported, file, options));
    }

    private List<Path> moved(Staging staging) {
        List<Path> files = new ArrayList<>();
        Outputs.write(out, () -> files.addAll(staging.commit()));
        files.set(0, out); // as the user wrote it
        return files;
    }

    private void refuseWhatOnlyOnnxHas(ExportFormat format) {
        if (format == ExportFormat.ONNX) {
            return;
        }
        if (form == Form.TRAIN) {
            throw new UserError("--form train can be exported as .onnx only, not as %s", out);
        }
        if (fixedSize || externalWeights) {
            throw new UserError(
                    "%s belongs to .onnx files, not to %s",
                    fixedSize ? "--fixed-size" : "--external-weights", out);
        }
    }

    private void checkForm(CheckpointMetadata about, ExportFormat format) {
        if (about.form() == Form.PLAIN) {
            if (form == Form.TRAIN) {
                throw new UserError(
                        "%s: is the plain form: the training form cannot be had from it", in);
            }
            return;
        }
        try {
            if (form == Form.PLAIN) {
                Fold.checkFoldable(about.spec());
            }
        } catch (NotFoldableException e) {
            throw new UserError(
                    "%s%s",
                    String.valueOf(e.getMessage()),
                    format == ExportFormat.ONNX ? "; --form train exports it as it is" : "");
        }
    }

    private ExportOptions options(RepVggSpec spec) {
        if (softmax && features != null) {
            throw new UserError("--softmax is of classes, and --features leaves them away");
        }
        ExportOptions options =
                ExportOptions.defaults()
                        .withSoftmax(softmax)
                        .withPreprocessing(preprocessing)
                        .withFixedSize(fixedSize);
        if (features != null) {
            options =
                    options.withFeatures(
                            Arrays.stream(features.split(",", -1))
                                    .map(
                                            name ->
                                                    StageOption.parse(
                                                            "--features", spec, name.strip()))
                                    .distinct()
                                    .toList());
        }
        return externalWeights ? options.withLargestFile(0) : options;
    }
}
