package org.repvgg.runtime;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.repvgg.runtime.Classifier.BlockObserver;
import org.repvgg.tensor.Tensor;

/// Keeps what some blocks answer.
final class BlockOutputs implements BlockObserver {
    private final Set<Integer> blocks;
    private final Map<Integer, Tensor> outputs = new TreeMap<>();

    private BlockOutputs(Set<Integer> blocks) {
        this.blocks = blocks;
    }

    /// See [Classifier#features].
    static Map<Integer, Tensor> of(Classifier classifier, Tensor images, Set<Integer> blocks) {
        int count = classifier.spec().blocks().size();
        for (int block : blocks) {
            checkArgument(
                    block >= 0 && block < count,
                    "blocks are 0 to %s, there is no block %s",
                    count - 1,
                    block);
        }
        var kept = new BlockOutputs(Set.copyOf(blocks));
        classifier.logits(images, kept);
        return Collections.unmodifiableMap(kept.outputs);
    }

    @Override
    public boolean wants(int block) {
        return blocks.contains(block);
    }

    @Override
    public void blockOutput(int block, Tensor output) {
        if (wants(block)) {
            outputs.put(block, output);
        }
    }
}
