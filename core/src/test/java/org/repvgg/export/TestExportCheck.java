package org.repvgg.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.OddSpecs;
import org.repvgg.runtime.RandomModels;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestExportCheck {
    private Classifier ours;

    @BeforeEach
    void load() {
        ours =
                Runtimes.load(
                        RandomModels.plain(OddSpecs.plain().getFirst(), 1), new RuntimeOptions(1));
    }

    @AfterEach
    void close() {
        ours.close();
    }

    @Test
    void agreesWithItself() {
        List<Shape> seen = new ArrayList<>();
        ExportCheck.Result result =
                ExportCheck.of(ours, ExportOptions.defaults())
                        .compare(
                                images -> {
                                    seen.add(images.shape());
                                    return Map.of("logits", ours.logits(images));
                                });

        assertThat(result.holds()).isTrue();
        assertThat(result.maxAbsDifference()).isZero();
        assertThat(result.images())
                .isEqualTo(seen)
                .containsExactly(Shape.of(1, 3, 32, 32), Shape.of(2, 3, 25, 37));
    }

    @Test
    void seesAnotherValue() {
        ExportCheck.Result result = compareShifted(0.5f);

        assertThat(result.holds()).isFalse();
        assertThat(result.maxAbsDifference()).isCloseTo(0.5, within(1e-5));
    }

    @Test
    void notANumberIsAnotherValue() {
        ExportCheck.Result result = compareShifted(Float.NaN);

        assertThat(result.holds()).isFalse();
        assertThat(result.maxAbsDifference()).isNaN();
    }

    private ExportCheck.Result compareShifted(float shift) {
        return ExportCheck.of(ours, ExportOptions.defaults())
                .compare(
                        images -> {
                            Tensor logits = ours.logits(images);
                            float[] values = logits.toArray();
                            values[values.length - 1] += shift;
                            return Map.of("logits", Tensor.ofOwned(logits.shape(), values));
                        });
    }

    @Test
    void everyStageHasItsDifference() {
        ExportOptions options = ExportOptions.defaults().withFeatures(List.of(0, 2));
        ExportCheck.Result result =
                ExportCheck.of(ours, options)
                        .compare(
                                images -> {
                                    Map<String, Tensor> maps =
                                            ExportCheck.features(ours, List.of(0, 2), images);
                                    maps.computeIfPresent(
                                            "stage2", (_, map) -> Tensor.filled(map.shape(), -1));
                                    return maps;
                                });

        assertThat(result.outputs())
                .extracting(ExportCheck.Output::name, ExportCheck.Output::holds)
                .containsExactly(tuple("stage0", true), tuple("stage2", false));
        assertThat(result.holds()).isFalse();
    }

    @Test
    void refusesAnotherShape() {
        assertThatThrownBy(
                        () ->
                                ExportCheck.of(ours, ExportOptions.defaults())
                                        .compare(images -> Map.of("logits", images)))
                .hasMessage("the exported network answers [1,3,32,32], wanted [1,7]: logits");
        assertThatThrownBy(
                        () -> ExportCheck.of(ours, ExportOptions.defaults()).compare(_ -> Map.of()))
                .hasMessage("the exported network answers [], not logits");
    }

    @Test
    void optionsThatExcludeEachOther() {
        assertThatThrownBy(
                        () -> ExportOptions.defaults().withSoftmax(true).withFeatures(List.of(1)))
                .hasMessageContaining("features=[1]");
        assertThatThrownBy(() -> ExportOptions.defaults().withFeatures(List.of(1, 1)))
                .hasMessageContaining("[1, 1]");
        assertThatThrownBy(() -> ExportOptions.defaults().withLargestFile(1L << 31))
                .hasMessageContaining("2147483648");
    }
}
