package org.repvgg.train.java;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.repvgg.kernel.Kernels;
import org.repvgg.runtime.WorkerPool;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.Ranks;
import org.repvgg.train.TrainingEngine.Batch;
import org.repvgg.train.java.StepContext.Sizes;

/// Forward and backward through the whole network for one size of batch, with all its memory.
final class TrainingPass {
    private final Maps input;
    private final int channels;
    private final float[] x;
    private final List<TrainingBlock> blocks = new ArrayList<>();
    private final int frozenBlocks;
    private final TrainingHead head;
    private final @Nullable StepClock clock;

    /// @param norms whose images together make a batch to its norms
    /// @param images `[n,c,h,w]`, the largest batch that will come
    /// @param frozenBlocks at the beginning, which stay as they are and have no gradients
    TrainingPass(
            RepVggSpec spec,
            Parameters parameters,
            Kernels kernels,
            WorkerPool pool,
            @Nullable StepClock clock,
            Ranks norms,
            Shape images,
            int frozenBlocks) {
        this.clock = clock;
        this.frozenBlocks = frozenBlocks;
        int lanes = kernels.matrix().lanes();
        channels = images.dimension(1);
        input =
                new Maps(
                        images.dimension(2),
                        images.dimension(3),
                        Panels.padded(channels, lanes),
                        images.dimension(0));
        x = new float[input.size()];
        Sizes sizes = Sizes.NONE.withTransposed(TrainingHead.transposed(spec, lanes).size());
        int largest = 0;
        Maps maps = input;
        for (BlockSpec block : spec.blocks()) {
            sizes = sizes.max(TrainingBlock.sizes(block, maps, lanes));
            maps = TrainingBlock.output(block, maps, lanes);
            largest = Math.max(largest, maps.size());
        }
        var context = new StepContext(parameters, kernels, pool, clock, norms, sizes, frozenBlocks);
        // A block reads the gradient of its output from one and writes that of its input to the
        // other.
        float[][] gradients = {new float[largest], new float[largest]};
        maps = input;
        float[] in = x;
        for (int b = 0; b < spec.blocks().size(); b++) {
            float[] inGradient = b <= frozenBlocks ? null : gradients[(b + 1) % 2];
            var block = new TrainingBlock(context, spec, b, maps, in, gradients[b % 2], inGradient);
            blocks.add(block);
            maps = block.output();
            in = block.z();
        }
        int last = spec.blocks().size() - 1;
        float[] zGradient = last < frozenBlocks ? null : gradients[last % 2];
        head = new TrainingHead(context, spec, maps, in, zGradient);
    }

    /// Pixels of the last block's output.
    int lastPixels() {
        return blocks.getLast().output().pixels();
    }

    /// Whether a batch of this shape can be computed here.
    boolean fits(Shape images) {
        return images.dimension(0) <= input.images()
                && images.dimension(2) == input.height()
                && images.dimension(3) == input.width();
    }

    /// Leaves all gradients in the parameters; running statistics move.
    ///
    /// @param total images whose mean loss is differentiated: those of the batch, or more where it
    ///   is part of a step
    /// @param computed hears of every block, when it is done, from where on all gradients are there
    /// @return the sum of the cross-entropies
    double run(Batch batch, int total, IntConsumer computed) {
        int images = batch.count();
        forward(batch.images());
        double loss = head.step(batch.targets(), images, total);
        lap(Work.HEAD);
        for (TrainingBlock block : blocks.subList(frozenBlocks, blocks.size()).reversed()) {
            block.backward(images);
            computed.accept(block.gradientsAt());
        }
        return loss;
    }

    /// Through all blocks; running statistics move.
    void forward(Tensor tensor) {
        int images = tensor.shape().dimension(0);
        load(tensor, images);
        lap(Work.LOADING);
        for (TrainingBlock block : blocks) {
            block.forward(images);
        }
    }

    private void lap(Work work) {
        if (clock != null) {
            clock.lap(work);
        }
    }

    /// `[n,c,h,w]` → `[pixel][image][channel]`.
    private void load(Tensor tensor, int images) {
        float[] values = tensor.unsafeArray();
        int pixels = input.pixels();
        for (int n = 0; n < images; n++) {
            for (int c = 0; c < channels; c++) {
                int from = (n * channels + c) * pixels;
                int to = n * input.channels() + c;
                for (int p = 0; p < pixels; p++) {
                    x[p * input.plane() + to] = values[from + p];
                }
            }
        }
    }
}
