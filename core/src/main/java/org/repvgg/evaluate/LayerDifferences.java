package org.repvgg.evaluate;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.List;
import org.repvgg.runtime.Classifier.BlockObserver;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// Largest difference of two networks after each block: remembers what the first one answers, then
/// compares the second's.
final class LayerDifferences {
    private final List<String> names = new ArrayList<>();
    private final Tensor[] remembered;
    private final double[] maxAbsDifference;
    private final double[] maxAbsValue;

    private LayerDifferences(int blocks) {
        this.remembered = new Tensor[blocks];
        this.maxAbsDifference = new double[blocks];
        this.maxAbsValue = new double[blocks];
    }

    /// Looks at nothing.
    static LayerDifferences none() {
        return new LayerDifferences(0);
    }

    /// @throws IllegalArgumentException if the networks do not have the same shapes block by block
    static LayerDifferences of(RepVggSpec a, RepVggSpec b) {
        checkArgument(
                a.depths().equals(b.depths())
                        && a.widths().equals(b.widths())
                        && a.strides().equals(b.strides()),
                "layers compare only between networks of one shape: depths %s and %s, widths %s"
                        + " and %s, strides %s and %s",
                a.depths(),
                b.depths(),
                a.widths(),
                b.widths(),
                a.strides(),
                b.strides());
        int blocks = a.blocks().size();
        LayerDifferences differences = new LayerDifferences(blocks);
        for (int block = 0; block < blocks; block++) {
            differences.names.add(a.place(block).toString());
        }
        return differences;
    }

    BlockObserver first() {
        return names.isEmpty() ? BlockObserver.NONE : rememberer();
    }

    BlockObserver second() {
        return names.isEmpty() ? BlockObserver.NONE : comparer();
    }

    private BlockObserver rememberer() {
        return new Watch() {
            @Override
            public void blockOutput(int block, Tensor output) {
                remembered[block] = output;
            }
        };
    }

    private BlockObserver comparer() {
        return new Watch() {
            @Override
            public void blockOutput(int block, Tensor output) {
                add(block, remembered[block], output);
            }
        };
    }

    List<Agreement.Layer> results() {
        List<Agreement.Layer> layers = new ArrayList<>();
        for (int block = 0; block < names.size(); block++) {
            layers.add(
                    new Agreement.Layer(
                            names.get(block), maxAbsDifference[block], maxAbsValue[block]));
        }
        return layers;
    }

    private void add(int block, Tensor a, Tensor b) {
        double difference = maxAbsDifference[block];
        double value = maxAbsValue[block];
        for (int i = 0; i < a.shape().elements(); i++) {
            difference = Math.max(difference, Math.abs((double) a.get(i) - b.get(i)));
            value = Math.max(value, Math.abs(a.get(i)));
        }
        maxAbsDifference[block] = difference;
        maxAbsValue[block] = value;
    }

    private abstract class Watch implements BlockObserver {
        @Override
        public boolean wants(int block) {
            return block < names.size();
        }
    }
}
