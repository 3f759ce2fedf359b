package org.repvgg.runtime;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.concurrent.locks.ReentrantLock;
import org.repvgg.kernel.FeatureMaps;
import org.repvgg.runtime.Classifier.BlockObserver;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Runs a [Program] on batches of any size: chunk by chunk, one pass at a time, each on all
/// threads.
final class ProgramRunner implements AutoCloseable {
    /// Feature maps of a chunk: enough images to fill register tiles and threads, few enough to
    /// stay near the caches.
    private static final double CHUNK_BYTES = 64e6;

    private final Program program;
    private final WorkerPool pool;
    private final WorkspaceCache workspaces;
    private final ReentrantLock pass = new ReentrantLock(true);
    private boolean closed;

    ProgramRunner(Program program, int threads) {
        this(program, threads, CHUNK_BYTES);
    }

    ProgramRunner(Program program, int threads, double chunkBytes) {
        this.program = program;
        this.pool = new WorkerPool(threads);
        this.workspaces = new WorkspaceCache(program, chunkBytes, threads);
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
        if (pass.isHeldByCurrentThread()) {
            throw new IllegalStateException("an observer may not call the network it observes");
        }
        pass.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the classifier is closed");
            }
            return run(images, new ObservedBlocks(observer, shape.dimension(0)));
        } finally {
            pass.unlock();
        }
    }

    private Tensor run(Tensor images, ObservedBlocks observed) {
        int count = images.shape().dimension(0);
        int height = images.shape().dimension(2);
        int width = images.shape().dimension(3);
        int chunk = workspaces.chunk(count, height, width);
        Workspace workspace = workspaces.get(chunk, height, width);
        float[] logits = new float[Math.multiplyExact(count, program.classes())];
        for (int first = 0; first < count; first += chunk) {
            int size = Math.min(chunk, count - first);
            read(images, first, workspace.maps(0), size);
            new StepRunner(program, workspace, pool, first, size).run(observed);
            FeatureMaps answer = workspace.maps(program.output());
            int floats = size * program.classes();
            System.arraycopy(answer.unsafeArray(), 0, logits, first * program.classes(), floats);
        }
        return Tensor.ofOwned(Shape.of(count, program.classes()), logits);
    }

    /// Copies images in: planes become channels last.
    private void read(Tensor images, int first, FeatureMaps maps, int size) {
        int height = maps.height();
        int plane = height * maps.width();
        float[] planes = images.unsafeArray();
        Rows.run(
                pool,
                size * height,
                maps.width() * maps.channels(),
                (from, to) -> {
                    for (int row = from; row < to; row++) {
                        int image = row / height;
                        int y = row % height;
                        int at = (first + image) * maps.channels() * plane + y * maps.width();
                        maps.readRow(planes, at, plane, image, y);
                    }
                });
    }

    /// Waits for the pass under way, then ends the threads.
    @Override
    public void close() {
        pass.lock();
        try {
            closed = true;
            workspaces.clear();
            pool.close();
        } finally {
            pass.unlock();
        }
    }
}
