package org.repvgg.serve.inference;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.Classifier.BlockObserver;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Requests wait here until the one thread that computes takes as many of them as fit a batch.
///
/// A request that finds nobody before it is computed at once, alone. Whoever comes meanwhile makes
/// the next batch; only if the last batch had several requests does the next wait for more, no
/// longer than [BatchOptions#delay], and no longer than an image takes to be computed: what a
/// larger batch saves is less. Requests whose images differ in size, or that want to see blocks, do
/// not share a pass. Safe to share between threads.
final class BatchQueue implements AutoCloseable {
    /// Floats of images that share a pass at most: as many as 64 colour images of 224x224 have.
    private static final long MOST_ELEMENTS = 64 * 3 * 224 * 224;

    private final Classifier classifier;
    private final BatchOptions options;
    private final PassListener listener;
    private final Thread worker;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Request> waiting = new ArrayDeque<>();
    private int images; // of those that wait
    private boolean closed;

    /// Of a pass, smoothed; only the worker writes.
    private volatile double secondsPerImage = 0.01;

    private boolean underLoad; // of the worker

    /// @param classifier closed with the queue
    BatchQueue(String name, Classifier classifier, BatchOptions options, PassListener listener) {
        this.classifier = classifier;
        this.options = options;
        this.listener = listener;
        this.worker = Thread.ofPlatform().name("batches-" + name).start(this::work);
    }

    /// Hears that a pass of so many images took so long.
    @FunctionalInterface
    interface PassListener {
        void passDone(int images, long nanos);
    }

    /// One caller's images and its answer to be.
    private record Request(
            Tensor images, Set<Integer> blocks, long arrival, CompletableFuture<Answer> answer) {

        int count() {
            return images.shape().dimension(0);
        }

        boolean joins(Request other) {
            return blocks.isEmpty()
                    && other.blocks.isEmpty()
                    && images.shape().dimension(2) == other.images.shape().dimension(2)
                    && images.shape().dimension(3) == other.images.shape().dimension(3);
        }
    }

    /// Waits for the answer. A caller that is interrupted or out of time costs nothing more, unless
    /// its pass has begun.
    ///
    /// @param input `[n,c,h,w]`; not modified, and not to be before the answer is there
    /// @param blocks that the answer is to hold
    /// @throws OverloadedException if too much waits already
    /// @throws TimeoutException if [BatchOptions#timeout] is over
    /// @throws IllegalArgumentException if the network cannot take the images
    Answer answer(Tensor input, Set<Integer> blocks)
            throws OverloadedException, TimeoutException, InterruptedException {
        Shape shape = input.shape();
        checkArgument(
                shape.rank() == 4
                        && shape.dimension(1) == classifier.spec().inputChannels()
                        && shape.elements() > 0,
                "images must be [n,%s,h,w] with none of them 0, not %s",
                classifier.spec().inputChannels(),
                shape);
        var request = new Request(input, blocks, System.nanoTime(), new CompletableFuture<>());
        offer(request);
        try {
            return request.answer.get(options.timeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            switch (Objects.requireNonNullElse(e.getCause(), e)) {
                case OverloadedException overloaded -> throw overloaded;
                case IllegalArgumentException wrong -> throw wrong;
                case Error error -> throw error;
                case Throwable other ->
                        throw new IllegalStateException("a pass failed: " + other, other);
            }
        } catch (TimeoutException e) {
            throw new TimeoutException(
                    "no answer within %s s: %s images were waiting"
                            .formatted(options.timeout().toMillis() / 1000.0, waitingImages()));
        } finally {
            if (request.answer.cancel(false)) { // not if it is there
                withdraw(request);
            }
        }
    }

    /// Nobody waits for it any more: its place is free.
    private void withdraw(Request request) {
        lock.lock();
        try {
            if (waiting.removeIf(other -> other == request)) {
                images -= request.count();
            }
        } finally {
            lock.unlock();
        }
    }

    private void offer(Request request) throws OverloadedException {
        lock.lock();
        try {
            checkRoom(request.count(), 0);
            waiting.add(request);
            images += request.count();
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /// Whether so many images would be let in now.
    ///
    /// @param ahead images that are about to come before them
    /// @throws OverloadedException if not
    void checkRoom(int count, int ahead) throws OverloadedException {
        lock.lock();
        try {
            if (closed) {
                throw OverloadedException.unloading();
            }
            // one that is larger than the queue is let in where nobody waits
            int before = images + ahead;
            if (before > 0 && before + count > options.queue()) {
                throw OverloadedException.full(
                        before,
                        options.queue(),
                        (int) Math.ceil(Math.clamp(before * secondsPerImage, 1, 600)));
            }
        } finally {
            lock.unlock();
        }
    }

    /// Images that wait for their pass.
    int waitingImages() {
        lock.lock();
        try {
            return images;
        } finally {
            lock.unlock();
        }
    }

    /// Takes no more requests, answers those that wait, and closes the network. Waits for that.
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
        Uninterruptibly.join(worker);
    }

    private void work() {
        try (classifier) {
            for (List<Request> batch = next(); !batch.isEmpty(); batch = next()) {
                underLoad = batch.size() > 1;
                run(batch);
            }
        } finally {
            giveUp(); // nothing waits, unless this thread has failed
        }
    }

    private void giveUp() {
        lock.lock();
        try {
            closed = true;
            waiting.forEach(
                    request ->
                            request.answer.completeExceptionally(OverloadedException.unloading()));
            waiting.clear();
            images = 0;
        } finally {
            lock.unlock();
        }
    }

    /// Requests for one pass, in the order they came; none at the end.
    private List<Request> next() {
        lock.lock();
        try {
            while (true) {
                dropCancelled();
                Request first = waiting.peek();
                if (first == null) {
                    if (closed) {
                        return List.of();
                    }
                    changed.awaitUninterruptibly();
                } else if (!underLoad || closed || images >= options.batch() || isLate(first)) {
                    List<Request> batch = take(first);
                    if (!batch.isEmpty()) { // all of it may have been cancelled just now
                        return batch;
                    }
                } else {
                    awaitMore(first);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void dropCancelled() {
        while (!waiting.isEmpty() && waiting.peek().answer.isDone()) {
            images -= waiting.remove().count();
        }
    }

    private boolean isLate(Request first) {
        return System.nanoTime() - first.arrival >= longestWait();
    }

    /// Nanoseconds that a batch waits for more.
    private long longestWait() {
        return Math.min(options.delay().toNanos(), (long) (secondsPerImage * 1e9));
    }

    private void awaitMore(Request first) {
        try {
            long left = longestWait() - (System.nanoTime() - first.arrival);
            boolean _ = changed.awaitNanos(left) > 0;
        } catch (InterruptedException e) {
            // nobody interrupts this thread
            underLoad = false;
        }
    }

    private List<Request> take(Request first) {
        List<Request> batch = new ArrayList<>();
        int count = 0;
        for (Request next = first; next != null; next = waiting.peek()) {
            boolean fits = batch.isEmpty() || fits(count + next.count(), next);
            if (!first.joins(next) && next != first || !fits) {
                break;
            }
            waiting.remove();
            images -= next.count();
            if (!next.answer.isDone()) {
                batch.add(next);
                count += next.count();
            }
        }
        return batch;
    }

    private boolean fits(int count, Request request) {
        long each = request.images.shape().elements() / request.count();
        return count <= options.batch() && count * each <= MOST_ELEMENTS;
    }

    private void run(List<Request> batch) {
        long start = System.nanoTime();
        int count = 0;
        try {
            if (batch.size() == 1) {
                Request only = batch.getFirst();
                count = only.count();
                only.answer.complete(alone(only, start - only.arrival));
            } else {
                count = together(batch, start);
            }
            long nanos = System.nanoTime() - start;
            secondsPerImage += 0.1 * (nanos / 1e9 / count - secondsPerImage);
            listener.passDone(count, nanos);
        } catch (RuntimeException | Error e) { // of whatever kind: the next batch may be better
            batch.forEach(request -> request.answer.completeExceptionally(e));
        }
    }

    /// In pieces of a batch: activations of more might not fit the memory.
    private Answer alone(Request request, long waited) {
        int count = request.count();
        if (count <= options.batch()) {
            return pass(request.images, request.blocks, waited);
        }
        if (!request.blocks.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s images at a time, but their blocks are answered for at most %s"
                            .formatted(count, options.batch()));
        }
        int classes = classifier.spec().classes();
        float[] logits = new float[Math.multiplyExact(count, classes)];
        for (int from = 0; from < count && !request.answer.isDone(); from += options.batch()) {
            int to = Math.min(count, from + options.batch());
            Tensor part = classifier.logits(rows(request.images, from, to));
            System.arraycopy(part.unsafeArray(), 0, logits, from * classes, (to - from) * classes);
        }
        return new Answer(Tensor.ofOwned(Shape.of(count, classes), logits), Map.of(), waited);
    }

    private Answer pass(Tensor input, Set<Integer> blocks, long waited) {
        Map<Integer, Tensor> seen = new TreeMap<>();
        var observer =
                new BlockObserver() {
                    @Override
                    public boolean wants(int block) {
                        return blocks.contains(block);
                    }

                    @Override
                    public void blockOutput(int block, Tensor output) {
                        seen.put(block, output);
                    }
                };
        Tensor logits = classifier.logits(input, blocks.isEmpty() ? BlockObserver.NONE : observer);
        return new Answer(logits, seen, waited);
    }

    /// @return how many images they have
    private int together(List<Request> batch, long start) {
        int count = batch.stream().mapToInt(Request::count).sum();
        Shape one = batch.getFirst().images.shape();
        Shape all = Shape.of(count, one.dimension(1), one.dimension(2), one.dimension(3));
        float[] pixels = new float[all.elements()];
        int at = 0;
        for (Request request : batch) {
            float[] own = request.images.unsafeArray();
            System.arraycopy(own, 0, pixels, at, own.length);
            at += own.length;
        }
        Tensor logits = classifier.logits(Tensor.ofOwned(all, pixels));
        int first = 0;
        for (Request request : batch) {
            int after = first + request.count();
            request.answer.complete(
                    new Answer(rows(logits, first, after), Map.of(), start - request.arrival));
            first = after;
        }
        return count;
    }

    /// Rows `[from,to)` of the first dimension.
    private static Tensor rows(Tensor tensor, int from, int to) {
        Shape shape = tensor.shape();
        int row = shape.elements() / shape.dimension(0);
        int[] dimensions = IntStream.range(0, shape.rank()).map(shape::dimension).toArray();
        dimensions[0] = to - from;
        float[] values = Arrays.copyOfRange(tensor.unsafeArray(), from * row, to * row);
        return Tensor.ofOwned(Shape.of(dimensions), values);
    }
}
