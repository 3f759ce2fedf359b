package org.repvgg.train.ablation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.repvgg.format.AtomicFile;
import org.repvgg.train.report.DotChart;

/// The files of an ablation, each written beside and moved into place: `ablation.csv`, a line a
/// training; `ablation.md`, a line a variant; `ablation.svg`, the same drawn.
///
/// @param command what the user typed
record AblationFiles(Path folder, String command) {

    void write(AblationResult result) throws IOException {
        write("ablation.csv", csv(result));
        write("ablation.md", new AblationReport(result, command).markdown());
        write("ablation.svg", svg(result));
    }

    private void write(String name, String text) throws IOException {
        AtomicFile.write(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
    }

    static String csv(AblationResult result) {
        return RunFigures.CSV_HEADER
                + result.runs().stream().map(RunFigures::csv).collect(Collectors.joining());
    }

    /// Top-1 of the training forms, in per cent.
    static String svg(AblationResult result) {
        List<DotChart.Row> rows = result.table().stream().map(AblationFiles::row).toList();
        OptionalDouble full =
                result.table().stream()
                        .filter(line -> line.variant() == Variant.FULL && !line.runs().isEmpty())
                        .mapToDouble(line -> 100 * line.top1().mean())
                        .findFirst();
        return DotChart.svg(
                "Top-1 on %s, per cent".formatted(result.ablation().data().name()),
                List.of(
                        "A dot is a training, a bar the mean of its line"
                                + (full.isPresent() ? ", dashed that of the full block." : "."),
                        "Hollow: the block cannot be folded."),
                full,
                rows);
    }

    private static DotChart.Row row(VariantSummary line) {
        return new DotChart.Row(
                line.variant().title(),
                line.runs().stream().map(run -> 100 * run.top1()).toList(),
                line.top1().percent(),
                line.notFolded().isPresent());
    }
}
