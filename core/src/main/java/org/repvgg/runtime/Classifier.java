package org.repvgg.runtime;

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

    /// What a block answers, after its ReLU and its gain: the network as a backbone. The whole
    /// network runs; an observer sees many blocks in one pass.
    ///
    /// ```java
    /// Tensor maps = classifier.features(images, classifier.spec().lastBlock(3));
    /// ```
    ///
    /// @param block index, the stem is 0
    /// @return `[n,c,h,w]`, owned by the caller
    /// @throws IllegalArgumentException if there is no such block, or the images do not fit
    default Tensor features(Tensor images, int block) {
        return OneBlock.of(this, images, block);
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
