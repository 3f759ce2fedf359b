package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.repvgg.benchmark.OnnxSession;
import org.repvgg.export.ExportCheck;
import org.repvgg.export.ExportOptions;
import org.repvgg.export.Onnx;
import org.repvgg.export.Signature;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;
import org.repvgg.train.TrainException;
import org.repvgg.train.torch.TorchScript;
import org.repvgg.train.torch.TorchScriptNetwork;

/// What `export` writes, each with the runtime that can try it.
enum ExportFormat {
    ONNX(".onnx", "ONNX"),
    TORCHSCRIPT(".pt", "TorchScript");

    private final String suffix;
    private final String title;

    ExportFormat(String suffix, String title) {
        this.suffix = suffix;
        this.title = title;
    }

    /// How the exported network agrees with ours.
    ///
    /// @param runtime what ran it
    record Checked(String runtime, ExportCheck.Result result) {
        boolean holds() {
            return result.holds();
        }
    }

    /// The one that a file's name asks for.
    static ExportFormat of(Path out) {
        return Stream.of(values())
                .filter(format -> out.toString().endsWith(format.suffix))
                .findFirst()
                .orElseThrow(
                        () ->
                                new UserError(
                                        "%s: the output is a .onnx or a .pt file; name it so",
                                        out));
    }

    String suffix() {
        return suffix;
    }

    String title() {
        return title;
    }

    void write(Model model, Path file, ExportOptions options) throws IOException {
        switch (this) {
            case ONNX -> Onnx.write(model, file, options);
            case TORCHSCRIPT -> {
                try {
                    TorchScript.write((PlainModel) model, file, options);
                } catch (TrainException e) {
                    throw new WorkFailed(e, "%s", String.valueOf(e.getMessage()));
                } catch (NoClassDefFoundError e) {
                    throw new WorkFailed(
                            e, "TorchScript is written by libtorch, whose jars are not here");
                }
            }
        }
    }

    /// What writes TorchScript runs it, too.
    boolean isRuntimeAvailable() {
        try {
            return this == TORCHSCRIPT || OnnxSession.isAvailable();
        } catch (NoClassDefFoundError _) {
            return false; // its jar is left out
        }
    }

    Checked check(ExportCheck asked, Path file, ExportOptions options, int threads) {
        try {
            return switch (this) {
                case ONNX -> {
                    try (OnnxSession session = OnnxSession.load(file, threads)) {
                        yield new Checked(session.version(), asked.compare(session::answer));
                    }
                }
                case TORCHSCRIPT -> {
                    String answer = options.softmax() ? Signature.PROBABILITIES : Signature.LOGITS;
                    try (var network = TorchScriptNetwork.load(file, answer, threads)) {
                        yield new Checked(
                                TorchScriptNetwork.RUNTIME, asked.compare(network::answer));
                    }
                }
            };
        } catch (IOException | IllegalArgumentException | IllegalStateException e) {
            throw new WorkFailed(
                    e,
                    "what was exported does not run; nothing was written: %s",
                    String.valueOf(e.getMessage()));
        }
    }
}
