package org.repvgg.train.report;

import java.util.ArrayList;
import java.util.List;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;

/// A block as it was trained and, beside it, what folding made of it, drawn from the spec's
/// branches.
///
/// Every box carries a small 3x3 grid: which cells of the kernel its weights reach.
final class BlockFigure {
    private static final int BRANCH = 98; // width that one branch takes
    private static final int BOX = 88;
    private static final int BOX_HEIGHT = 34;
    private static final int PILL = 56;
    private static final int PILL_HEIGHT = 22;
    private static final int MIN_WIDTH = 160;
    private static final int PLAIN_WIDTH = 108;
    private static final int STEP = 14; // length of the line between two shapes
    private static final int MIDDLE = 12;

    private final RepVggSpec spec;
    private final boolean folded;
    private final int index;
    private final BlockSpec block;

    BlockFigure(RepVggSpec spec, boolean folded) {
        this.spec = spec;
        this.folded = folded;
        List<BlockSpec> blocks = spec.blocks();
        int richest = 0;
        for (int i = 1; i < blocks.size(); i++) {
            if (blocks.get(i).branches().size() > blocks.get(richest).branches().size()) {
                richest = i;
            }
        }
        this.index = richest;
        this.block = blocks.get(richest);
    }

    void appendTo(Html html) {
        html.open("figure", "class", "block");
        html.open("div", "class", "forms");
        appendTrained(html);
        if (folded) {
            html.leaf("span", "→", "class", "arrow", "aria-hidden", "true");
            appendPlain(html);
        }
        html.close("div");
        html.leaf("figcaption", caption());
        html.close("figure");
    }

    private String caption() {
        String text =
                "Block "
                        + spec.place(index)
                        + ": "
                        + block.in()
                        + " → "
                        + block.out()
                        + " channels, one of "
                        + Numbers.count(spec.blocks().size(), "block", "blocks")
                        + ".";
        if (!folded) {
            return text;
        }
        return text
                + " Branches without a nonlinearity add up: batch norms are scaled into their"
                + " kernels, each kernel is padded to 3x3, and the sum is one kernel and one bias.";
    }

    private void appendTrained(Html html) {
        int count = block.branches().size();
        int width = Math.max(MIN_WIDTH, count * BRANCH);
        int sum = 34 + STEP + tallest() + STEP + MIDDLE;
        List<String> after = after();
        int height = sum + MIDDLE + after.size() * (STEP + PILL_HEIGHT) + STEP + 16;
        open(html, "trained", width, height, describeTrained());
        double centre = width / 2.0;
        label(html, centre, 12, "input", "note");
        line(html, centre, 18, centre, 34);
        for (int i = 0; i < count; i++) {
            double x = centre + (i - (count - 1) / 2.0) * BRANCH;
            appendBranch(html, block.branches().get(i), x, centre, sum);
        }
        html.empty("circle", "class", "sum", "cx", at(centre), "cy", at(sum), "r", at(MIDDLE));
        label(html, centre, sum + 5, "+", "plus");
        appendTail(html, after, centre, sum + MIDDLE);
        html.close("svg");
    }

    private void appendBranch(Html html, BranchSpec branch, double x, double centre, int sum) {
        double y = 34;
        if (branch.reach() == 0) {
            line(html, centre, y, x, y);
        } else {
            label(html, x, y - 6, branch.reach() + " before", "note");
        }
        line(html, x, y, x, y + STEP);
        y += STEP;
        box(html, x, y, name(branch), reach(branch));
        y += BOX_HEIGHT;
        for (String pill : tail(branch)) {
            line(html, x, y, x, y + STEP);
            pill(html, x, y + STEP, pill);
            y += STEP + PILL_HEIGHT;
        }
        line(html, x, y, x, sum);
        line(html, x, sum, centre, sum);
    }

    private void appendPlain(Html html) {
        int sum = 34 + STEP + tallest() + STEP + MIDDLE;
        List<String> after = gainAndRelu();
        int height = sum + MIDDLE + after().size() * (STEP + PILL_HEIGHT) + STEP + 16;
        double centre = PLAIN_WIDTH / 2.0;
        double top = (sum - BOX_HEIGHT) / 2.0 + MIDDLE;
        open(html, "plain", PLAIN_WIDTH, height, "Folded: " + described(after));
        label(html, centre, 12, "input", "note");
        line(html, centre, 18, centre, top);
        box(
                html,
                centre,
                top,
                "3x3 conv",
                new boolean[] {true, true, true, true, true, true, true, true, true});
        double tail = height - 16 - STEP - after.size() * (STEP + PILL_HEIGHT);
        line(html, centre, top + BOX_HEIGHT, centre, tail);
        appendTail(html, after, centre, tail);
        html.close("svg");
    }

    private static void appendTail(Html html, List<String> pills, double x, double from) {
        double y = from;
        for (String pill : pills) {
            line(html, x, y, x, y + STEP);
            pill(html, x, y + STEP, pill);
            y += STEP + PILL_HEIGHT;
        }
        line(html, x, y, x, y + STEP);
        label(html, x, y + STEP + 12, "output", "note");
    }

    /// Height of the tallest branch.
    private int tallest() {
        int pills = block.branches().stream().mapToInt(b -> tail(b).size()).max().orElse(0);
        return BOX_HEIGHT + pills * (STEP + PILL_HEIGHT);
    }

    /// What follows the sum.
    private List<String> after() {
        List<String> pills = new ArrayList<>();
        if (block.postNorm()) {
            pills.add("BN");
        }
        pills.addAll(gainAndRelu());
        return pills;
    }

    private List<String> gainAndRelu() {
        if (block.squeezeExcite() == null) {
            return List.of("ReLU");
        }
        return block.squeezeExcite().placement() == Placement.BEFORE_RELU
                ? List.of("SE gain", "ReLU")
                : List.of("ReLU", "SE gain");
    }

    private static List<String> tail(BranchSpec branch) {
        return switch (branch.tail()) {
            case NONE -> List.of();
            case NORM -> List.of("BN");
            case NORM_RELU -> List.of("BN", "ReLU");
        };
    }

    private static String name(BranchSpec branch) {
        return switch (branch) {
            case BranchSpec.Convolution convolution ->
                    convolution.height() + "x" + convolution.width() + " conv";
            case BranchSpec.Identity _ -> "identity";
            case BranchSpec.Dirac _ -> "Dirac 3x3";
        };
    }

    /// Which cells of a 3x3 kernel a branch reaches, rows top to bottom.
    private static boolean[] reach(BranchSpec branch) {
        boolean[] cells = new boolean[9];
        for (int cell = 0; cell < cells.length; cell++) {
            int row = cell / 3 - 1;
            int column = cell % 3 - 1;
            cells[cell] =
                    switch (branch) {
                        case BranchSpec.Convolution(int height, int width, _, _) ->
                                Math.abs(row) <= height / 2 && Math.abs(column) <= width / 2;
                        case BranchSpec.Identity _ -> row == 0 && column == 0;
                        case BranchSpec.Dirac _ -> true;
                    };
        }
        return cells;
    }

    private String describeTrained() {
        List<String> branches =
                block.branches().stream()
                        .map(branch -> String.join(" and ", join(name(branch), tail(branch))))
                        .toList();
        return "Trained: "
                + String.join("; ", branches)
                + "; summed, then "
                + String.join(", ", after());
    }

    private static String described(List<String> after) {
        return "one 3x3 convolution with bias, then " + String.join(", ", after);
    }

    private static List<String> join(String first, List<String> others) {
        List<String> all = new ArrayList<>(List.of(first));
        all.addAll(others);
        return all;
    }

    private static void open(Html html, String kind, int width, int height, String description) {
        html.open(
                "svg",
                "class",
                "form " + kind,
                "viewBox",
                "0 0 " + width + " " + height,
                "style",
                "flex:" + width + " 1 0;max-width:" + width + "px",
                "role",
                "img",
                "aria-label",
                description);
    }

    private static void box(Html html, double x, double y, String name, boolean[] cells) {
        rectangle(html, "box", x - BOX / 2.0, y, BOX, BOX_HEIGHT, 6);
        double left = x - BOX / 2.0 + 8;
        for (int cell = 0; cell < cells.length; cell++) {
            rectangle(
                    html,
                    cells[cell] ? "cell on" : "cell",
                    left + cell % 3 * 6,
                    y + 8.5 + cell / 3 * 6,
                    5,
                    5,
                    1);
        }
        label(html, x + 12, y + 21.5, name, "name");
    }

    private static void pill(Html html, double x, double y, String name) {
        rectangle(html, "pill", x - PILL / 2.0, y, PILL, PILL_HEIGHT, PILL_HEIGHT / 2.0);
        label(html, x, y + 15, name, "name");
    }

    private static void rectangle(
            Html html, String kind, double x, double y, double width, double height, double r) {
        html.empty(
                "rect",
                "class",
                kind,
                "x",
                at(x),
                "y",
                at(y),
                "width",
                at(width),
                "height",
                at(height),
                "rx",
                at(r));
    }

    private static void line(Html html, double x1, double y1, double x2, double y2) {
        html.empty("line", "class", "wire", "x1", at(x1), "y1", at(y1), "x2", at(x2), "y2", at(y2));
    }

    private static void label(Html html, double x, double y, String text, String kind) {
        html.leaf("text", text, "class", kind, "text-anchor", "middle", "x", at(x), "y", at(y));
    }

    private static String at(double value) {
        return value == Math.rint(value) ? Integer.toString((int) value) : Double.toString(value);
    }
}
