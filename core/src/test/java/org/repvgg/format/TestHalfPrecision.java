package org.repvgg.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.fold.Fold;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Model;
import org.repvgg.model.Provenance;
import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.SqueezeExciteSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;
import org.repvgg.tensor.Tensor;

final class TestHalfPrecision {
    /// Half a unit in the last place, relative: a significand has 11 bits.
    private static final float HALF_UNIT = 0x1p-11f;

    @TempDir Path folder;

    @Test
    void roundsToTheNearestAndTiesToEven() throws IOException {
        float unit = 0x1p-10f; // of numbers from 1 to 2
        assertThat(stored(1 + 0.5f * unit, 1 + 1.5f * unit, 1 + 0.51f * unit, -1 - 0.5f * unit))
                .containsExactly(1, 1 + 2 * unit, 1 + unit, -1);
        assertThat(stored(65504, 65519.99f, -65519.99f)).containsExactly(65504, 65504, -65504);
        assertThat(stored(0x1p-24f, 0x1p-25f, 0x1.8p-25f, -0f))
                .containsExactly(0x1p-24f, 0, 0x1p-24f, -0f);
        assertThat(stored(Float.POSITIVE_INFINITY, Float.NaN))
                .containsExactly(Float.POSITIVE_INFINITY, Float.NaN);
    }

    private float[] stored(float... values) throws IOException {
        Path file = folder.resolve("a.safetensors");
        new SafetensorsWriter().addHalf("w", Tensor.vector(values)).write(file);
        try (Safetensors read = Safetensors.open(file)) {
            assertThat(read.entries().get("w").type()).isEqualTo(DataType.F16);
            return read.read("w").toArray();
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {65520, -65520, 1e30f})
    void refusesWhatIsTooLarge(float value) {
        assertThatThrownBy(() -> new SafetensorsWriter().addHalf("w", Tensor.vector(1, value)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("half precision ends at 65504.0, element 1 is %s: w".formatted(value));
    }

    @Test
    void largeTensorsCrossTheBuffer() throws IOException {
        float[] values = new float[3_000_001];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 2048;
        }
        assertThat(stored(values)).isEqualTo(values);
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void aModelIsReadAsItWasRounded(Form form) throws IOException {
        Model model = model(form);
        Path file = folder.resolve("half.safetensors");
        Path whole = folder.resolve("whole.safetensors");
        Checkpoint.write(file, model, Naming.REFERENCE, DataType.F16);
        Checkpoint.write(whole, model);
        Model read = Checkpoint.read(file);

        assertThat(read.spec()).isEqualTo(model.spec());
        assertThat(read.input()).isEqualTo(model.input());
        assertThat(read.provenance()).isEqualTo(model.provenance());
        Map<String, Tensor> rounded = ReferenceNames.tensors(HalfPrecision.round(model));
        Map<String, Tensor> exact = ReferenceNames.tensors(model);
        assertThat(ReferenceNames.tensors(read))
                .allSatisfy(
                        (name, tensor) -> {
                            float[] values = tensor.toArray();
                            assertThat(values).isEqualTo(rounded.get(name).toArray());
                            float[] before = exact.get(name).toArray();
                            for (int i = 0; i < values.length; i++) {
                                assertThat(Math.abs(values[i] - before[i]))
                                        .isLessThanOrEqualTo(
                                                Math.max(
                                                        HALF_UNIT * Math.abs(before[i]), 0x1p-25f));
                            }
                        });
        long tensors = exact.values().stream().mapToLong(t -> t.shape().elements()).sum();
        assertThat(Files.size(whole) - Files.size(file))
                .isBetween(2 * tensors - 8, 2 * tensors + 400);
        Path again = folder.resolve("again.safetensors");
        Checkpoint.write(again, read, Naming.REFERENCE, DataType.F16);
        assertThat(again).hasSameBinaryContentAs(file);
    }

    @Test
    void otherTypesAreNotWritten() {
        assertThatThrownBy(
                        () ->
                                Checkpoint.write(
                                        folder.resolve("a"),
                                        model(Form.TRAIN),
                                        Naming.REFERENCE,
                                        DataType.BF16))
                .hasMessage("a model is written as F32 or F16, not BF16");
    }

    private static Model model(Form form) {
        BranchedModel branched =
                InitialWeights.random(
                                RepVggFamily.A0.spec().toBuilder()
                                        .widths(List.of(4, 4, 8, 8, 12))
                                        .classes(3)
                                        .squeezeExcite(
                                                new SqueezeExciteSpec(2, Placement.BEFORE_RELU))
                                        .build(),
                                InputSpec.centred(3, 32, 32),
                                1)
                        .withProvenance(new Provenance(Map.of("seed", "1")));
        return switch (form) {
            case TRAIN -> branched;
            case PLAIN -> Fold.fold(branched);
        };
    }
}
