package org.repvgg.train.java;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.kernel.Kernels;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.runtime.WorkerPool;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.Ranks;
import org.repvgg.train.torch.DoubleBlock;

/// Every kind of block of the networks that are measured, one by one, with given inputs, masks and
/// output gradients, against libtorch's automatic differentiation in double.
final class TestBlockGradients {
    private static final long SEED = 20261127;
    private static final int IMAGES = 16;
    private static final int SIZE = 32;

    /// `‖ours - exact‖ / ‖exact‖` of each tensor: sums of up to 16·1024 products in single
    /// precision, by transformed tiles on larger maps. Measured at most 7e-6.
    private static final double TOLERANCE = 2e-5;

    private record Case(RepVggSpec spec, int block, int size) {
        @Override
        public String toString() {
            BlockSpec own = spec.blocks().get(block);
            return "block %s: %s to %s channels, %sx%s, stride %s"
                    .formatted(block, own.in(), own.out(), size, size, own.stride());
        }
    }

    /// The first block of every shape.
    static List<Case> blocks() {
        RepVggSpec a0 = RepVggFamily.A0.spec().toBuilder().classes(10).build();
        RepVggSpec half =
                a0.toBuilder()
                        .name("half")
                        .widths(List.of(24, 24, 48, 96, 640))
                        .strides(List.of(1, 1, 2, 2, 2))
                        .build();
        Map<String, Case> cases = new LinkedHashMap<>();
        for (RepVggSpec spec : List.of(a0, half)) {
            int size = SIZE;
            for (int b = 0; b < spec.blocks().size(); b++) {
                var one = new Case(spec, b, size);
                cases.putIfAbsent(one.toString().replaceFirst("block \\d+", ""), one);
                size = spec.blocks().get(b).outputSize(size);
            }
        }
        return new ArrayList<>(cases.values());
    }

    @ParameterizedTest
    @MethodSource("blocks")
    void gradientsAreThoseOfDoublePrecision(Case one) {
        var random = new SplittableRandom(SEED);
        InputSpec input = InputSpec.centred(3, SIZE, SIZE);
        BranchedModel model = LivedIn.norms(InitialWeights.random(one.spec, input, SEED), SEED);
        try (var pool = new WorkerPool(2)) {
            Map<String, float[]> actual = new HashMap<>();
            DoubleBlock.Given given = compute(one, model, pool, random, actual);
            DoubleBlock.gradients(model, one.block, given)
                    .forEach(
                            (name, exact) ->
                                    assertThat(error(actual.get(name), exact))
                                            .as("%s of %s", name, one)
                                            .isLessThan(TOLERANCE));
        }
    }

    /// Fills `actual` with our gradients.
    private static DoubleBlock.Given compute(
            Case one,
            BranchedModel model,
            WorkerPool pool,
            SplittableRandom random,
            Map<String, float[]> actual) {
        BlockSpec block = one.spec.blocks().get(one.block);
        Kernels kernels = Kernels.fastest();
        int lanes = kernels.matrix().lanes();
        var parameters = new Parameters(model, lanes);
        var input = new Maps(one.size, one.size, Panels.padded(block.in(), lanes), IMAGES);
        Maps output = TrainingBlock.output(block, input, lanes);
        var context =
                new StepContext(
                        parameters,
                        kernels,
                        pool,
                        null,
                        Ranks.alone(),
                        TrainingBlock.sizes(block, input, lanes),
                        0);
        float[] x = new float[input.size()];
        float[] zGradient = new float[output.size()];
        float[] xGradient = new float[input.size()];
        var training =
                new TrainingBlock(context, one.spec, one.block, input, x, zGradient, xGradient);
        fill(input, block.in(), x, random);
        fill(output, block.out(), zGradient, random);
        Tensor gradient = images(output, block.out(), zGradient);

        training.forward(IMAGES);
        training.backward(IMAGES);

        actual.put("x", images(input, block.in(), xGradient).toArray());
        parameters
                .trained()
                .forEach(
                        slot ->
                                actual.put(
                                        slot.entry().name(),
                                        slot.read(parameters.gradients).toArray()));
        float[] z = training.z();
        for (int i = 0; i < z.length; i++) {
            z[i] = z[i] > 0 ? 1 : 0;
        }
        return new DoubleBlock.Given(
                images(input, block.in(), x), images(output, block.out(), z), gradient);
    }

    private static void fill(Maps maps, int channels, float[] values, SplittableRandom random) {
        for (int pixel = 0; pixel < maps.pixels(); pixel++) {
            for (int n = 0; n < maps.images(); n++) {
                for (int c = 0; c < channels; c++) {
                    values[pixel * maps.plane() + n * maps.channels() + c] =
                            (float) random.nextGaussian();
                }
            }
        }
    }

    /// `[pixel][image][channel]` → `[n,c,h,w]`.
    private static Tensor images(Maps maps, int channels, float[] values) {
        Shape shape = Shape.of(maps.images(), channels, maps.height(), maps.width());
        float[] images = new float[shape.elements()];
        for (int i = 0; i < images.length; i++) {
            int pixel = i % maps.pixels();
            int c = i / maps.pixels() % channels;
            int n = i / maps.pixels() / channels;
            images[i] = values[pixel * maps.plane() + n * maps.channels() + c];
        }
        return Tensor.ofOwned(shape, images);
    }

    private static double error(float[] actual, double[] exact) {
        double difference = 0;
        double size = 0;
        for (int i = 0; i < exact.length; i++) {
            difference += (actual[i] - exact[i]) * (actual[i] - exact[i]);
            size += exact[i] * exact[i];
        }
        return Math.sqrt(difference / size);
    }
}
