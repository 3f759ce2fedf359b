package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.repvgg.cli.ExportFormat.Checked;
import org.repvgg.export.ExportOptions;
import org.repvgg.fold.Fold;
import org.repvgg.fold.NotFoldableException;
import org.repvgg.format.Staging;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;
import org.repvgg.spec.Form;
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

    @Parameters(paramLabel = "M", description = "A checkpoint of either form.")
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
        Outputs.check(out, format.suffix(), Network.path(in));
        refuseWhatOnlyOnnxHas(format);
        Model read = weights.read(in);
        Model exported = form == Form.TRAIN ? trainingForm(read) : folded(read, format);
        ExportOptions options = options(read);
        ExportText text = new ExportText(read, exported, options);
        try (Staging staging = Staging.beside(out)) {
            Path first = staging.file();
            Outputs.write(out, first, () -> format.write(exported, first, options));
            Optional<Checked> checked = check(read, format, first, options);
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

    private Optional<Checked> check(
            Model read, ExportFormat format, Path file, ExportOptions options) {
        if (!format.isRuntimeAvailable()) {
            return Optional.empty();
        }
        try (Classifier ours = Runtimes.load(read, new RuntimeOptions(threads.threads()))) {
            return Optional.of(format.check(ours, file, options, threads.threads()));
        }
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

    private BranchedModel trainingForm(Model model) {
        return switch (model) {
            case BranchedModel branched -> branched;
            case PlainModel _ ->
                    throw new UserError(
                            "%s: is the plain form: the training form cannot be had from it", in);
        };
    }

    private static PlainModel folded(Model model, ExportFormat format) {
        return switch (model) {
            case PlainModel plain -> plain;
            case BranchedModel branched -> {
                try {
                    yield Fold.fold(branched);
                } catch (NotFoldableException e) {
                    throw new UserError(
                            "%s%s",
                            String.valueOf(e.getMessage()),
                            format == ExportFormat.ONNX
                                    ? "; --form train exports it as it is"
                                    : "");
                }
            }
        };
    }

    private ExportOptions options(Model model) {
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
                                    .map(name -> StageNames.parse(model.spec(), name.strip()))
                                    .distinct()
                                    .toList());
        }
        return externalWeights ? options.withLargestFile(0) : options;
    }
}
