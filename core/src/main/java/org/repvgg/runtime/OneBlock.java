package org.repvgg.runtime;

import static java.util.Objects.requireNonNull;
import static org.repvgg.tensor.Checks.checkArgument;

import org.jspecify.annotations.Nullable;
import org.repvgg.runtime.Classifier.BlockObserver;
import org.repvgg.tensor.Tensor;

/// Keeps what one block answers.
final class OneBlock implements BlockObserver {
    private final int block;
    private @Nullable Tensor output;

    private OneBlock(int block) {
        this.block = block;
    }

    /// See [Classifier#features].
    static Tensor of(Classifier classifier, Tensor images, int block) {
        int blocks = classifier.spec().blocks().size();
        checkArgument(
                block >= 0 && block < blocks,
                "blocks are 0 to %s, there is no block %s",
                blocks - 1,
                block);
        var one = new OneBlock(block);
        classifier.logits(images, one);
        return requireNonNull(one.output, "a runtime shows every block that is wanted");
    }

    @Override
    public boolean wants(int index) {
        return index == block;
    }

    @Override
    public void blockOutput(int index, Tensor seen) {
        output = seen;
    }
}
