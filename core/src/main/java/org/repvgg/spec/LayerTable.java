package org.repvgg.spec;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.repvgg.tensor.Shape;

/// What a network is made of, layer by layer, counted without any weight: the table people know
/// from torchinfo.
///
/// Everything is counted for one image of `[channels,height,width]`.
///
/// - **Parameters** are what training changes: kernels, scales, shifts, biases. Running means and
///   variances are statistics and counted apart, and so is the batch counter every PyTorch batch
///   norm carries.
/// - **Multiply-adds** are those of convolutions and linear layers; norms, sums, ReLUs and pools
///   are not counted.
/// - **Activations** are the outputs of all layers in the table, 4 bytes each. Training keeps about
///   twice that, for the gradients (what torchinfo prints as "forward/backward pass size").
///
/// RepVGGplus's auxiliary heads exist for training only. They are listed, but the totals leave them
/// out.
///
/// @param spec the architecture
/// @param form which of its two lives
/// @param height of the image, pixels
/// @param width of the image, pixels
/// @param rows layers in order of execution
public record LayerTable(RepVggSpec spec, Form form, int height, int width, List<Row> rows) {
    private static final int BYTES_PER_FLOAT = 4;

    public LayerTable {
        rows = List.copyOf(rows);
    }

    /// One layer.
    ///
    /// @param place its name in a checkpoint: `stage1.0.rbr_dense.conv`
    /// @param kind what it is: `Conv2d 3x3 /2`
    /// @param output `[1,c,h,w]`, or `[1,classes]`
    /// @param parameters what training changes
    /// @param runningStatistics running means and variances
    /// @param counters `num_batches_tracked`, one a batch norm
    /// @param multiplyAdds of convolutions and linear layers
    /// @param auxiliary whether it belongs to an auxiliary head and is left out of the totals
    public record Row(
            String place,
            String kind,
            Shape output,
            long parameters,
            long runningStatistics,
            long counters,
            long multiplyAdds,
            boolean auxiliary) {}

    /// Counts a network.
    ///
    /// @throws IllegalArgumentException if the image is empty or too large for an array, or the
    ///   spec has no plain form
    public static LayerTable of(RepVggSpec spec, Form form, int height, int width) {
        checkArgument(
                height >= 1 && width >= 1,
                "an image has at least one pixel: height=%s, width=%s",
                height,
                width);
        return new LayerTable(spec, form, height, width, new Walk(spec, form).rows(height, width));
    }

    /// Trainable parameters, auxiliary heads left out.
    public long parameters() {
        return total(Row::parameters);
    }

    /// Parameters of the auxiliary heads alone.
    public long auxiliaryParameters() {
        return rows.stream().filter(Row::auxiliary).mapToLong(Row::parameters).sum();
    }

    /// Running means and variances.
    public long runningStatistics() {
        return total(Row::runningStatistics);
    }

    /// Batch counters, `num_batches_tracked`.
    public long counters() {
        return total(Row::counters);
    }

    public long multiplyAdds() {
        return total(Row::multiplyAdds);
    }

    /// Parameters at 4 bytes each.
    public long parameterBytes() {
        return parameters() * BYTES_PER_FLOAT;
    }

    /// Outputs of all layers at 4 bytes a number.
    public long activationBytes() {
        return total(row -> row.output().elements()) * BYTES_PER_FLOAT;
    }

    private long total(ToLongFunction<Row> count) {
        return rows.stream().filter(row -> !row.auxiliary()).mapToLong(count).sum();
    }

    /// One walk through the network, collecting rows.
    private static final class Walk {
        private final RepVggSpec spec;
        private final Form form;
        private final List<Row> rows = new ArrayList<>();

        Walk(RepVggSpec spec, Form form) {
            this.spec = spec;
            this.form = form;
        }

        List<Row> rows(int height, int width) {
            int h = height;
            int w = width;
            List<BlockSpec> blocks = spec.blocks();
            for (int index = 0; index < blocks.size(); index++) {
                BlockSpec block = blocks.get(index);
                h = block.outputSize(h);
                w = block.outputSize(w);
                block(ModuleNames.block(spec, index), index, block, Shape.of(1, block.out(), h, w));
                if (form == Form.TRAIN) {
                    auxiliaryAfter(index, block.out(), h, w);
                }
            }
            pool("gap", spec.features(), false);
            linear("linear", spec.features(), spec.classes(), false);
            return rows;
        }

        private void block(String place, int index, BlockSpec block, Shape output) {
            switch (form) {
                case TRAIN -> branches(place, index, block, output);
                case PLAIN -> plainConvolution(place, block, output);
            }
            SqueezeExciteSpec gain = block.squeezeExcite();
            if (gain == null) {
                free(place + ".nonlinearity", "ReLU", output);
                return;
            }
            switch (gain.placement()) {
                case BEFORE_RELU -> {
                    squeezeExcite(place + ".se", block.out(), gain.hidden(block.out()), output);
                    free(place + ".nonlinearity", "ReLU", output);
                }
                case AFTER_RELU -> {
                    free(place + ".nonlinearity", "ReLU", output);
                    squeezeExcite(
                            place + ".post_se", block.out(), gain.hidden(block.out()), output);
                }
            }
        }

        private void plainConvolution(String place, BlockSpec block, Shape output) {
            for (BranchSpec branch : block.branches()) {
                checkArgument(
                        branch.reach() == 0 && branch.tail() != BranchSpec.Tail.NORM_RELU,
                        "%s has no plain form: branch %s cannot be folded: %s",
                        spec.name(),
                        branch,
                        place);
            }
            long weights = 9L * block.out() * block.inPerGroup();
            rows.add(
                    new Row(
                            place + ".rbr_reparam",
                            convolutionKind(3, 3, block.stride(), block.groups()),
                            output,
                            weights + block.out(),
                            0,
                            0,
                            weights * pixels(output),
                            false));
        }

        private void branches(String place, int index, BlockSpec block, Shape output) {
            List<String> names = ModuleNames.branches(block);
            for (int b = 0; b < names.size(); b++) {
                BranchSpec branch = block.branches().get(b);
                String name = place + "." + names.get(b);
                RepVggSpec.BranchInput input = spec.branchInput(index, branch);
                switch (branch) {
                    case BranchSpec.Identity _ -> {
                        if (branch.hasNorm()) {
                            norm(name, output, false);
                        }
                    }
                    case BranchSpec.Convolution(int kernelHeight, int kernelWidth, _, _) ->
                            convolution(name, branch, input, output, kernelHeight, kernelWidth, 0);
                    case BranchSpec.Dirac _ ->
                            convolution(name, branch, input, output, 3, 3, 2L * block.out());
                }
                if (branch.tail() == BranchSpec.Tail.NORM_RELU) {
                    free(name + ".relu", "ReLU", output);
                }
            }
            if (block.postNorm()) {
                norm(place + ".bn", output, false);
            }
        }

        private void convolution(
                String name,
                BranchSpec branch,
                RepVggSpec.BranchInput input,
                Shape output,
                int kernelHeight,
                int kernelWidth,
                long scales) {
            int out = output.dimension(1);
            long weights =
                    (long) kernelHeight * kernelWidth * out * (input.channels() / input.groups());
            rows.add(
                    new Row(
                            name + ".conv",
                            convolutionKind(
                                    kernelHeight, kernelWidth, input.stride(), input.groups()),
                            output,
                            weights + scales,
                            0,
                            0,
                            weights * pixels(output),
                            false));
            if (branch.hasNorm()) {
                norm(name + ".bn", output, false);
            }
        }

        private void auxiliaryAfter(int index, int channels, int height, int width) {
            ModuleNames.auxiliaryHeads(spec)
                    .forEach(
                            (name, block) -> {
                                if (block == index) {
                                    auxiliary(name, channels, height, width);
                                }
                            });
        }

        private void auxiliary(String name, int channels, int height, int width) {
            Shape output = Shape.of(1, channels, (height + 1) / 2, (width + 1) / 2);
            long weights = 9L * channels * channels;
            long multiplyAdds = weights * pixels(output);
            rows.add(
                    new Row(
                            name + ".0.conv",
                            convolutionKind(3, 3, 2, 1),
                            output,
                            weights,
                            0,
                            0,
                            multiplyAdds,
                            true));
            norm(name + ".0.bn", output, true);
            rows.add(new Row(name + ".0.relu", "ReLU", output, 0, 0, 0, 0, true));
            pool(name + ".1", channels, true);
            linear(name + ".3", channels, spec.classes(), true);
        }

        private void squeezeExcite(String name, int channels, int hidden, Shape output) {
            long weights = (long) channels * hidden;
            rows.add(
                    new Row(
                            name + ".down",
                            "Conv2d 1x1",
                            Shape.of(1, hidden, 1, 1),
                            weights + hidden,
                            0,
                            0,
                            weights,
                            false));
            rows.add(
                    new Row(
                            name + ".up",
                            "Conv2d 1x1",
                            Shape.of(1, channels, 1, 1),
                            weights + channels,
                            0,
                            0,
                            weights,
                            false));
            free(name, "Gain", output);
        }

        private void norm(String name, Shape output, boolean auxiliary) {
            long channels = output.dimension(1);
            rows.add(
                    new Row(
                            name,
                            "BatchNorm2d",
                            output,
                            2 * channels,
                            2 * channels,
                            1,
                            0,
                            auxiliary));
        }

        private void free(String name, String kind, Shape output) {
            rows.add(new Row(name, kind, output, 0, 0, 0, 0, false));
        }

        private void pool(String name, int channels, boolean auxiliary) {
            rows.add(
                    new Row(
                            name,
                            "AdaptiveAvgPool2d",
                            Shape.of(1, channels, 1, 1),
                            0,
                            0,
                            0,
                            0,
                            auxiliary));
        }

        private void linear(String name, int in, int out, boolean auxiliary) {
            long weights = (long) in * out;
            rows.add(
                    new Row(
                            name,
                            "Linear",
                            Shape.of(1, out),
                            weights + out,
                            0,
                            0,
                            weights,
                            auxiliary));
        }

        private static long pixels(Shape output) {
            return (long) output.dimension(2) * output.dimension(3);
        }
    }

    private static String convolutionKind(int height, int width, int stride, int groups) {
        return "Conv2d %dx%d%s%s"
                .formatted(
                        height,
                        width,
                        stride == 1 ? "" : " /" + stride,
                        groups == 1 ? "" : " g" + groups);
    }
}
