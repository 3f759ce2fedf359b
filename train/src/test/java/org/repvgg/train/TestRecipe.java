package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class TestRecipe {
    @Test
    void isFoundByItsName() {
        for (Recipe recipe : Recipe.all()) {
            assertThat(Recipe.find(recipe.name())).contains(recipe);
        }
        assertThat(Recipe.find("none")).isEmpty();
    }

    @Test
    void tellsEveryField() {
        assertThat(Recipe.baseline().facts().values())
                .containsExactlyElementsOf(
                        List.of(
                                "baseline",
                                "80",
                                "128",
                                "none",
                                "none",
                                "0.1",
                                "5",
                                "0.9, Nesterov",
                                "0.0005",
                                "0",
                                "1",
                                "1",
                                "as they are",
                                "as it is drawn",
                                "0.1",
                                Recipe.baseline().augmentation().toString(),
                                Recipe.baseline().cutMix().toString(),
                                "none",
                                "the last 0.15 of the epochs",
                                "none",
                                "none",
                                "none",
                                "decay " + Recipe.baseline().averageDecay() + " a step",
                                "none"));
    }

    @Test
    void restsInTheLastEpochs() {
        Recipe recipe = Recipe.baseline();
        assertThat(recipe.rests(1)).isFalse();
        assertThat(recipe.rests(68)).isFalse();
        assertThat(recipe.rests(69)).isTrue();
        assertThat(recipe.rests(80)).isTrue();
        assertThat(recipe.withEpochs(1).rests(1)).isFalse();
        assertThat(Recipe.paper().rests(120)).isFalse();
    }

    @Test
    void refusesNonsenseWithTheValue() {
        Recipe recipe = Recipe.baseline();
        assertThatThrownBy(() -> recipe.withEpochs(0)).hasMessageContaining("at least 1: 0");
        assertThatThrownBy(() -> recipe.withBatchSize(1)).hasMessageContaining("at least 2");
        assertThatThrownBy(() -> recipe.toBuilder().accumulation(0).build())
                .hasMessageContaining("at least 1 batch, not 0");
        assertThatThrownBy(() -> recipe.toBuilder().frozenStages(-1).build())
                .hasMessageContaining("-1 stages");
        assertThatThrownBy(() -> recipe.toBuilder().statisticsImages(-5).build())
                .hasMessageContaining("over -5 images");
        for (double rate : new double[] {-0.1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> recipe.toBuilder().bodyRate(rate).build())
                    .hasMessageContainingAll("body's rate", String.valueOf(rate));
        }
        assertThatThrownBy(() -> recipe.toBuilder().patience(-1).build())
                .hasMessageContaining("-1 epochs");
        assertThatThrownBy(() -> recipe.toBuilder().patience(3).statisticsImages(50).build())
                .hasMessageContainingAll("3 epochs", "50 images");
        for (double rate : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> recipe.toBuilder().normBiasRate(rate).build())
                    .hasMessageContainingAll("norms' biases", String.valueOf(rate));
        }
        assertThatThrownBy(() -> recipe.withPeakLearningRate(Double.NaN))
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> recipe.withPeakLearningRate(-1)).hasMessageContaining("-1.0");
    }
}
