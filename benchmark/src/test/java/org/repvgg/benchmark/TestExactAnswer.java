package org.repvgg.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.fold.Fold;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestExactAnswer {
    static Stream<RepVggSpec> specs() {
        RepVggSpec plain =
                RepVggFamily.A0.spec().toBuilder()
                        .classes(5)
                        .widths(List.of(6, 12, 18))
                        .depths(List.of(1, 2, 2))
                        .strides(List.of(2, 1, 2))
                        .build();
        return Stream.of(
                plain,
                plain.toBuilder().groups(Map.of(2, 3, 4, 2)).build(),
                plain.toBuilder().squeezeExcite(RepVggFamily.D2SE.spec().squeezeExcite()).build());
    }

    @ParameterizedTest
    @MethodSource("specs")
    void theRuntimeRoundsNearIt(RepVggSpec spec) {
        PlainModel model = Fold.fold(InitialWeights.random(spec, InputSpec.centred(3, 9, 7), 1));
        Tensor images = ContenderMain.noise(Shape.of(2, 3, 9, 7));
        double[] exact = ExactAnswer.logits(model, images);
        try (PlainRuntime runtime = PlainRuntime.load(model, new RuntimeOptions(1))) {
            Tensor logits = runtime.logits(images);
            assertThat(ExactAnswer.relativeError(exact, logits)).isPositive().isLessThan(2e-6);
        }
    }

    @Test
    void errorsAreRelativeToTheLargestLogit() {
        double[] exact = {1, -4, 2};
        assertThat(ExactAnswer.relativeError(exact, Tensor.vector(1, -3, 2))).isEqualTo(0.25);
        assertThat(ExactAnswer.relativeError(exact, Tensor.vector(1, Float.NaN, 2))).isNaN();
    }
}
