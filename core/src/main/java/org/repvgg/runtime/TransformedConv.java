package org.repvgg.runtime;

import java.util.ArrayList;
import java.util.List;
import org.repvgg.kernel.Kernels;
import org.repvgg.kernel.PackedConv.Block;
import org.repvgg.kernel.TileBuffers;
import org.repvgg.kernel.WinogradTask;

/// A [WinogradTask] in pieces: some tiles by all channels, or by a part of them where there are
/// fewer runs of tiles than threads.
final class TransformedConv implements PlannedConv {
    private final WinogradTask task;
    private final List<List<Block>> parts;
    private final List<WinogradTask.Runner> runners = new ArrayList<>(); // of each thread

    /// @param images most that come
    /// @param buffers of each thread
    TransformedConv(Kernels kernels, WinogradTask task, int images, List<TileBuffers> buffers) {
        this.task = task;
        int threads = buffers.size();
        int runs = Math.ceilDiv(images * task.tiles(), task.capacity());
        this.parts = split(task.blocks(), runs >= threads ? 1 : Math.ceilDiv(threads, runs));
        for (TileBuffers own : buffers) {
            runners.add(task.new Runner(kernels, own));
        }
    }

    private static List<List<Block>> split(List<Block> blocks, int wanted) {
        int count = Math.min(wanted, blocks.size());
        List<List<Block>> parts = new ArrayList<>();
        for (int part = 0; part < count; part++) {
            int from = blocks.size() * part / count;
            int to = blocks.size() * (part + 1) / count;
            parts.add(blocks.subList(from, to));
        }
        return parts;
    }

    @Override
    public double work(int images) {
        return task.work(images) + ConvChoice.STREAM * task.weights();
    }

    @Override
    public int pieces(int images) {
        return Math.ceilDiv(images * task.tiles(), task.capacity()) * parts.size();
    }

    @Override
    public void run(int images, int piece, int thread) {
        int first = piece / parts.size() * task.capacity();
        int last = Math.min(images * task.tiles(), first + task.capacity());
        List<Block> blocks = parts.get(piece % parts.size());
        runners.get(thread).run(first, last, blocks);
    }
}
