package org.repvgg.runtime;

import java.util.Map;
import java.util.Set;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// A network ready to answer, of either form. Safe to share between threads.
public interface Classifier extends AutoCloseable {

    RepVggSpec spec();

    InputSpec input();

    /// Scores of every class, before softmax.
    ///
    /// @param images `[n,c,h,w]`, normalised; any `n`, `h` and `w` of at least 1; not modified
    /// @return `[n,classes]`, owned by the caller
    /// @throws IllegalArgumentException if the rank or the channels do not fit
    default Tensor logits(Tensor images) {
        return logits(images, BlockObserver.NONE);
    }

    /// Likewise, showing each block's output to `observer` on the calling thread.
    Tensor logits(Tensor images, BlockObserver observer);

    /// What some blocks answer, after their ReLU and their gain: the network as a backbone. The
    /// whole network runs.
    ///
    /// ```java
    /// int last = classifier.spec().lastBlock(3);
    /// Tensor maps = classifier.features(images, Set.of(last)).get(last);
    /// ```
    ///
    /// @param blocks indexes, the stem is 0
    /// @return `[n,c,h,w]` of each, in the network's order, owned by the caller
    /// @throws IllegalArgumentException if there is no such block, or the images do not fit
    default Map<Integer, Tensor> features(Tensor images, Set<Integer> blocks) {
        return BlockOutputs.of(this, images, blocks);
    }

    /// Releases threads; later calls throw [IllegalStateException].
    @Override
    void close();

    /// Sees what each block answers.
    interface BlockObserver {
        /// Looks at nothing; runtimes skip the copies then.
        BlockObserver NONE =
                new BlockObserver() {
                    @Override
                    public boolean wants(int block) {
                        return false;
                    }

                    @Override
                    public void blockOutput(int block, Tensor output) {}
                };

        /// Whether the output of `block` is of interest.
        boolean wants(int block);

        /// @param block index, the stem is 0
        /// @param output `[n,c,h,w]` after ReLU and gain, owned by the observer
        void blockOutput(int block, Tensor output);
    }
}
