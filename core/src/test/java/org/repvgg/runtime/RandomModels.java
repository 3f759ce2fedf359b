package org.repvgg.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Linear;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;
import org.repvgg.model.Provenance;
import org.repvgg.model.SqueezeExcite;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Networks with random weights, scaled so that activations keep about unit size.
public final class RandomModels {
    private final SplittableRandom random;

    private RandomModels(long seed) {
        random = new SplittableRandom(seed);
    }

    /// A plain form with biases that are not zero.
    public static PlainModel plain(RepVggSpec spec, long seed) {
        return new RandomModels(seed).plain(spec);
    }

    /// A training form whose batch norms look lived-in: no weight is 1, no bias, mean or variance
    /// at its start.
    public static BranchedModel branched(RepVggSpec spec, long seed) {
        BranchedModel fresh = InitialWeights.random(spec, input(spec), seed);
        RandomModels models = new RandomModels(seed + 1);
        List<BranchedBlock> blocks = fresh.blocks().stream().map(models::livedIn).toList();
        return new BranchedModel(
                spec, blocks, fresh.head(), fresh.auxiliary(), fresh.input(), fresh.provenance());
    }

    /// Images `[n,c,h,w]` of normal noise.
    public static Tensor images(int n, int channels, int height, int width, long seed) {
        return new RandomModels(seed).normal(1, n, channels, height, width);
    }

    private static InputSpec input(RepVggSpec spec) {
        return InputSpec.centred(spec.inputChannels(), 32, 32);
    }

    private Tensor normal(double deviation, int... extents) {
        float[] values = new float[Shape.of(extents).elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (deviation * random.nextGaussian());
        }
        return Tensor.ofOwned(Shape.of(extents), values);
    }

    private Linear linear(int in, int out) {
        return new Linear(normal(1 / Math.sqrt(in), out, in), normal(0.1, out));
    }

    private PlainModel plain(RepVggSpec spec) {
        List<PlainLayer> layers = new ArrayList<>();
        for (BlockSpec block : spec.blocks()) {
            double deviation = Math.sqrt(2.0 / (9 * block.inPerGroup()));
            Tensor weight = normal(deviation, block.out(), block.inPerGroup(), 3, 3);
            Tensor bias = normal(0.1, block.out());
            layers.add(new PlainLayer.Conv3x3(weight, bias, block.stride(), block.groups()));
            if (block.squeezeExcite() == null) {
                layers.add(new PlainLayer.Relu());
                continue;
            }
            int hidden = block.squeezeExcite().hidden(block.out());
            Linear down = linear(block.out(), hidden);
            Linear up = linear(hidden, block.out());
            PlainLayer gain =
                    new PlainLayer.Gain(
                            new SqueezeExcite(down.weight(), down.bias(), up.weight(), up.bias()));
            boolean first = block.squeezeExcite().placement() == Placement.BEFORE_RELU;
            layers.add(first ? gain : new PlainLayer.Relu());
            layers.add(first ? new PlainLayer.Relu() : gain);
        }
        layers.add(new PlainLayer.GlobalAveragePool());
        layers.add(new PlainLayer.Classify(linear(spec.features(), spec.classes())));
        return new PlainModel(spec, layers, input(spec), Provenance.UNKNOWN);
    }

    private BranchedBlock livedIn(BranchedBlock block) {
        List<Branch> branches = new ArrayList<>();
        for (Branch branch : block.branches()) {
            branches.add(
                    switch (branch) {
                        case Branch.Convolution(Tensor weight, BatchNorm norm) ->
                                new Branch.Convolution(weight, livedIn(norm));
                        case Branch.Identity(BatchNorm norm) -> new Branch.Identity(livedIn(norm));
                        case Branch.Dirac dirac ->
                                new Branch.Dirac(
                                        dirac.weight(),
                                        normal(1, dirac.identityScale().shape().toArray()),
                                        normal(1, dirac.normalisedScale().shape().toArray()),
                                        livedIn(dirac.norm()));
                    });
        }
        return new BranchedBlock(
                block.spec(), branches, livedIn(block.postNorm()), block.squeezeExcite());
    }

    private @Nullable BatchNorm livedIn(@Nullable BatchNorm norm) {
        if (norm == null) {
            return null;
        }
        int c = norm.channels();
        float[] weight = new float[c];
        float[] variance = new float[c];
        for (int i = 0; i < c; i++) {
            weight[i] = 0.5f + random.nextFloat();
            variance[i] = 0.2f + random.nextFloat();
        }
        return new BatchNorm(
                Tensor.vector(weight),
                normal(0.3, c),
                normal(0.3, c),
                Tensor.vector(variance),
                BatchNorm.EPSILON);
    }
}
