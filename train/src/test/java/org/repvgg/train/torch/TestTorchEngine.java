package org.repvgg.train.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.runtime.BranchedRuntime;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.TrainingEngine.Batch;
import org.repvgg.train.TrainingEngine.StepSettings;
import org.repvgg.train.torch.TorchOptions.Device;
import org.repvgg.train.torch.TorchOptions.Layout;
import org.repvgg.train.torch.TorchOptions.Precision;

final class TestTorchEngine {
    private static final long SEED = 7;
    private static final int CLASSES = 4;
    private static final StepSettings STEP = new StepSettings(0.05, 0.9, true, 5e-4, 5e-4);

    /// Of the largest logit, or of one: two implementations of seven blocks in single precision.
    private static final double LOGITS_TOLERANCE = 1e-4;

    private static final TorchOptions FP32 =
            TorchOptions.defaults()
                    .withThreads(1)
                    .withBatchSize(8)
                    .withPrecision(Precision.FP32)
                    .withLayout(Layout.CHANNELS_LAST);

    private static RepVggSpec small() {
        return RepVggFamily.A0.spec().toBuilder()
                .name("small")
                .classes(CLASSES)
                .widths(List.of(8, 8, 16, 16, 24))
                .depths(List.of(1, 2, 1, 3, 1))
                .strides(List.of(1, 2, 2, 2, 1))
                .build();
    }

    private static RepVggSpec with(String... branches) {
        List<BranchSpec> list = new ArrayList<>();
        for (String branch : branches) {
            list.add(BranchSpec.parse(branch));
        }
        return small().toBuilder().name(String.join("+", branches)).branches(list).build();
    }

    static List<RepVggSpec> variants() {
        return List.of(
                small(),
                with("conv3x3"),
                with("conv3x3", "conv3x3", "conv1x1", "identity-nobn"),
                with("conv3x3-nobn", "conv1x1-nobn", "identity-nobn"),
                with("conv3x3", "conv1x3", "conv3x1"),
                with("conv3x3-relu", "conv1x1-relu", "identity-relu"),
                with("identity-nobn", "conv3x3"),
                with("dirac"),
                with("dirac-nobn", "conv1x1-relu"),
                small().toBuilder()
                        .name("reach")
                        .branchCycle(
                                List.of(
                                        List.of(BranchSpec.parse("conv3x3")),
                                        List.of(
                                                BranchSpec.parse("conv3x3"),
                                                BranchSpec.parse("identity@1"))))
                        .build(),
                small().toBuilder().name("postNorm").postNorm(true).build(),
                small().toBuilder().name("groups").groups(Map.of(2, 2, 4, 4, 5, 8)).build(),
                with("dirac", "identity").toBuilder()
                        .name("dirac-groups")
                        .groups(Map.of(2, 2, 3, 4))
                        .build(),
                small().toBuilder()
                        .name("seBefore")
                        .squeezeExcite(new SqueezeExciteSpec(4, Placement.BEFORE_RELU))
                        .build(),
                small().toBuilder()
                        .name("seAfter")
                        .squeezeExcite(new SqueezeExciteSpec(4, Placement.AFTER_RELU))
                        .build(),
                small().toBuilder().name("auxiliary").auxiliaryHeads(true).build());
    }

    @ParameterizedTest
    @MethodSource("variants")
    void everyVariantTrainsAndAnswersAsItsWeightsDo(RepVggSpec spec) {
        try (TorchEngine engine = TorchEngine.start(model(spec), FP32)) {
            trainAndCompare(engine);
        }
    }

    @Test
    void nchwTrainsToo() {
        RepVggSpec wide =
                small().toBuilder()
                        .widths(List.of(16, 16, 32, 32, 48))
                        .groups(Map.of(2, 1))
                        .build();
        TorchOptions nchw = FP32.withLayout(Layout.NCHW);
        try (TorchEngine engine = TorchEngine.start(model(wide), nchw)) {
            trainAndCompare(engine);
        }
        assertThatThrownBy(() -> TorchEngine.start(model(small()), nchw))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("NCHW", "16", "[8, 8, 16, 16, 24]");
    }

    private static void trainAndCompare(TorchEngine engine) {
        Batch batch = batch(engine.weights().spec(), 8);
        double first = engine.step(batch, STEP);
        double last = first;
        for (int i = 0; i < 5; i++) {
            last = engine.step(batch, STEP);
        }
        assertThat(last).as("loss after %s", first).isLessThan(first);
        Tensor images = images(5, 3, 19, 13);
        try (BranchedRuntime witness =
                BranchedRuntime.load(engine.weights(), RuntimeOptions.defaults())) {
            assertClose(engine.logits(images), witness.logits(images));
        }
    }

    /// Odd widths and maps of one pixel: where oneDNN's bf16 must be avoided.
    @Test
    void bf16LearnsWithOddWidthsOnTinyMaps() {
        RepVggSpec odd =
                small().toBuilder()
                        .widths(List.of(5, 7, 19, 17, 33))
                        .strides(List.of(2, 2, 2, 2, 2))
                        .build();
        TorchOptions options = FP32.withPrecision(Precision.BF16);
        try (TorchEngine engine = TorchEngine.start(model(odd), options)) {
            trainAndCompare(engine);
        }
    }

    @Test
    void auxiliaryHeadsLearnToo() {
        RepVggSpec spec = small().toBuilder().auxiliaryHeads(true).build();
        BranchedModel start = model(spec);
        try (TorchEngine engine = TorchEngine.start(start, FP32)) {
            double _ = engine.step(batch(spec, 8), STEP);
            for (int head = 0; head < 3; head++) {
                assertThat(engine.weights().auxiliary().get(head).weight().toArray())
                        .isNotEqualTo(start.auxiliary().get(head).weight().toArray());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"FP32,1", "FP32,2", "BF16,1"})
    void repeatsBitForBit(Precision precision, int threads) {
        TorchOptions options = FP32.withPrecision(precision).withThreads(threads);
        assertThat(losses(options, 6)).isEqualTo(losses(options, 6));
    }

    @ParameterizedTest
    @EnumSource(names = {"FP32", "BF16"})
    void goesOnFromItsStateBitForBit(Precision precision) {
        TorchOptions options = FP32.withPrecision(precision);
        List<Double> whole = losses(options, 8);
        Map<String, Tensor> state;
        try (TorchEngine engine = TorchEngine.start(model(small()), options)) {
            for (int i = 0; i < 4; i++) {
                assertThat(engine.step(batch(small(), 8), STEP)).isEqualTo(whole.get(i));
            }
            state = engine.state();
        }
        BranchedModel other = InitialWeights.random(small(), input(), SEED + 1);
        try (TorchEngine engine = TorchEngine.start(other, options)) {
            engine.restore(state);
            for (int i = 4; i < 8; i++) {
                assertThat(engine.step(batch(small(), 8), STEP)).isEqualTo(whole.get(i));
            }
        }
    }

    @Test
    void stateComesBackAsItWasGiven() {
        try (TorchEngine engine = TorchEngine.start(model(small()), FP32)) {
            double _ = engine.step(batch(small(), 8), STEP);
            Map<String, Tensor> state = engine.state();
            double _ = engine.step(batch(small(), 8), STEP);
            engine.restore(state);
            Map<String, Tensor> again = engine.state();
            assertThat(again.keySet()).isEqualTo(state.keySet());
            state.forEach(
                    (name, tensor) ->
                            assertThat(again.get(name).toArray())
                                    .as(name)
                                    .isEqualTo(tensor.toArray()));
            assertThat(state)
                    .containsKeys(
                            "stage1.1.rbr_dense.conv.weight",
                            "stage1.1.rbr_identity.running_var",
                            "momentum/linear.bias")
                    .doesNotContainKey("momentum/stage1.1.rbr_identity.running_var");
        }
    }

    @Test
    void refusesAStateThatDoesNotFit() {
        try (TorchEngine engine = TorchEngine.start(model(small()), FP32)) {
            Map<String, Tensor> before = engine.state();
            Map<String, Tensor> lacking = new HashMap<>(before);
            lacking.remove("momentum/linear.weight");
            assertThatThrownBy(() -> engine.restore(lacking))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("momentum/linear.weight")
                    .hasMessageContaining("[4,24]");
            Map<String, Tensor> wrong = new HashMap<>(before);
            wrong.put("linear.bias", Tensor.zeros(Shape.of(5)));
            assertThatThrownBy(() -> engine.restore(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("linear.bias", "[5]", "[4]");
        }
    }

    @Test
    void refusesBatchesThatDoNotFit() {
        try (TorchEngine engine = TorchEngine.start(model(small()), FP32)) {
            Batch grey = new Batch(images(2, 1, 16, 16), targets(2));
            assertThatThrownBy(() -> engine.step(grey, STEP))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("[2,1,16,16]", "[n,3,h,w]");
            Batch uneven = new Batch(images(2, 3, 16, 16), targets(3));
            assertThatThrownBy(() -> engine.step(uneven, STEP))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("[3,4]", "[2,4]");
            Batch single = new Batch(images(1, 3, 8, 8), targets(1));
            assertThatThrownBy(() -> engine.step(single, STEP))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("more than one value");
        }
    }

    @Test
    void lossOfNanIsReturned() {
        try (TorchEngine engine = TorchEngine.start(model(small()), FP32)) {
            Batch batch = batch(small(), 8);
            double _ = engine.step(batch, new StepSettings(1e30, 0, false, 0, 0));
            assertThat(engine.step(batch, STEP)).isNaN();
        }
    }

    @Test
    void bf16Learns() {
        TorchOptions options = FP32.withPrecision(Precision.BF16);
        List<Double> losses = losses(options, 30);
        assertThat(losses.getLast()).isLessThan(losses.getFirst() / 4);
    }

    @Test
    void smallRateMovesBf16AsFp32() {
        // A step's direction is the same in both precisions; the first loss differs by the rounding
        // of eight bits of mantissa.
        double bf16 = losses(FP32.withPrecision(Precision.BF16), 1).getFirst();
        assertThat(bf16).isCloseTo(losses(FP32, 1).getFirst(), within(0.05));
    }

    @Test
    void decidesWhatIsLeftToIt() {
        TorchOptions automatic =
                FP32.withPrecision(Precision.AUTO).withLayout(Layout.AUTO).withBatchSize(4);
        try (TorchEngine engine = TorchEngine.start(model(small()), automatic)) {
            assertThat(engine.options().precision()).isNotEqualTo(Precision.AUTO);
            assertThat(engine.options().layout()).isNotEqualTo(Layout.AUTO);
            assertThat(engine.description())
                    .startsWith("libtorch 2.10, cpu, ")
                    .endsWith(", 1 thread");
        }
    }

    @Test
    void saysWhenThereIsNoGpu() {
        if (Libtorch.hasCuda()) {
            return;
        }
        assertThatThrownBy(() -> TorchEngine.start(model(small()), FP32.withDevice(Device.CUDA)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("device cuda");
    }

    private static List<Double> losses(TorchOptions options, int steps) {
        List<Double> losses = new ArrayList<>();
        try (TorchEngine engine = TorchEngine.start(model(small()), options)) {
            for (int i = 0; i < steps; i++) {
                losses.add(engine.step(batch(small(), 8), STEP));
            }
        }
        return losses;
    }

    private static InputSpec input() {
        return InputSpec.centred(3, 16, 16);
    }

    private static BranchedModel model(RepVggSpec spec) {
        return InitialWeights.random(spec, input(), SEED);
    }

    private static Batch batch(RepVggSpec spec, int count) {
        return new Batch(images(count, spec.inputChannels(), 16, 16), targets(count));
    }

    private static Tensor images(int... dimensions) {
        var random = new SplittableRandom(SEED);
        Shape shape = Shape.of(dimensions);
        float[] values = new float[shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.ofOwned(shape, values);
    }

    private static Tensor targets(int count) {
        float[] values = new float[count * CLASSES];
        for (int i = 0; i < count; i++) {
            values[i * CLASSES + i % CLASSES] = 1;
        }
        return Tensor.ofOwned(Shape.of(count, CLASSES), values);
    }

    private static void assertClose(Tensor actual, Tensor expected) {
        assertThat(actual.shape()).isEqualTo(expected.shape());
        float largest = 1;
        for (float logit : expected.toArray()) {
            largest = Math.max(largest, Math.abs(logit));
        }
        assertThat(actual.toArray())
                .containsExactly(
                        expected.toArray(), Offset.offset((float) LOGITS_TOLERANCE * largest));
    }
}
