package org.repvgg.runtime;

import java.util.ArrayList;
import java.util.List;
import org.repvgg.kernel.ConvShape;
import org.repvgg.kernel.NaiveConv;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.Linear;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;
import org.repvgg.model.SqueezeExcite;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;
import org.repvgg.tensor.Tensor;

/// Both forms straight from their definition, in double: the witness for both runtimes.
final class NaiveNetwork {
    /// What each block answers, `[n,c,h,w]`.
    final List<Maps> blocks = new ArrayList<>();

    final Maps logits;

    NaiveNetwork(PlainModel model, Tensor images) {
        Maps now = Maps.of(images);
        for (int i = 0; i < model.layers().size(); i++) {
            PlainLayer layer = model.layers().get(i);
            boolean endsBlock =
                    layer instanceof PlainLayer.Conv3x3
                            || layer instanceof PlainLayer.GlobalAveragePool;
            if (endsBlock && i > 0) {
                blocks.add(now);
            }
            now =
                    switch (layer) {
                        case PlainLayer.Conv3x3 conv -> {
                            ConvShape shape =
                                    new ConvShape(
                                            conv.in(),
                                            conv.out(),
                                            conv.groups(),
                                            3,
                                            3,
                                            conv.stride());
                            yield now.convolve(
                                    shape, conv.weight().toArray(), conv.bias().toArray());
                        }
                        case PlainLayer.Relu _ -> now.relu();
                        case PlainLayer.Gain(SqueezeExcite weights) -> now.gain(weights);
                        case PlainLayer.GlobalAveragePool _ -> now.mean();
                        case PlainLayer.Classify(Linear weights) -> now.linear(weights);
                    };
        }
        logits = now;
    }

    NaiveNetwork(BranchedModel model, Tensor images) {
        List<Maps> inputs = new ArrayList<>(List.of(Maps.of(images)));
        for (int index = 0; index < model.blocks().size(); index++) {
            BranchedBlock block = model.blocks().get(index);
            Maps sum = null;
            for (int b = 0; b < block.branches().size(); b++) {
                BranchSpec spec = block.spec().branches().get(b);
                Maps input = inputs.get(index - spec.reach());
                Maps answer = branch(model.spec(), index, spec, block.branches().get(b), input);
                sum = sum == null ? answer : sum.plus(answer);
            }
            if (block.postNorm() != null) {
                sum = sum.norm(block.postNorm());
            }
            SqueezeExcite gain = block.squeezeExcite();
            if (gain == null) {
                sum = sum.relu();
            } else if (block.spec().squeezeExcite().placement() == Placement.BEFORE_RELU) {
                sum = sum.gain(gain).relu();
            } else {
                sum = sum.relu().gain(gain);
            }
            inputs.add(sum);
            blocks.add(sum);
        }
        logits = inputs.getLast().mean().linear(model.head());
    }

    private static Maps branch(
            RepVggSpec spec, int index, BranchSpec branch, Branch weights, Maps input) {
        BlockSpec block = spec.blocks().get(index);
        RepVggSpec.BranchInput from = spec.branchInput(index, branch);
        Maps answer =
                switch (weights) {
                    case Branch.Identity _ -> input;
                    case Branch.Convolution(Tensor kernel, _) ->
                            input.convolve(
                                    new ConvShape(
                                            from.channels(),
                                            block.out(),
                                            from.groups(),
                                            kernel.shape().dimension(2),
                                            kernel.shape().dimension(3),
                                            from.stride()),
                                    kernel.toArray(),
                                    new float[block.out()]);
                    case Branch.Dirac dirac -> dirac(block, dirac, input);
                };
        BatchNorm norm = weights.norm();
        answer = norm == null ? answer : answer.norm(norm);
        return branch.tail() == BranchSpec.Tail.NORM_RELU ? answer.relu() : answer;
    }

    /// `a x + b (W/‖W‖) x`, without building the kernel.
    private static Maps dirac(BlockSpec block, Branch.Dirac dirac, Maps input) {
        ConvShape shape =
                new ConvShape(block.in(), block.out(), block.groups(), 3, 3, block.stride());
        Maps convolved = input.convolve(shape, dirac.weight().toArray(), new float[block.out()]);
        float[] one = new float[block.out() * block.inPerGroup()];
        for (int o = 0; o < block.out(); o++) {
            int diagonal = o % shape.outPerGroup();
            if (diagonal < block.inPerGroup()) {
                one[o * block.inPerGroup() + diagonal] = 1;
            }
        }
        Maps same =
                input.convolve(
                        new ConvShape(
                                block.in(), block.out(), block.groups(), 1, 1, block.stride()),
                        one,
                        new float[block.out()]);
        double[] scale = new double[block.out()];
        double[] identity = new double[block.out()];
        int filter = block.inPerGroup() * 9;
        for (int o = 0; o < block.out(); o++) {
            double squares = 0;
            for (int i = 0; i < filter; i++) {
                squares += Math.pow(dirac.weight().get(o * filter + i), 2);
            }
            scale[o] = dirac.normalisedScale().get(o) / Math.sqrt(squares);
            identity[o] = dirac.identityScale().get(o);
        }
        double[] zero = new double[block.out()];
        return convolved.line(scale, zero).plus(same.line(identity, zero));
    }

    /// A batch of maps `[n,c,h,w]` in double.
    record Maps(int n, int c, int h, int w, double[] data) {
        static Maps of(Tensor images) {
            double[] data = new double[images.shape().elements()];
            for (int i = 0; i < data.length; i++) {
                data[i] = images.get(i);
            }
            int[] shape = images.shape().toArray();
            return new Maps(shape[0], shape[1], shape[2], shape[3], data);
        }

        Maps convolve(ConvShape shape, float[] weight, float[] bias) {
            double[] output = new NaiveConv(shape, weight, bias, data, n, h, w).output;
            return new Maps(n, shape.out(), shape.outputSize(h), shape.outputSize(w), output);
        }

        Maps relu() {
            double[] result = new double[data.length];
            for (int i = 0; i < data.length; i++) {
                result[i] = Math.max(0, data[i]);
            }
            return new Maps(n, c, h, w, result);
        }

        Maps plus(Maps other) {
            double[] result = new double[data.length];
            for (int i = 0; i < data.length; i++) {
                result[i] = data[i] + other.data[i];
            }
            return new Maps(n, c, h, w, result);
        }

        Maps line(double[] scale, double[] shift) {
            double[] result = new double[data.length];
            for (int i = 0; i < data.length; i++) {
                int channel = i / (h * w) % c;
                result[i] = data[i] * scale[channel] + shift[channel];
            }
            return new Maps(n, c, h, w, result);
        }

        Maps norm(BatchNorm norm) {
            double[] scale = new double[c];
            double[] shift = new double[c];
            for (int i = 0; i < c; i++) {
                scale[i] =
                        norm.weight().get(i)
                                / Math.sqrt((double) norm.variance().get(i) + norm.epsilon());
                shift[i] = norm.bias().get(i) - norm.mean().get(i) * scale[i];
            }
            return line(scale, shift);
        }

        Maps mean() {
            double[] result = new double[n * c];
            for (int i = 0; i < data.length; i++) {
                result[i / (h * w)] += data[i] / (h * w);
            }
            return new Maps(n, c, 1, 1, result);
        }

        Maps linear(Linear weights) {
            int out = weights.bias().shape().elements();
            return convolve(
                    ConvShape.linear(c, out), weights.weight().toArray(), weights.bias().toArray());
        }

        Maps gain(SqueezeExcite weights) {
            Maps hidden =
                    mean().linear(new Linear(weights.downWeight(), weights.downBias())).relu();
            Maps gain = hidden.linear(new Linear(weights.upWeight(), weights.upBias()));
            double[] result = new double[data.length];
            for (int i = 0; i < data.length; i++) {
                result[i] = data[i] / (1 + Math.exp(-gain.data[i / (h * w)]));
            }
            return new Maps(n, c, h, w, result);
        }

        /// Largest difference to `actual`.
        double difference(Tensor actual) {
            if (actual.shape().elements() != data.length) {
                throw new AssertionError(actual + " has not " + data.length + " elements");
            }
            double largest = 0;
            for (int i = 0; i < data.length; i++) {
                double difference = Math.abs(data[i] - actual.get(i));
                largest = Double.isNaN(difference) ? Double.NaN : Math.max(largest, difference);
            }
            return largest;
        }

        /// Largest absolute value.
        double magnitude() {
            double largest = 0;
            for (double value : data) {
                largest = Math.max(largest, Math.abs(value));
            }
            return largest;
        }
    }
}
