package org.repvgg.train.java;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.repvgg.kernel.ChannelKernels;
import org.repvgg.kernel.MatrixKernels.Rows;
import org.repvgg.kernel.TrainingKernels;
import org.repvgg.kernel.Winograd;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.BranchSpec.Tail;
import org.repvgg.spec.ModuleNames;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.java.StepContext.Sizes;

/// One block in training, `z = relu(Σ norm(conv(x)) + norm(x))` (paper section 3.1), perhaps with a
/// norm behind the sum, and its gradients.
///
/// Backward, with `g` the gradient of `z`:
///
/// 1. `g = z > 0 ? g : 0`, the gradient of the sum, or of the norm behind it, whose own gradient
///    [ChannelMap] has;
/// 2. sums of `g` and of `g * y` per channel give the gradients of every branch's norm;
/// 3. `dy = a g + b y + c` per channel, the gradient before each norm, see [BranchEnd];
/// 4. `dX` from all branches together, and `dW` of each convolution, see [ConvolutionBranch].
final class TrainingBlock {
    /// Images of a piece of what is done element by element.
    private static final int ROWS = 32;

    private final ChannelKernels channel;
    private final TrainingKernels training;

    /// Whether norms go by their running statistics and nothing goes backward.
    private final boolean frozen;

    private final Maps input;
    private final Maps output;
    private final int chunks;

    private final List<ConvolutionBranch> convolutions = new ArrayList<>();

    /// Ends of the convolutions, in their order.
    private final List<BranchEnd> ends = new ArrayList<>();

    private @Nullable BranchEnd identity;

    /// The norm behind the sum.
    private final @Nullable BranchEnd postNorm;

    /// What the norms of all branches add up over ranks, and that behind the sum.
    private final NormSums branchSums;

    private final NormSums postSums;

    private final int gradientsAt;

    /// Maps of the input; of every convolution, one after the other, and later their gradients; of
    /// the sum; of the output. The last two are one without a norm in between.
    private final float[] x;

    private final float[] y;
    private final float[] sum;
    private final float[] z;

    /// Gradients of the maps of the output, and of the input if anybody wants it.
    private final float[] zGradient;

    private final float @Nullable [] xGradient;

    /// Sums of the input, `[pixel][channel]`.
    private final float[] xSums;

    private final float[] xSquares;

    /// Sums of the sum of branches, `[pixel][chunk][channel]`.
    private final float[] sumSums;

    private final float[] sumSquares;

    /// Sums of `g`, likewise.
    private final float[] gradientSums;

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
        this.frozen = index < context.frozenBlocks;
        this.input = input;
        this.output = output(block, input, context.lanes());
        this.chunks = Math.ceilDiv(output.images(), ROWS);
        this.x = x;
        this.y = new float[Math.multiplyExact(output.size(), convolutions(block))];
        this.z = new float[output.size()];
        this.sum = block.postNorm() ? new float[output.size()] : z;
        this.zGradient = zGradient;
        this.xGradient = xGradient;
        this.gradientsAt = context.parameters.firstOf(ModuleNames.block(spec, index));
        this.branchSums = new NormSums(context.norms);
        this.postSums = new NormSums(context.norms);
        for (int b = 0; b < block.branches().size(); b++) {
            addBranch(context, spec, index, b);
        }
        this.postNorm = block.postNorm() ? postNorm(context, spec, index) : null;
        this.xSums = new float[identity == null ? 0 : input.pixels() * input.channels()];
        this.xSquares = xSums.clone();
        this.gradientSums = new float[output.pixels() * chunks * output.channels()];
        this.sumSums = new float[postNorm == null ? 0 : gradientSums.length];
        this.sumSquares = sumSums.clone();
        this.phases = BlockPhases.on(context);
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
        BranchSpec branch = block.branches().get(b);
        String name = ModuleNames.block(spec, index) + "." + ModuleNames.branches(block).get(b);
        Operand from = new Operand(input, x, 0);
        if (branch instanceof BranchSpec.Convolution shape) {
            Operand to = new Operand(output, y, convolutions.size() * output.size());
            ChannelMap map = map(context, name + ".bn", block, branch);
            convolutions.add(
                    algorithm(block, b, input)
                            .<ConvolutionBranch>map(
                                    algorithm ->
                                            new TransformedBranch(
                                                    context, algorithm, name, block, from, to, map))
                            .orElseGet(
                                    () ->
                                            new DirectBranch(
                                                    context, name, block, shape, from, to, map)));
            ends.add(end(context, to, map, branch.tail()));
        } else {
            identity = end(context, from, map(context, name, block, branch), branch.tail());
        }
    }

    private ChannelMap map(StepContext context, String norm, BlockSpec block, BranchSpec branch) {
        return branch.hasNorm()
                ? norm(context, norm, block.out(), branchSums)
                : new NoNorm(block.out(), output.channels());
    }

    private ChannelMap norm(StepContext context, String name, int channels, NormSums sums) {
        return frozen
                ? new RunningStatistics(context.parameters, name, channels, output)
                : new BatchStatistics(context.parameters, sums, name, channels, output);
    }

    private BranchEnd end(StepContext context, Operand v, ChannelMap map, Tail tail) {
        return new BranchEnd(context, v, map, tail == Tail.NORM_RELU, output.pixels() * chunks);
    }

    private BranchEnd postNorm(StepContext context, RepVggSpec spec, int index) {
        String name = ModuleNames.block(spec, index) + ".bn";
        int channels = spec.blocks().get(index).out();
        ChannelMap map = norm(context, name, channels, postSums);
        return end(context, new Operand(output, sum, 0), map, Tail.NORM);
    }

    Maps output() {
        return output;
    }

    /// Where the gradients of its weights begin.
    int gradientsAt() {
        return gradientsAt;
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
                planChunk(pixel, chunk);
            }
        }
    }

    private void planChunk(int pixel, int chunk) {
        phases.add().add(images -> add(pixel, chunk, images));
        phases.gather().add(images -> gather(pixel, chunk, images));
        phases.differentiate().add(images -> differentiate(pixel, chunk, images));
        if (postNorm != null) {
            phases.activate().add(images -> activate(postNorm, pixel, chunk, images));
            phases.rectify().add(images -> rectify(postNorm, pixel, chunk, images));
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
        normalise(images);
        phases.add().run(images);
        if (postNorm != null) {
            postNorm.map().takeSums(sumSums, sumSquares, pieces());
            postSums.addUp(count(images));
            postNorm.map().normalise();
            phases.activate().run(images);
        }
    }

    private void normalise(int images) {
        convolutions.forEach(ConvolutionBranch::takeSums);
        if (identity != null) {
            identity.map().takeSums(xSums, xSquares, input.pixels());
        }
        branchSums.addUp(count(images));
        ends.forEach(end -> end.map().normalise());
        if (identity != null) {
            identity.map().normalise();
        }
    }

    /// Reads the output's gradient, which it overwrites; writes the gradients of the input and of
    /// the weights.
    void backward(int images) {
        if (postNorm != null) {
            phases.rectify().run(images);
            postNorm.takeGradientSums(gradientSums, pieces());
            postSums.addUp(count(images));
            postNorm.map().differentiate();
        }
        phases.gather().run(images); // steps 1 and 2
        differentiate(images);
        phases.differentiate().run(images); // step 3
        phases.spread().run(images);
        phases.multiply().run(images); // step 4, in three phases
        phases.collect().run(images);
    }

    /// Between steps 2 and 3.
    private void differentiate(int images) {
        ends.forEach(end -> end.takeGradientSums(gradientSums, pieces()));
        if (identity != null) {
            identity.takeGradientSums(gradientSums, pieces());
        }
        branchSums.addUp(count(images));
        ends.forEach(end -> end.map().differentiate());
        if (identity != null) {
            identity.map().differentiate();
        }
    }

    /// Values a channel.
    private long count(int images) {
        return (long) output.pixels() * images;
    }

    /// That sums of the output come in.
    private int pieces() {
        return output.pixels() * chunks;
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

    /// The sum of branches of one chunk of a pixel's images, and its ReLU or its moments.
    private void add(int pixel, int chunk, int images) {
        int rows = rows(chunk, images);
        int at = at(pixel, chunk);
        boolean first = true;
        for (BranchEnd end : ends) {
            end.add(sum, at, rows, first);
            first = false;
        }
        if (identity != null) {
            identity.add(sum, at, rows, first);
        }
        int width = output.channels();
        if (postNorm == null) {
            channel.relu(z, at, rows * width);
        } else {
            int sumsAt = sumsAt(pixel, chunk);
            training.moments(new Rows(sum, width), at, rows, width, sumSums, sumSquares, sumsAt);
        }
    }

    private void activate(BranchEnd norm, int pixel, int chunk, int images) {
        int rows = rows(chunk, images);
        int at = at(pixel, chunk);
        norm.add(z, at, rows, true);
        channel.relu(z, at, rows * output.channels());
    }

    /// The gradient of a norm behind the sum, for one chunk of a pixel's images.
    private void rectify(BranchEnd norm, int pixel, int chunk, int images) {
        int rows = rows(chunk, images);
        int at = at(pixel, chunk);
        int width = output.channels();
        int sumsAt = sumsAt(pixel, chunk);
        training.rectify(zGradient, at, z, at, rows * width);
        training.sums(zGradient, at, rows, width, gradientSums, sumsAt);
        norm.gather(zGradient, at, rows, sumsAt);
    }

    /// The rest of step 1, and step 2, for one chunk of a pixel's images.
    private void gather(int pixel, int chunk, int images) {
        int rows = rows(chunk, images);
        int at = at(pixel, chunk);
        int width = output.channels();
        int sumsAt = sumsAt(pixel, chunk);
        if (postNorm == null) {
            training.rectify(zGradient, at, z, at, rows * width);
        } else {
            postNorm.combine(zGradient, zGradient, at, at, rows);
        }
        training.sums(zGradient, at, rows, width, gradientSums, sumsAt);
        for (BranchEnd end : ends) {
            end.gather(zGradient, at, rows, sumsAt);
        }
        if (identity != null) {
            identity.gather(zGradient, at, rows, sumsAt);
        }
    }

    /// Step 3 for one chunk of a pixel's images: convolutions in the place of `Y`, the identity as
    /// the first part of the input's gradient.
    private void differentiate(int pixel, int chunk, int images) {
        int rows = rows(chunk, images);
        int at = at(pixel, chunk);
        for (BranchEnd end : ends) {
            end.combine(zGradient, at, rows);
        }
        if (identity != null && xGradient != null) {
            identity.combine(zGradient, xGradient, at, at, rows);
        }
    }

    private int at(int pixel, int chunk) {
        return pixel * output.plane() + chunk * ROWS * output.channels();
    }

    private int sumsAt(int pixel, int chunk) {
        return (pixel * chunks + chunk) * output.channels();
    }

    /// Images in a chunk; none where the batch is smaller than the maps.
    private static int rows(int chunk, int images) {
        return Math.clamp(images - chunk * ROWS, 0, ROWS);
    }
}
