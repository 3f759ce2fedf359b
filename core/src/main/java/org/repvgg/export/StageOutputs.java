package org.repvgg.export;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.repvgg.runtime.Classifier.BlockObserver;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// Keeps what some stages answer.
final class StageOutputs implements BlockObserver {
    private final Map<Integer, String> names = new TreeMap<>(); // by block
    private final Map<String, Tensor> maps = new LinkedHashMap<>();

    StageOutputs(RepVggSpec spec, List<Integer> stages) {
        for (int stage : stages) {
            names.put(spec.lastBlock(stage), "stage" + stage);
        }
    }

    @Override
    public boolean wants(int block) {
        return names.containsKey(block);
    }

    @Override
    public void blockOutput(int block, Tensor output) {
        String name = names.get(block);
        if (name != null) {
            maps.put(name, output);
        }
    }

    /// By name, `stage2`, in the network's order.
    Map<String, Tensor> maps() {
        return Collections.unmodifiableMap(maps);
    }
}
