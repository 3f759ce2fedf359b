package org.repvgg.runtime;

import java.util.ArrayDeque;
import java.util.Deque;
import org.repvgg.tensor.Shape;

/// Workspaces of the image sizes seen last, within a budget of memory.
final class WorkspaceCache {
    /// Bytes of all workspaces of a runtime, if callers come one by one.
    static final double BUDGET_BYTES = 256e6;

    private final Program program;
    private final double chunkBytes;
    private final double budget;
    private final WorkerPool pool;
    private Asked lastAsked = new Asked(0, 0, 0, 0);
    private final Deque<Workspace> recent = new ArrayDeque<>(); // last used first

    /// @param chunkBytes most bytes in one pass
    /// @param budget most bytes of all workspaces kept; one that a pass needs may exceed it
    /// @param pool threads that share a pass
    WorkspaceCache(Program program, double chunkBytes, double budget, WorkerPool pool) {
        this.program = program;
        this.chunkBytes = chunkBytes;
        this.budget = budget;
        this.pool = pool;
    }

    /// What [#chunk] answered last: callers tend to ask the same again.
    private record Asked(int images, int height, int width, int chunk) {
        boolean matches(int otherImages, int otherHeight, int otherWidth) {
            return images == otherImages && height == otherHeight && width == otherWidth;
        }
    }

    /// Images of this size that go through together: the next power of two, or as many as the
    /// budget holds, at least one. It follows from the arguments alone, for it decides how answers
    /// round.
    int chunk(int images, int height, int width) {
        if (!lastAsked.matches(images, height, width)) {
            lastAsked = new Asked(images, height, width, newChunk(images, height, width));
        }
        return lastAsked.chunk;
    }

    private int newChunk(int images, int height, int width) {
        double fit = chunkBytes / Workspace.bytesPerImage(program, height, width);
        double wanted = Math.scalb(1.0, Integer.SIZE - Integer.numberOfLeadingZeros(images - 1));
        return (int) Math.max(1, Math.min(wanted, fit));
    }

    /// [#chunk] for a runtime's own memory, of images `[n,c,h,w]`.
    static int chunk(Program program, Shape images, WorkerPool pool) {
        return new WorkspaceCache(program, ProgramRunner.CHUNK_BYTES, 0, pool)
                .chunk(images.dimension(0), images.dimension(2), images.dimension(3));
    }

    /// A workspace for `images` images of this size.
    Workspace get(int images, int height, int width) {
        for (Workspace workspace : recent) {
            if (workspace.height == height
                    && workspace.width == width
                    && workspace.capacity == images) {
                recent.remove(workspace);
                recent.push(workspace);
                return workspace;
            }
        }
        double bytes = images * Workspace.bytesPerImage(program, height, width);
        makeRoom(budget - bytes);
        Workspace workspace;
        synchronized (program) { // packs weights, which all workspaces share
            workspace = new Workspace(program, height, width, images, pool);
        }
        recent.push(workspace);
        return workspace;
    }

    /// Forgets the workspaces used longest ago until the rest take no more than `bytes`.
    private void makeRoom(double bytes) {
        double kept = recent.stream().mapToDouble(Workspace::bytes).sum();
        while (!recent.isEmpty() && kept > bytes) {
            kept -= recent.removeLast().bytes();
        }
    }

    void clear() {
        recent.clear();
    }
}
