package org.repvgg.serve.inference;

import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// One version of a network, in its plain form, answering. Safe to share between threads.
public final class ServedModel implements AutoCloseable {
    private final String name;
    private final String version;
    private final PlainModel model;
    private final BatchQueue queue;

    private ServedModel(
            String name,
            String version,
            PlainModel model,
            Classifier classifier,
            BatchOptions batches,
            ServingListener listener) {
        this.name = name;
        this.version = version;
        this.model = model;
        this.queue =
                new BatchQueue(
                        name,
                        classifier,
                        batches,
                        (images, nanos) -> listener.batchDone(this, images, nanos));
    }

    /// Loads a network and warms it up.
    ///
    /// @throws IllegalArgumentException if its weights do not fit each other, naming the place
    public static ServedModel load(
            String name,
            String version,
            PlainModel model,
            RuntimeOptions runtime,
            BatchOptions batches,
            ServingListener listener) {
        return new ServedModel(
                name, version, model, PlainRuntime.load(model, runtime), batches, listener);
    }

    public String name() {
        return name;
    }

    /// A number in the repository's folders, such as `1`.
    public String version() {
        return version;
    }

    public PlainModel model() {
        return model;
    }

    public RepVggSpec spec() {
        return model.spec();
    }

    public InputSpec input() {
        return model.input();
    }

    /// Waits for the scores of every class, together with other callers' images where that pays.
    ///
    /// @param images `[n,c,h,w]`, normalised as [#input] says; any `n`, `h` and `w` of at least 1;
    ///   not modified, and not to be before this returns
    /// @return `[n,classes]`, before softmax, owned by the caller
    /// @throws OverloadedException if too much waits already, or the network is being unloaded
    /// @throws TimeoutException if [BatchOptions#timeout] is over
    /// @throws IllegalArgumentException if the rank or the channels do not fit
    public Tensor logits(Tensor images)
            throws OverloadedException, TimeoutException, InterruptedException {
        return answer(images, Set.of()).logits();
    }

    /// Likewise, together with what some blocks answer.
    ///
    /// @param blocks indexes, the stem is 0
    public Answer answer(Tensor images, Set<Integer> blocks)
            throws OverloadedException, TimeoutException, InterruptedException {
        return queue.answer(images, Set.copyOf(blocks));
    }

    /// Whether the queue would take so many images now: to refuse before their preparation costs
    /// anything.
    ///
    /// @param ahead images that are being prepared before them
    /// @throws OverloadedException if not
    public void checkRoom(int count, int ahead) throws OverloadedException {
        queue.checkRoom(count, ahead);
    }

    /// Images that wait for their pass.
    public int waitingImages() {
        return queue.waitingImages();
    }

    /// Takes no more requests, answers those that wait, releases the threads.
    @Override
    public void close() {
        queue.close();
    }
}
