package org.repvgg.train.java;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.repvgg.kernel.Activation;
import org.repvgg.kernel.ChannelKernels;
import org.repvgg.kernel.MatrixKernels.Rows;
import org.repvgg.kernel.TrainingKernels;
import org.repvgg.kernel.Winograd;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.ModuleNames;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.java.StepContext.Sizes;

/// One block in training: `z = relu(Σ norm(conv(x)) + norm(x))` (paper section 3.1), and its
/// gradients.
///
/// Backward, with `g` the gradient of `z`:
///
/// 1. `g = z > 0 ? g : 0`, the gradient of every norm's output;
/// 2. sums of `g` and of `g * y` per channel give the gradients of the norms' weights and biases;
/// 3. `dy = a g + b y + c` per channel, the gradient before each norm, see [BatchStatistics];
/// 4. `dX` from all branches together, and `dW` of each convolution, see [ConvolutionBranch].
final class TrainingBlock {
    /// Images of a piece of what is done element by element.
    private static final int ROWS = 32;

    private final ChannelKernels channel;
    private final TrainingKernels training;
    private final Maps input;
    private final Maps output;
    private final int chunks;

    private final List<ConvolutionBranch> convolutions = new ArrayList<>();
    private @Nullable BatchStatistics identity;

    /// Maps of the input; of every convolution, one after the other, and later their gradients; of
    /// the output.
    private final float[] x;

    private final float[] y;
    private final float[] z;

    /// Gradients of the maps of the output, and of the input if anybody wants it.
    private final float[] zGradient;

    private final float @Nullable [] xGradient;

    /// Sums of the input, `[pixel][channel]`.
    private final float[] xSums;

    private final float[] xSquares;

    /// Sums of `g`, `[pixel][chunk][channel]`; of `g * y`, likewise for each convolution, then the
    /// identity.
    private final float[] gradientSums;

    private final List<float[]> products = new ArrayList<>();

    private final BlockPhases phases;

    /// @param input of `x`
    /// @param zGradient where the gradient of the output will be; overwritten
    /// @param xGradient where to leave that of the input, or null for nowhere
    TrainingBlock(
            StepContext context,
            RepVggSpec spec,
            int index,
            Maps input,
            float[] x,
            float[] zGradient,
            float @Nullable [] xGradient) {
        BlockSpec block = spec.blocks().get(index);
        this.channel = context.kernels.channel();
        this.training = context.training;
        this.input = input;
        this.output = output(block, input, context.lanes());
        this.chunks = Math.ceilDiv(output.images(), ROWS);
        this.x = x;
        this.y = new float[Math.multiplyExact(output.size(), convolutions(block))];
        this.z = new float[output.size()];
        this.zGradient = zGradient;
        this.xGradient = xGradient;
        for (int b = 0; b < block.branches().size(); b++) {
            addBranch(context, spec, index, b);
        }
        this.xSums = new float[identity == null ? 0 : input.pixels() * input.channels()];
        this.xSquares = xSums.clone();
        this.gradientSums = new float[output.pixels() * chunks * output.channels()];
        for (int b = 0; b < block.branches().size(); b++) {
            products.add(gradientSums.clone());
        }
        this.phases = BlockPhases.on(context.pool);
        plan();
        if (xGradient != null) {
            planInputGradient(context, block, new Operand(input, xGradient, 0));
        }
    }

    /// The maps of a block's output.
    static Maps output(BlockSpec block, Maps input, int lanes) {
        return new Maps(
                block.outputSize(input.height()),
                block.outputSize(input.width()),
                Panels.padded(block.out(), lanes),
                input.images());
    }

    /// What a block takes of the memory that all share.
    static Sizes sizes(BlockSpec block, Maps input, int lanes) {
        int taps = 0;
        Sizes sizes = Sizes.NONE;
        for (int b = 0; b < block.branches().size(); b++) {
            if (block.branches().get(b) instanceof BranchSpec.Convolution shape) {
                Optional<Winograd> algorithm = algorithm(block, b, input);
                taps += algorithm.map(Winograd::positions).orElse(shape.height() * shape.width());
                if (algorithm.isPresent()) {
                    Maps output = output(block, input, lanes);
                    sizes = TransformedBranch.sizes(algorithm.get(), block, input, output, lanes);
                }
            }
        }
        return sizes.withTransposed(transposed(taps, block, lanes).size());
    }

    /// How branch `index` is computed; empty for a [DirectBranch]. Only the first that pays is a
    /// [TransformedBranch], for it adds to the input's gradient.
    private static Optional<Winograd> algorithm(BlockSpec block, int index, Maps input) {
        for (int b = 0; b < block.branches().size(); b++) {
            if (block.branches().get(b) instanceof BranchSpec.Convolution shape) {
                Optional<Winograd> algorithm = TransformedBranch.algorithm(block, shape, input);
                if (algorithm.isPresent()) {
                    return b == index ? algorithm : Optional.empty();
                }
            }
        }
        return Optional.empty();
    }

    /// The kernels of all branches, inputs and outputs exchanged.
    private static Panels transposed(int taps, BlockSpec block, int lanes) {
        return new Panels(taps, block.out(), block.in(), lanes);
    }

    private static int convolutions(BlockSpec block) {
        return (int)
                block.branches().stream().filter(BranchSpec.Convolution.class::isInstance).count();
    }

    private void addBranch(StepContext context, RepVggSpec spec, int index, int b) {
        BlockSpec block = spec.blocks().get(index);
        String name = ModuleNames.block(spec, index) + "." + ModuleNames.branches(block).get(b);
        if (block.branches().get(b) instanceof BranchSpec.Convolution shape) {
            Operand from = new Operand(input, x, 0);
            Operand to = new Operand(output, y, yAt(convolutions.size()));
            convolutions.add(
                    algorithm(block, b, input)
                            .<ConvolutionBranch>map(
                                    algorithm ->
                                            new TransformedBranch(
                                                    context, algorithm, name, block, from, to))
                            .orElseGet(
                                    () -> new DirectBranch(context, name, block, shape, from, to)));
        } else {
            identity = new BatchStatistics(context.parameters, name, block.out(), output);
        }
    }

    Maps output() {
        return output;
    }

    /// The maps of the output.
    float[] z() {
        return z;
    }

    private void plan() {
        for (ConvolutionBranch branch : convolutions) {
            branch.plan(phases);
        }
        if (identity != null) {
            for (int pixel = 0; pixel < input.pixels(); pixel++) {
                int own = pixel;
                phases.convolve().add(images -> sumInput(own, images));
            }
        }
        for (int pixel = 0; pixel < output.pixels(); pixel++) {
            for (int chunk = 0; chunk < chunks; chunk++) {
                int own = pixel;
                int part = chunk;
                phases.add().add(images -> add(own, part, images));
                phases.gather().add(images -> gather(own, part, images));
                phases.differentiate().add(images -> differentiate(own, part, images));
            }
        }
    }

    /// `dX` of what is summed over all branches, added to the identity's part. The kernels are laid
    /// out for it while step 3 runs.
    private void planInputGradient(StepContext context, BlockSpec block, Operand target) {
        int taps = convolutions.stream().mapToInt(ConvolutionBranch::taps).sum();
        Panels transposed = transposed(taps, block, context.lanes());
        var byInput = new Segments(input.pixels());
        int firstTap = 0;
        for (ConvolutionBranch branch : convolutions) {
            branch.planInputGradient(phases, transposed, firstTap, byInput, target);
            firstTap += branch.taps();
        }
        Products.planInputGradient(
                context.matrix,
                phases.multiply(),
                new Rows(y, output.channels()),
                byInput,
                context.transposed,
                transposed,
                target,
                identity != null);
    }

    /// Reads the input, writes the output.
    void forward(int images) {
        phases.prepare().run(images);
        phases.convolve().run(images);
        phases.complete().run(images);
        for (ConvolutionBranch branch : convolutions) {
            branch.normalise(images);
        }
        if (identity != null) {
            identity.normalise(xSums, xSquares, input.pixels(), (long) input.pixels() * images);
        }
        phases.add().run(images);
    }

    /// Reads the output's gradient, which it overwrites; writes the gradients of the input and of
    /// the weights.
    void backward(int images) {
        phases.gather().run(images); // steps 1 and 2
        int pieces = output.pixels() * chunks;
        long count = (long) output.pixels() * images;
        double[] sums = BatchStatistics.total(gradientSums, pieces, output.channels());
        for (int b = 0; b < convolutions.size(); b++) {
            convolutions.get(b).norm().differentiate(sums, products.get(b), pieces, count);
        }
        if (identity != null) {
            identity.differentiate(sums, products.getLast(), pieces, count);
        }
        phases.differentiate().run(images); // step 3
        phases.spread().run(images);
        phases.multiply().run(images); // step 4, in three phases
        phases.collect().run(images);
    }

    private void sumInput(int pixel, int images) {
        training.moments(
                new Rows(x, input.channels()),
                pixel * input.plane(),
                images,
                input.channels(),
                xSums,
                xSquares,
                pixel * input.channels());
    }

    /// `z = relu(Σ scale * y + shift)` of one chunk of a pixel's images.
    private void add(int pixel, int chunk, int images) {
        int rows = rows(chunk, images);
        int at = at(pixel, chunk);
        int width = output.channels();
        boolean first = true;
        for (int b = 0; b < convolutions.size(); b++) {
            addAffine(y, yAt(b) + at, convolutions.get(b).norm(), at, rows, first);
            first = false;
        }
        if (identity != null) {
            addAffine(x, at, identity, at, rows, first);
        }
        channel.relu(z, at, rows * width);
    }

    private void addAffine(
            float[] from, int fromAt, BatchStatistics norm, int at, int rows, boolean first) {
        int width = output.channels();
        Activation none = Activation.NONE;
        if (first) {
            channel.affine(from, fromAt, norm.scale, norm.shift, none, z, at, rows, width);
        } else {
            channel.addAffine(from, fromAt, norm.scale, norm.shift, none, z, at, rows, width);
        }
    }

    /// Steps 1 and 2 for one chunk of a pixel's images.
    private void gather(int pixel, int chunk, int images) {
        int rows = rows(chunk, images);
        int at = at(pixel, chunk);
        int width = output.channels();
        int sumsAt = (pixel * chunks + chunk) * width;
        training.rectify(zGradient, at, z, at, rows * width);
        training.sums(zGradient, at, rows, width, gradientSums, sumsAt);
        for (int b = 0; b < convolutions.size(); b++) {
            training.products(zGradient, at, y, yAt(b) + at, rows, width, products.get(b), sumsAt);
        }
        if (identity != null) {
            training.products(zGradient, at, x, at, rows, width, products.getLast(), sumsAt);
        }
    }

    /// Step 3 for one chunk of a pixel's images: convolutions in the place of `Y`, the identity as
    /// the first part of the input's gradient.
    private void differentiate(int pixel, int chunk, int images) {
        int rows = rows(chunk, images);
        int at = at(pixel, chunk);
        for (int b = 0; b < convolutions.size(); b++) {
            int yAt = yAt(b) + at;
            combine(convolutions.get(b).norm(), at, y, yAt, y, yAt, rows);
        }
        if (identity != null && xGradient != null) {
            combine(identity, at, x, at, xGradient, at, rows);
        }
    }

    private void combine(
            BatchStatistics norm,
            int at,
            float[] values,
            int valuesAt,
            float[] target,
            int targetAt,
            int rows) {
        training.combine(
                zGradient,
                at,
                norm.fromGradient,
                values,
                valuesAt,
                norm.fromValue,
                norm.constant,
                target,
                targetAt,
                rows,
                output.channels());
    }

    private int yAt(int convolution) {
        return convolution * output.size();
    }

    private int at(int pixel, int chunk) {
        return pixel * output.plane() + chunk * ROWS * output.channels();
    }

    /// Images in a chunk; none where the batch is smaller than the maps.
    private static int rows(int chunk, int images) {
        return Math.clamp(images - chunk * ROWS, 0, ROWS);
    }
}
