package org.repvgg.train;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.InputSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.TrainingEngine.Batch;

/// The batches of one epoch, prepared by threads of their own while the engine works on the one
/// before.
///
/// Order and pixels follow from seed, epoch and image alone. What does not fill a last step is left
/// out of this epoch; another epoch's order leaves out others. An epoch may show the batches of an
/// earlier one again, in an order of its own. Of several ranks each prepares its share of every
/// batch, as it would be in the whole batch. Used by one thread.
final class BatchFeeder implements AutoCloseable {
    /// Batches ahead for each thread: enough to ride out a slow image.
    private static final int AHEAD = 3;

    private final DecodedImages images;
    private final Ranks ranks;
    private final Preprocessing preprocessing;
    private final Recipe recipe;
    private final Augmentation augmentation;
    private final CutMix cutMix;
    private final Mixup mixup;
    private final int classes;
    private final long turns;
    private final int view;
    private final long seed;
    private final long[] order;
    private final int batches;
    private final long[] batchOrder;
    private final ExecutorService pool;
    private final Queue<Future<Numbered>> ahead = new ArrayDeque<>();
    private int scheduled;

    /// A batch and its place in the epoch that shows it first.
    ///
    /// @param batch smaller where images are broken, and none where fewer than two are left, for a
    ///   batch norm has nothing to compare then
    record Numbered(int number, Optional<Batch> batch) {}

    /// @param ranks whose share of every batch is prepared
    /// @param view the epoch whose batches are shown: `epoch` itself for new ones
    /// @param threads that prepare; one serves images in memory ten times as fast as two cores
    ///   train on them
    BatchFeeder(
            DecodedImages images,
            Ranks ranks,
            Recipe recipe,
            Preprocessing preprocessing,
            int classes,
            long seed,
            int epoch,
            int view,
            int threads) {
        this.images = images;
        this.ranks = ranks;
        this.recipe = recipe;
        this.preprocessing = preprocessing;
        boolean rests = recipe.rests(view);
        this.augmentation =
                rests ? recipe.augmentation().withoutDistortion() : recipe.augmentation();
        this.cutMix = rests ? CutMix.NONE : recipe.cutMix();
        this.mixup = rests ? Mixup.NONE : recipe.mixup();
        this.classes = classes;
        this.turns = mix(seed, -1);
        this.view = view;
        this.seed = mix(seed, view);
        this.order =
                EpochOrder.repeated(
                        EpochOrder.draw(images, recipe.balanced(), new SplittableRandom(this.seed)),
                        recipe.batchSize(),
                        recipe.repeats());
        this.batches = batches(images.size(), recipe);
        long[] shown = LongStream.range(0, batches).toArray();
        this.batchOrder =
                view == epoch
                        ? shown
                        : EpochOrder.shuffled(shown, new SplittableRandom(mix(seed, epoch)));
        this.pool =
                Executors.newFixedThreadPool(
                        threads, Thread.ofPlatform().daemon().name("batches-", 0).factory());
        for (int i = 0; i < AHEAD * threads; i++) {
            schedule();
        }
    }

    /// Batches an epoch has: whole ones, and for whole steps; one smaller batch where the split is
    /// smaller than a batch, one smaller step where it is smaller than a step. A batch that is
    /// repeated counts each time.
    static int batches(int images, Recipe recipe) {
        int whole = Math.max(1, images / recipe.batchSize()) * recipe.repeats();
        return whole < recipe.accumulation() ? whole : whole - whole % recipe.accumulation();
    }

    /// Steps an epoch has.
    static int steps(int images, Recipe recipe) {
        return Math.ceilDiv(batches(images, recipe), recipe.accumulation());
    }

    /// The next batch.
    Numbered next() {
        Future<Numbered> head = ahead.poll();
        if (head == null) {
            throw new NoSuchElementException("the epoch has " + batches + " batches");
        }
        schedule();
        try {
            return head.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while waiting for a batch");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof OutOfMemoryError memory) {
                throw memory;
            }
            throw new TrainException("preparing a batch failed: " + e.getCause(), e);
        }
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }

    private void schedule() {
        if (scheduled < batches) {
            int batch = (int) batchOrder[scheduled++];
            ahead.add(pool.submit(() -> new Numbered(batch, batch(batch))));
        }
    }

    /// Images in the making.
    ///
    /// @param pixels `[images,elements]`
    /// @param targets `[images,classes]`
    /// @param image one as it is, before it is moved
    private record Rows(float[] pixels, float[] targets, float[] image) {}

    private Rows rows(int images) {
        int elements = preprocessing.elements();
        return new Rows(
                new float[Math.multiplyExact(images, elements)],
                new float[Math.multiplyExact(images, classes)],
                new float[elements]);
    }

    private Optional<Batch> batch(int batch) {
        int wanted = Math.min(recipe.batchSize(), images.size());
        BatchShare share = BatchShare.of(ranks, wanted);
        boolean wantsNext = mixes() && !share.isWhole();
        Rows rows = rows(share.count() + (wantsNext ? 1 : 0));
        int first = batch * wanted;
        int count = 0;
        for (int i = 0; i < share.count(); i++) {
            count += load(order[first + share.first() + i], rows, count) ? 1 : 0;
        }
        if (share.isWhole()) {
            mix(rows, BatchShare.whole(count), batch);
        } else if (wantsNext && count > 0) {
            loadNext(share, first, rows, count);
            mix(rows, new BatchShare(share.first(), count, wanted), batch);
        }
        return count < Math.min(2, share.count())
                ? Optional.empty()
                : Optional.of(
                        new Batch(
                                tensor(imageShape(count), rows.pixels),
                                tensor(Shape.of(count, classes), rows.targets)));
    }

    /// Prepares the image of a draw in row `at`.
    ///
    /// @return whether it can be read
    private boolean load(long draw, Rows rows, int at) {
        int index = (int) (draw % images.size());
        if (!read(index, rows.image)) {
            return false;
        }
        augment(rows.image, rows.pixels, at * rows.image.length, draw);
        target(rows.targets, at * classes, images.label(index));
        return true;
    }

    /// Prepares the image that follows a share, with which its last one is mixed.
    private void loadNext(BatchShare share, int first, Rows rows, int at) {
        int i = share.first() + share.count();
        while (!load(order[first + i % share.batch()], rows, at)) {
            i++; // ends in the share at the latest, which has some
        }
    }

    private boolean mixes() {
        return !mixup.isNone() || cutMix.part() > 0;
    }

    private boolean read(int index, float[] image) {
        try {
            preprocessing.into(images.image(index), image, 0);
            return true;
        } catch (IOException _) { // the images have told
            return false;
        }
    }

    private void augment(float[] image, float[] pixels, int offset, long draw) {
        InputSpec input = preprocessing.input();
        augmentation.apply(
                image,
                pixels,
                offset,
                input.channels(),
                input.height(),
                input.width(),
                mirrors(draw),
                new SplittableRandom(mix(seed, draw)));
    }

    /// Every image in every other epoch, half of them first in one of odd number: two epochs show
    /// both sides of each, where chance would show one side twice to every second (Jordan, 2024).
    /// An image that is drawn again shows its other side at once.
    private boolean mirrors(long draw) {
        long index = draw % images.size();
        return ((mix(turns, index) + view + draw / images.size()) & 1) == 0;
    }

    private void mix(Rows rows, BatchShare share, int batch) {
        var images =
                new Mixup.Images(
                        share, rows.pixels, preprocessing.elements(), rows.targets, classes);
        Mixup.Images originals = mixup.isNone() ? images : images.copy();
        var random = new SplittableRandom(mix(~seed, batch));
        BitSet mixed = cutMix(rows, share, random);
        mixup.apply(originals, images, mixed, random);
    }

    private BitSet cutMix(Rows rows, BatchShare share, SplittableRandom random) {
        InputSpec input = preprocessing.input();
        return cutMix.apply(
                rows.pixels,
                rows.targets,
                share,
                classes,
                input.channels(),
                input.height(),
                input.width(),
                random);
    }

    /// `1 - smoothing` on the label and `smoothing / classes` everywhere.
    private void target(float[] targets, int offset, int label) {
        Arrays.fill(targets, offset, offset + classes, (float) (recipe.labelSmoothing() / classes));
        targets[offset + label] += (float) (1 - recipe.labelSmoothing());
    }

    private Shape imageShape(int count) {
        InputSpec input = preprocessing.input();
        return Shape.of(count, input.channels(), input.height(), input.width());
    }

    private static Tensor tensor(Shape shape, float[] values) {
        boolean whole = shape.elements() == values.length;
        return Tensor.ofOwned(shape, whole ? values : Arrays.copyOf(values, shape.elements()));
    }

    private static long mix(long seed, long value) {
        return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + value).nextLong();
    }
}
