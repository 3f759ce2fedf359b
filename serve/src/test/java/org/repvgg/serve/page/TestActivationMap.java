package org.repvgg.serve.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.repvgg.fold.Fold;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Linear;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestActivationMap {
    private static final int CLASSES = 7;

    /// The gain of plus-L2pse comes after the ReLU: it belongs to what the head averages.
    @ParameterizedTest
    @EnumSource(names = {"A0", "D2SE", "PLUS_L2PSE"})
    void testTheMeanIsTheLogitWithoutItsBias(RepVggFamily family) {
        PlainModel model = smallModel(family.spec());
        Tensor image = noise(Shape.of(1, 3, 96, 160), 2);
        int last = ActivationMap.lastBlock(model.spec());
        try (var runtime = PlainRuntime.load(model, new RuntimeOptions(1))) {
            Tensor logits = runtime.logits(image);
            Tensor features = runtime.features(image, Set.of(last)).get(last);

            for (int k = 0; k < CLASSES; k++) {
                ActivationMap map = ActivationMap.of(model, features, k);

                assertThat(map.classIndex()).isEqualTo(k);
                assertThat(List.of(map.height(), map.width())).isEqualTo(List.of(3, 5));
                assertThat(mean(map) + head(model).bias().get(k))
                        .isCloseTo(logits.get(k), within(tolerance(model, features, k)));
            }
        }
    }

    /// Two places, two channels, by hand.
    @Test
    void testValuesAndTheirRange() {
        Tensor features = Tensor.ofOwned(Shape.of(1, 2, 1, 2), new float[] {1, 2, 3, 5});
        var head =
                new Linear(Tensor.ofOwned(Shape.of(1, 2), new float[] {4, -1}), Tensor.vector(9));

        ActivationMap map = ActivationMap.of(withHead(head), features, 0);

        assertThat(map.values().toArray()).containsExactly(4 - 3, 8 - 5);
        assertThat(map.min()).isEqualTo(1);
        assertThat(map.max()).isEqualTo(3);
    }

    @Test
    void testRefusesWhatDoesNotFit() {
        PlainModel model = smallModel(RepVggFamily.A0.spec());

        assertThatThrownBy(() -> ActivationMap.of(model, Tensor.zeros(Shape.of(1, 5, 2, 2)), 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("features are [1,5,2,2], the head of A0 wants [1,24,h,w]");
        assertThatThrownBy(() -> ActivationMap.of(model, Tensor.zeros(Shape.of(2, 24, 2, 2)), 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ActivationMap.of(model, Tensor.zeros(Shape.of(1, 24, 2, 2)), 7))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no class 7: A0 has 7 classes");
    }

    /// Two sums in float of the same products, over places and then channels, and the map's own
    /// rounding: `gamma(places + channels + 4)` of the sum of what is added, see
    /// `docs/numerics.md`.
    private static double tolerance(PlainModel model, Tensor features, int k) {
        int channels = features.shape().dimension(1);
        int places = features.shape().elements() / channels;
        double size = Math.abs(head(model).bias().get(k));
        for (int c = 0; c < channels; c++) {
            for (int place = 0; place < places; place++) {
                size +=
                        Math.abs(
                                (double) head(model).weight().get(k * channels + c)
                                        * features.get(c * places + place)
                                        / places);
            }
        }
        double terms = (places + channels + 4) * 0x1p-24;
        return terms / (1 - terms) * size;
    }

    private static double mean(ActivationMap map) {
        double sum = 0;
        for (int place = 0; place < map.values().shape().elements(); place++) {
            sum += map.values().get(place);
        }
        return sum / map.values().shape().elements();
    }

    private static Linear head(PlainModel model) {
        return ((PlainLayer.Classify) model.layers().getLast()).weights();
    }

    private static PlainModel smallModel(RepVggSpec family) {
        RepVggSpec spec =
                family.toBuilder()
                        .classes(CLASSES)
                        .widths(List.of(8, 8, 16, 16, 24))
                        .depths(List.of(1, 2, 2, 2, 2))
                        .auxiliaryHeads(false)
                        .build();
        return Fold.fold(InitialWeights.random(spec, InputSpec.centred(3, 96, 160), 1));
    }

    private static PlainModel withHead(Linear head) {
        PlainModel small = smallModel(RepVggFamily.A0.spec());
        List<PlainLayer> layers =
                List.of(
                        small.layers().stream()
                                .map(
                                        layer ->
                                                layer instanceof PlainLayer.Classify
                                                        ? new PlainLayer.Classify(head)
                                                        : layer)
                                .toArray(PlainLayer[]::new));
        return new PlainModel(small.spec(), layers, small.input(), small.provenance());
    }

    private static Tensor noise(Shape shape, long seed) {
        var random = new SplittableRandom(seed);
        float[] values = new float[shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.ofOwned(shape, values);
    }
}
