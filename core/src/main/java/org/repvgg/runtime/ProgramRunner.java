package org.repvgg.runtime;

import static org.repvgg.tensor.Checks.checkArgument;

import org.repvgg.kernel.FeatureMaps;
import org.repvgg.runtime.Classifier.BlockObserver;
import org.repvgg.runtime.Lanes.Lane;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Runs a [Program] on batches of any size, chunk by chunk.
final class ProgramRunner implements AutoCloseable {
    /// Feature maps of a chunk: enough images to fill register tiles and threads, few enough to
    /// stay near the caches.
    static final double CHUNK_BYTES = 64e6;

    private final Program program;
    private final Lanes lanes;

    ProgramRunner(Program program, int threads) {
        this(program, threads, CHUNK_BYTES);
    }

    ProgramRunner(Program program, int threads, double chunkBytes) {
        this(program, new Lanes(program, chunkBytes, threads));
    }

    private ProgramRunner(Program program, Lanes lanes) {
        this.program = program;
        this.lanes = lanes;
    }

    static ProgramRunner of(Program program, RuntimeOptions options) {
        int widest = options.oneEach() ? 1 : options.threads();
        return new ProgramRunner(
                program, new Lanes(program, CHUNK_BYTES, options.threads(), widest));
    }

    /// See [Classifier#logits(Tensor, BlockObserver)].
    Tensor logits(Tensor images, BlockObserver observer) {
        Shape shape = images.shape();
        int channels = program.registers().getFirst().channels();
        checkArgument(
                shape.rank() == 4 && shape.dimension(1) == channels,
                "images are %s, the network wants [n,%s,h,w]",
                shape,
                channels);
        checkArgument(
                shape.elements() > 0, "images are %s: every extent must be at least 1", shape);
        Lane lane = lanes.enter();
        try {
            return run(lane, images, ObservedBlocks.of(observer, shape.dimension(0)));
        } finally {
            lanes.leave(lane);
        }
    }

    private Tensor run(Lane lane, Tensor images, ObservedBlocks observed) {
        int count = images.shape().dimension(0);
        int height = images.shape().dimension(2);
        int width = images.shape().dimension(3);
        int chunk = lane.workspaces.chunk(count, height, width);
        Workspace workspace = lane.workspaces.get(chunk, height, width);
        float[] logits = new float[Math.multiplyExact(count, program.classes())];
        for (int first = 0; first < count; first += chunk) {
            int size = Math.min(chunk, count - first);
            workspace.runner().run(images, first, size, observed);
            FeatureMaps answer = workspace.maps(program.output());
            int floats = size * program.classes();
            System.arraycopy(answer.unsafeArray(), 0, logits, first * program.classes(), floats);
        }
        return Tensor.ofOwned(Shape.of(count, program.classes()), logits);
    }

    /// Waits for the passes under way, then ends the threads.
    @Override
    public void close() {
        lanes.close();
    }
}
