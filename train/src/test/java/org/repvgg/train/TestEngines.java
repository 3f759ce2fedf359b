package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggSpec;

/// Which engine trains what.
final class TestEngines {
    private static final Map<String, String> BEGUN_ON_JAVA = Map.of("name", "java");

    private static BranchedModel model(boolean grouped) {
        RepVggSpec spec =
                TinyTraining.spec(4).toBuilder().groups(grouped ? Map.of(2, 2) : Map.of()).build();
        return InitialWeights.random(spec, InputSpec.centred(3, 8, 8), 1);
    }

    private static String started(
            String engine, String precision, boolean grouped, Map<String, String> choices) {
        EngineFactory engines = Engines.of(engine, "cpu", precision, 1, 8);
        try (TrainingEngine started = engines.start(model(grouped), choices)) {
            return started.description();
        }
    }

    @Test
    void autoTakesJavaWhereItCan() {
        assertThat(started("auto", "auto", false, Map.of())).startsWith("java, fp32");
        assertThat(started("auto", "fp32", false, Map.of())).startsWith("java, fp32");
        assertThat(started("java", "auto", false, Map.of())).startsWith("java, fp32");
    }

    @Test
    void autoTakesLibtorchElsewhere() {
        assertThat(started("auto", "auto", true, Map.of())).startsWith("libtorch");
        assertThat(started("auto", "bf16", false, Map.of())).startsWith("libtorch");
        assertThat(started("libtorch", "fp32", false, Map.of())).startsWith("libtorch");
    }

    @Test
    void aTrainingGoesOnWithItsEngine() {
        assertThat(started("auto", "auto", false, BEGUN_ON_JAVA)).startsWith("java");
        Map<String, String> libtorch =
                Map.of("layout", "CHANNELS_LAST", "precision", "FP32", "threads", "1");
        assertThat(started("auto", "auto", false, libtorch)).startsWith("libtorch");
        assertThatThrownBy(() -> started("libtorch", "auto", false, BEGUN_ON_JAVA))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("libtorch", "began with java");
        assertThatThrownBy(() -> started("auto", "bf16", false, BEGUN_ON_JAVA))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("java engine", "fp32", "bf16");
    }

    @Test
    void whatAnEngineCannotDoIsSaid() {
        assertThatThrownBy(() -> started("java", "bf16", false, Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("java engine", "fp32", "bf16");
        assertThatThrownBy(() -> started("java", "auto", true, Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("convolutions in groups", "libtorch");
        assertThatThrownBy(() -> Engines.of("abacus", "cpu", "auto", 1, 8))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("abacus", "java", "libtorch");
    }
}
