package org.repvgg.runtime;

import java.util.ArrayList;
import java.util.List;
import org.repvgg.kernel.ConvKernels;
import org.repvgg.kernel.ConvPlan.Region;
import org.repvgg.kernel.ConvShape;
import org.repvgg.kernel.ConvTask;
import org.repvgg.kernel.PackedConv.Block;

/// A [ConvTask] in pieces: some pixels by a block of channels.
///
/// Pixels outside, blocks inside: neighbours share their input, and every block's weights stay
/// cached for a while.
final class DirectConv implements PlannedConv {
    private static final int PIECES_PER_THREAD = 4;

    /// Bytes of input that one piece reads, so that it stays in the cache for all its blocks of
    /// channels.
    private static final int PIECE_BYTES = 512 * 1024;

    /// Pieces are a multiple of this many pixels: a multiple of the register tiles' 5, 6 and 8.
    private static final int PIXEL_STEP = 120;

    /// The multiple where that would leave threads without work.
    private static final int SMALL_STEP = 5;

    private final ConvKernels kernels;
    private final ConvTask task;
    private final int threads;
    private int planned; // images that the pieces are for
    private List<Piece> pieces = List.of();

    DirectConv(ConvKernels kernels, ConvTask task, int threads) {
        this.kernels = kernels;
        this.task = task;
        this.threads = threads;
    }

    /// Output channels of `block` at pixels `[from,to)` of `region`.
    private record Piece(Region region, Block block, int from, int to) {}

    @Override
    public double work(int images) {
        double terms = 0;
        for (Region region : task.regions()) {
            terms += (double) images * region.perImage() * region.terms();
        }
        ConvShape shape = task.conv().shape();
        return (terms + ConvChoice.STREAM * shape.terms()) * shape.out();
    }

    @Override
    public int pieces(int images) {
        if (planned != images) {
            pieces = cut(images);
            planned = images;
        }
        return pieces.size();
    }

    @Override
    public void run(int images, int piece, int thread) {
        Piece one = pieces.get(piece);
        kernels.convolve(task, one.block, one.region, one.from, one.to);
    }

    private List<Piece> cut(int images) {
        ConvShape shape = task.conv().shape();
        List<Block> blocks = task.conv().blocks();
        long cached =
                PIECE_BYTES / ((long) Float.BYTES * shape.in() * shape.stride() * shape.stride());
        List<Piece> cut = new ArrayList<>();
        for (Region region : task.regions()) {
            int pixels = images * region.perImage();
            boolean few = pixels < PIXEL_STEP && blocks.size() < threads;
            int wanted =
                    few
                            ? Math.ceilDiv(threads, blocks.size())
                            : threads == 1 ? 1 : PIECES_PER_THREAD * threads / blocks.size() + 1;
            int step = few ? SMALL_STEP : PIXEL_STEP;
            long most = Math.max(1, Math.min(Math.ceilDiv(pixels, wanted), cached));
            long size = Math.ceilDiv(most, step) * step;
            for (int from = 0; from < pixels; from += (int) size) {
                for (Block block : blocks) {
                    cut.add(new Piece(region, block, from, (int) Math.min(pixels, from + size)));
                }
            }
        }
        return cut;
    }
}
