package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.tensor.Tensor;

final class TestWeightAverage {
    /// Fifty float updates of numbers below 1.
    private static final Offset<Float> ROUNDED = within(1e-5f);

    private static final String HEAD = "linear.weight";

    private static BranchedModel model(long seed) {
        return InitialWeights.random(TinyTraining.spec(4), InputSpec.centred(3, 8, 8), seed);
    }

    private static float head(BranchedModel model) {
        return ReferenceNames.tensors(model).get(HEAD).get(0);
    }

    @Test
    void followsTheFormula() {
        double decay = 0.99;
        WeightAverage average = new WeightAverage(model(0), decay);
        double expected = head(model(0));
        for (int look = 1; look <= 50; look++) {
            BranchedModel seen = model(look);
            average.look(seen, WeightAverage.INTERVAL);
            double keep =
                    Math.min(Math.pow(decay, WeightAverage.INTERVAL), (1.0 + look) / (10.0 + look));
            expected = keep * expected + (1 - keep) * head(seen);
        }
        assertThat(head(average.model())).isEqualTo((float) expected, ROUNDED);
        assertThat(average.looks()).isEqualTo(50);
    }

    @Test
    void forgetsByTheSteps() {
        WeightAverage average = new WeightAverage(model(0), 0.5);
        average.look(model(1), 1);
        double expected = 2.0 / 11 * head(model(0)) + 9.0 / 11 * head(model(1));
        assertThat(head(average.model())).isEqualTo((float) expected, ROUNDED);
        average.look(model(2), 4);
        expected = expected / 16 + 15.0 / 16 * head(model(2));
        assertThat(head(average.model())).isEqualTo((float) expected, ROUNDED);
    }

    @Test
    void whatDoesNotMoveStaysToTheBit() {
        WeightAverage average = new WeightAverage(model(0), 0.9);
        for (int look = 0; look < 20; look++) {
            average.look(model(0), WeightAverage.INTERVAL);
        }
        assertThat(ReferenceNames.tensors(average.model()).get(HEAD).toArray())
                .isEqualTo(ReferenceNames.tensors(model(0)).get(HEAD).toArray());
    }

    @Test
    void goesOnFromWhatWasSaved() {
        WeightAverage whole = new WeightAverage(model(0), 0.99);
        WeightAverage before = new WeightAverage(model(0), 0.99);
        for (int look = 1; look <= 10; look++) {
            whole.look(model(look), WeightAverage.INTERVAL);
            if (look <= 6) {
                before.look(model(look), WeightAverage.INTERVAL);
            }
        }
        WeightAverage after = new WeightAverage(model(99), 0.99);
        after.restore(ReferenceNames.tensors(before.model()), before.looks());
        for (int look = 7; look <= 10; look++) {
            after.look(model(look), WeightAverage.INTERVAL);
        }

        Map<String, Tensor> expected = ReferenceNames.tensors(whole.model());
        ReferenceNames.tensors(after.model())
                .forEach(
                        (name, tensor) ->
                                assertThat(tensor.toArray())
                                        .as(name)
                                        .isEqualTo(expected.get(name).toArray()));
    }

    @Test
    void givesCopies() {
        WeightAverage average = new WeightAverage(model(0), 0.9);
        average.look(model(1), WeightAverage.INTERVAL);
        BranchedModel given = average.model();
        float before = head(given);
        average.look(model(2), WeightAverage.INTERVAL);
        assertThat(head(given)).isEqualTo(before);
    }

    @Test
    void namesWhatASavedAverageLacks() {
        Map<String, Tensor> saved = new HashMap<>(ReferenceNames.tensors(model(0)));
        saved.remove(HEAD);
        assertThatThrownBy(() -> new WeightAverage(model(0), 0.9).restore(saved, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(HEAD);
    }
}
