package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.repvgg.fold.PartialFold;
import org.repvgg.format.Json;
import org.repvgg.format.TensorFile;
import org.repvgg.tensor.Shape;

/// `fold --partial`: the blocks inside a bigger network.
record PartialFolding(Path in, Path out, float epsilon) {

    /// Folds, writes and reports.
    void run(Console console, boolean json) throws IOException {
        try (TensorFile file = TensorFile.open(in)) {
            PartialFold fold = PartialFold.of(file, epsilon);
            if (fold.folded().isEmpty()) {
                throw new UserError("%s: %s", in, nothing(file, fold));
            }
            Outputs.write(out, () -> fold.write(out));
            if (json) {
                console.result(json(fold));
            } else {
                print(console, fold);
            }
        }
    }

    private static String nothing(TensorFile file, PartialFold fold) {
        if (!fold.left().isEmpty()) {
            PartialFold.Left first = fold.left().getFirst();
            return "none of its %s blocks can be folded; %s: %s"
                    .formatted(fold.left().size(), first.place(), first.reason());
        }
        return "no block is found by names such as rbr_dense, conv_kxk or branch_3x3 among its %s tensors%s"
                .formatted(
                        file.entries().size(),
                        file.entries().isEmpty()
                                ? ""
                                : "; the first is " + file.entries().keySet().iterator().next());
    }

    private void print(Console console, PartialFold fold) throws IOException {
        TextTable table =
                new TextTable(
                        TextTable.Align.LEFT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT);
        table.row("block", "branches", "convolution", "largest difference");
        for (PartialFold.Folded block : fold.folded()) {
            table.row(
                    block.place(),
                    Integer.toString(block.branches()),
                    block.kernel().toString(),
                    Numbers.small(block.maxAbsDifference()));
        }
        console.result(table);
        for (PartialFold.Left block : fold.left()) {
            console.result("left as it is: %s: %s", block.place(), block.reason());
        }
        console.result(
                "folded %s of %s blocks, each compared on a patch of noise; %s other tensors are as"
                        + " they were",
                fold.folded().size(), fold.folded().size() + fold.left().size(), fold.untouched());
        console.result(
                "batch norms were taken to have an epsilon of %s; say otherwise with --epsilon",
                Numbers.small(epsilon));
        console.result("wrote %s, %s", out, Numbers.megabytes(Files.size(out)));
    }

    private Json json(PartialFold fold) {
        return Json.object()
                .put("blocks", fold.folded().stream().map(PartialFolding::json).toList())
                .put("left", fold.left().stream().map(PartialFolding::json).toList())
                .put("untouchedTensors", fold.untouched())
                .put("epsilon", (double) epsilon)
                .put("maxAbsDifference", largest(fold.folded()))
                .put("output", out.toString())
                .build();
    }

    private static double largest(List<PartialFold.Folded> blocks) {
        return blocks.stream().mapToDouble(PartialFold.Folded::maxAbsDifference).max().orElse(0);
    }

    private static Json json(PartialFold.Folded block) {
        return Json.object()
                .put("place", block.place())
                .put("branches", block.branches())
                .put("kernel", extents(block.kernel()))
                .put("maxAbsDifference", block.maxAbsDifference())
                .build();
    }

    private static List<Integer> extents(Shape shape) {
        return Arrays.stream(shape.toArray()).boxed().toList();
    }

    private static Json json(PartialFold.Left block) {
        return Json.object().put("place", block.place()).put("reason", block.reason()).build();
    }
}
