package org.repvgg.train.java;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.repvgg.kernel.BilinearKernels;
import org.repvgg.kernel.Winograd;
import org.repvgg.kernel.Winograd.Map;
import org.repvgg.kernel.Winograd.Window;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.train.java.StepContext.Sizes;

/// A 3x3 convolution of stride 1 by [Winograd], tile by tile, with products `M = U * V` of
/// transformed kernels `U = G g Gᵀ` and inputs `V = Bᵀ d B`:
///
/// - forward `Y = Aᵀ M A`
/// - backward `dM = A dY Aᵀ`, then `dU = V * dM` and `dg = Gᵀ dU G`, `dV = U * dM` and `dX = Σ B dV
///   Bᵀ` over the tiles that read a pixel
///
/// A product's matrices of every tile are maps of their own, whose pixels are products by tiles and
/// meet one by one.
final class TransformedBranch extends ConvolutionBranch {
    /// Fewer channels do not pay for the transforms.
    private static final int FEWEST_CHANNELS = 24;

    /// Products saved for every one computed.
    private static final double LEAST_GAIN = 1.6;

    /// Floats of products at most, so that arrays hold them with what pads them.
    private static final double LARGEST = 1 << 30;

    /// Images of a piece of a transform.
    private static final int ROWS = 32;

    /// Images of a piece of a transform that adds up tiles, which is done for all tiles at once.
    private static final int FEW_ROWS = 8;

    private final StepContext context;
    private final BilinearKernels bilinear;
    private final Winograd algorithm;
    private final List<Tile> tiles;
    private final int chunks;
    private final Operand x;
    private final Operand v;
    private final Operand m;
    private final Kernel kernel;
    private final Kernel transformed;
    private final Products products;

    TransformedBranch(
            StepContext context,
            Winograd algorithm,
            String name,
            BlockSpec block,
            Operand x,
            Operand y,
            ChannelMap map) {
        super(y, map, y.maps().pixels() * chunks(y.maps()));
        this.context = context;
        this.bilinear = context.kernels.bilinear();
        this.algorithm = algorithm;
        this.tiles = Tile.of(algorithm, y.maps());
        this.chunks = chunks(y.maps());
        this.x = x;
        this.v = Operand.of(products(algorithm, x.maps()));
        this.m = new Operand(products(algorithm, y.maps()), context.products, 0);
        this.kernel = Kernel.of(context.parameters, name + ".conv.weight");
        Panels own = kernel.panels();
        Panels panels = new Panels(algorithm.positions(), own.in(), own.out(), own.lanes());
        this.transformed =
                new Kernel(panels, new float[panels.size()], context.productGradients, 0);
        this.products = new Products(context.matrix, meetings(), v, transformed, m);
    }

    private static int chunks(Maps maps) {
        return Math.ceilDiv(maps.images(), ROWS);
    }

    /// Every product of a tile's input with the kernel gives that of its output.
    private List<Meeting> meetings() {
        List<Meeting> meetings = new ArrayList<>();
        for (int position = 0; position < algorithm.positions(); position++) {
            for (int tile = 0; tile < tiles.size(); tile++) {
                int pixel = position * tiles.size() + tile;
                meetings.add(new Meeting(pixel, pixel, position));
            }
        }
        return meetings;
    }

    /// The algorithm that pays for a convolution; none where it is best computed as it is defined.
    static Optional<Winograd> algorithm(BlockSpec block, BranchSpec.Convolution shape, Maps input) {
        boolean able =
                shape.height() == 3
                        && shape.width() == 3
                        && block.stride() == 1
                        && Math.min(block.in(), block.out()) >= FEWEST_CHANNELS;
        if (!able) {
            return Optional.empty();
        }
        boolean whole = Winograd.WHOLE_2X2.fits(input.height(), input.width());
        Winograd algorithm = whole ? Winograd.WHOLE_2X2 : Winograd.F4;
        Maps products = products(algorithm, input);
        double direct = Meeting.of(input, input, 1, 3, 3).size();
        boolean pays = direct >= LEAST_GAIN * products.pixels();
        boolean fits =
                (double) products.pixels() * products.images() * Math.max(block.in(), block.out())
                        < LARGEST;
        return pays && fits ? Optional.of(algorithm) : Optional.empty();
    }

    /// What a branch takes of the memory that blocks share, without its transposed kernel.
    static Sizes sizes(Winograd algorithm, BlockSpec block, Maps input, Maps output, int lanes) {
        return new Sizes(
                0,
                products(algorithm, output).size(),
                products(algorithm, input).size(),
                new Panels(algorithm.positions(), block.in(), block.out(), lanes).size());
    }

    /// The maps of the products of tiles of `maps`, on either side.
    static Maps products(Winograd algorithm, Maps maps) {
        return new Maps(
                algorithm.positions(),
                algorithm.tiles(maps.height(), maps.width()),
                maps.channels(),
                maps.images());
    }

    @Override
    int taps() {
        return algorithm.positions();
    }

    @Override
    void plan(BlockPhases phases) {
        planTiles(phases.prepare(), this::transformInput);
        planKernel(phases.prepare(), this::transformKernel);
        products.planForward(phases.convolve(), (_, _, _, _) -> {});
        planTiles(phases.complete(), this::completeOutput);
        planTiles(phases.spread(), this::spreadGradient);
        products.planWeightGradient(phases.multiply());
        planKernel(phases.collect(), this::collectKernel);
    }

    @Override
    void planInputGradient(
            BlockPhases phases, Panels transposed, int firstTap, Segments byInput, Operand target) {
        products.planTranspose(phases.differentiate(), context.transposed, transposed, firstTap);
        Operand vGradient = new Operand(v.maps(), context.inputGradients, 0);
        var own = new Segments(v.maps().pixels());
        products.addInputGradient(own, transposed, firstTap);
        Products.planInputGradient(
                context.matrix,
                phases.multiply(),
                m.rows(),
                own,
                context.transposed,
                transposed,
                vGradient,
                false);
        int images = x.maps().images();
        for (int first = 0; first < images; first += FEW_ROWS) {
            int from = first;
            phases.collect().add(count -> collectInput(vGradient, target, from, count));
        }
    }

    /// One tile of some images.
    @FunctionalInterface
    private interface TileWork {
        void run(int tile, int chunk, int rows, float[] scratch);
    }

    private void planTiles(Phase phase, TileWork work) {
        for (int tile = 0; tile < tiles.size(); tile++) {
            for (int chunk = 0; chunk < chunks; chunk++) {
                int own = tile;
                int part = chunk;
                phase.add(
                        images ->
                                work.run(
                                        own,
                                        part,
                                        Math.clamp(images - part * ROWS, 0, ROWS),
                                        new float[bilinear.scratch()]));
            }
        }
    }

    /// One panel of some inputs.
    @FunctionalInterface
    private interface KernelWork {
        void run(int panel, int from, int to, float[] scratch);
    }

    private void planKernel(Phase phase, KernelWork work) {
        Panels panels = kernel.panels();
        for (int panel = 0; panel < panels.count(); panel++) {
            for (int from = 0; from < panels.in(); from += ROWS) {
                int own = panel;
                int first = from;
                int last = Math.min(panels.in(), from + ROWS);
                phase.add(_ -> work.run(own, first, last, new float[bilinear.scratch()]));
            }
        }
    }

    private void transformInput(int tile, int chunk, int rows, float[] scratch) {
        gather(
                Map.INPUT,
                x,
                tiles.get(tile).inputAt(),
                tiles.get(tile).input(),
                v,
                tile,
                chunk,
                rows,
                scratch);
    }

    private void spreadGradient(int tile, int chunk, int rows, float[] scratch) {
        gather(
                Map.OUTPUT_GRADIENT,
                y,
                tiles.get(tile).outputAt(),
                tiles.get(tile).output(),
                m,
                tile,
                chunk,
                rows,
                scratch);
    }

    private void gather(
            Map map,
            Operand from,
            int pixel,
            Window window,
            Operand to,
            int tile,
            int chunk,
            int rows,
            float[] scratch) {
        int channels = from.maps().channels();
        int plane = from.maps().plane();
        int image = chunk * ROWS * channels;
        bilinear.gather(
                algorithm,
                map,
                from.values(),
                from.at(pixel) + image,
                from.maps().width() * plane,
                plane,
                window,
                to.values(),
                to.at(tile) + image,
                tiles.size() * to.maps().plane(),
                rows * channels,
                scratch);
    }

    /// `Y` of a tile, with its sums while it is in the cache.
    private void completeOutput(int tile, int chunk, int rows, float[] scratch) {
        Tile one = tiles.get(tile);
        int channels = y.maps().channels();
        scatter(Map.OUTPUT, m, tile, y, one.outputAt(), one.output(), chunk * ROWS, rows, scratch);
        Window window = one.output();
        for (int r = window.top(); r < window.bottom(); r++) {
            for (int s = window.left(); s < window.right(); s++) {
                int pixel = one.outputAt() + r * y.maps().width() + s;
                context.training.moments(
                        y.rows(),
                        y.at(pixel) + chunk * ROWS * channels,
                        rows,
                        channels,
                        sums,
                        squares,
                        (pixel * chunks + chunk) * channels);
            }
        }
    }

    /// `dX` of some images, over all their tiles.
    private void collectInput(Operand vGradient, Operand target, int first, int images) {
        int rows = Math.clamp(images - first, 0, FEW_ROWS);
        float[] scratch = new float[bilinear.scratch()];
        for (int tile = 0; tile < tiles.size(); tile++) {
            Tile one = tiles.get(tile);
            scatter(
                    Map.INPUT_GRADIENT,
                    vGradient,
                    tile,
                    target,
                    one.inputAt(),
                    one.input(),
                    first,
                    rows,
                    scratch);
        }
    }

    private void scatter(
            Map map,
            Operand from,
            int tile,
            Operand to,
            int pixel,
            Window window,
            int image,
            int rows,
            float[] scratch) {
        int channels = from.maps().channels();
        int plane = to.maps().plane();
        bilinear.scatter(
                algorithm,
                map,
                from.values(),
                from.at(tile) + image * channels,
                tiles.size() * from.maps().plane(),
                to.values(),
                to.at(pixel) + image * channels,
                to.maps().width() * plane,
                plane,
                window,
                map == Map.INPUT_GRADIENT,
                rows * channels,
                scratch);
    }

    private void transformKernel(int panel, int from, int to, float[] scratch) {
        weights(
                Map.WEIGHT,
                kernel,
                kernel.weights(),
                transformed,
                transformed.weights(),
                panel,
                from,
                to,
                scratch);
    }

    private void collectKernel(int panel, int from, int to, float[] scratch) {
        weights(
                Map.WEIGHT_GRADIENT,
                transformed,
                transformed.gradients(),
                kernel,
                kernel.gradients(),
                panel,
                from,
                to,
                scratch);
    }

    private void weights(
            Map map,
            Kernel source,
            float[] values,
            Kernel target,
            float[] results,
            int panel,
            int from,
            int to,
            float[] scratch) {
        int width = kernel.panels().width();
        bilinear.weights(
                algorithm,
                map,
                values,
                source.at() + source.panels().at(panel) + from * width,
                results,
                target.at() + target.panels().at(panel) + from * width,
                kernel.panels().tapAt(1),
                (to - from) * width,
                scratch);
    }
}
