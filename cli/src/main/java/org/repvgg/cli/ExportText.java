package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.repvgg.cli.ExportFormat.Checked;
import org.repvgg.export.ExportCheck;
import org.repvgg.export.ExportOptions;
import org.repvgg.export.Signature;
import org.repvgg.export.Signature.Dimension;
import org.repvgg.format.CheckpointMetadata;
import org.repvgg.format.Json;
import org.repvgg.spec.Form;
import org.repvgg.tensor.Shape;

/// An export for people and for programs.
///
/// @param read the checkpoint
/// @param form the one that was exported
record ExportText(CheckpointMetadata read, Form form, ExportOptions options) {

    /// @param files what was written, the network first; empty if nothing was
    Json json(Optional<Checked> checked, List<Path> files) throws IOException {
        Signature signature = signature();
        List<Json> outputs = new ArrayList<>();
        for (Signature.Value output : signature.outputs()) {
            outputs.add(output(output, checked));
        }
        return Json.object()
                .put("model", read.spec().name())
                .put("form", form.name().toLowerCase(Locale.ROOT))
                .put("folded", isFolded())
                .put("input", value(signature.input()).build())
                .put("outputs", outputs)
                .put("runtime", checked.map(Checked::runtime).orElse(null))
                .put("images", checked.map(ExportText::images).orElse(List.of()))
                .put(
                        "maxAbsDifference",
                        checked.map(c -> AgreementText.finite(c.result().maxAbsDifference()))
                                .orElse(null))
                .put("holds", checked.map(Checked::holds).orElse(null))
                .put("output", files.isEmpty() ? null : files.getFirst().toString())
                .put("files", files.stream().map(Path::toString).toList())
                .put("bytes", bytes(files))
                .build();
    }

    private static Json output(Signature.Value output, Optional<Checked> checked) {
        Optional<ExportCheck.Output> found =
                checked.stream()
                        .flatMap(c -> c.result().outputs().stream())
                        .filter(o -> o.name().equals(output.name()))
                        .findFirst();
        return value(output)
                .put(
                        "maxAbsDifference",
                        found.map(o -> AgreementText.finite(o.maxAbsDifference())).orElse(null))
                .put("tolerance", found.map(ExportCheck.Output::tolerance).orElse(null))
                .build();
    }

    private static Json.Builder value(Signature.Value value) {
        return Json.object()
                .put("name", value.name())
                .put("shape", value.shape().stream().map(ExportText::dimension).toList())
                .put("meaning", value.meaning());
    }

    private static Json dimension(Dimension dimension) {
        return switch (dimension) {
            case Dimension.Fixed(int size) -> Json.of(size);
            case Dimension.Free(String name) -> Json.of(name);
        };
    }

    private static List<String> images(Checked checked) {
        return checked.result().images().stream().map(Shape::toString).toList();
    }

    void print(Console console, Optional<Checked> checked, List<Path> files) throws IOException {
        Signature signature = signature();
        console.result(
                "%s, %s: %s → %s",
                read.spec().name(),
                isFolded() ? "folded" : title(),
                signature.input(),
                signature.outputs().stream()
                        .map(Signature.Value::toString)
                        .collect(Collectors.joining(", ")));
        console.result("takes %s", signature.input().meaning());
        if (checked.isPresent()) {
            ExportCheck.Output farthest = farthest(checked.get().result());
            console.result(
                    "%s answers alike: largest difference %s, accepted up to %s, on images %s",
                    checked.get().runtime(),
                    Numbers.small(farthest.maxAbsDifference()),
                    Numbers.small(farthest.tolerance()),
                    String.join(" and ", images(checked.get())));
        }
        console.result(
                "wrote %s, %s",
                files.stream().map(Path::toString).collect(Collectors.joining(" and ")),
                Numbers.megabytes(bytes(files)));
    }

    /// Says on standard error what is amiss, if anything is.
    int status(Console console, Optional<Checked> checked) {
        if (checked.isEmpty()) {
            console.note("ONNX Runtime cannot be loaded here: the file has not been tried");
            return ExitCode.DONE;
        }
        if (checked.get().holds()) {
            return ExitCode.DONE;
        }
        ExportCheck.Output farthest = farthest(checked.get().result());
        console.note(
                "%s does not answer alike; nothing was written: largest difference of %s %s, accepted"
                        + " %s",
                checked.get().runtime(),
                farthest.name(),
                Numbers.small(farthest.maxAbsDifference()),
                Numbers.small(farthest.tolerance()));
        return ExitCode.FAILED;
    }

    /// The output whose difference is the largest for what is accepted of it.
    private static ExportCheck.Output farthest(ExportCheck.Result result) {
        return Collections.max(
                result.outputs(),
                Comparator.comparingDouble(
                        output -> output.maxAbsDifference() / output.tolerance()));
    }

    private Signature signature() {
        return Signature.of(read.spec(), read.input(), options);
    }

    private boolean isFolded() {
        return read.form() != form;
    }

    private String title() {
        return form == Form.TRAIN ? "training form" : "plain form";
    }

    private static long bytes(List<Path> files) throws IOException {
        long bytes = 0;
        for (Path file : files) {
            bytes += Files.size(file);
        }
        return bytes;
    }
}
