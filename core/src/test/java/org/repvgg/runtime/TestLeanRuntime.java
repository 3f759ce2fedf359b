package org.repvgg.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.kernel.Kernels;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.PlainModel;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// A runtime that packs for every pass answers as one that packs once.
final class TestLeanRuntime {
    private static final RuntimeOptions OPTIONS = new RuntimeOptions(2);
    private static final long SEED = 20261125;

    /// Maps, plans and steps of the small network below.
    private static final long MAPS_AND_PLANS = 300_000;

    static Stream<RepVggSpec> branched() {
        return OddSpecs.branched().stream();
    }

    @ParameterizedTest
    @MethodSource("branched")
    void theTrainingFormAnswersBitForBit(RepVggSpec spec) {
        BranchedModel model = RandomModels.branched(spec, SEED);
        try (Classifier keeps = Runtimes.load(model, OPTIONS);
                Classifier repacks = Runtimes.load(model, OPTIONS.leanly())) {
            for (int n : new int[] {1, 3, 1}) {
                Tensor images = RandomModels.images(n, spec.inputChannels(), 9, 11, SEED);
                assertThat(repacks.logits(images).toArray())
                        .isEqualTo(keeps.logits(images).toArray());
            }
        }
    }

    @Test
    void thePlainFormAnswersAsByDirectConvolution() {
        RepVggSpec spec = layers(3);
        PlainModel model = RandomModels.plain(spec, SEED);
        Program direct = PlainProgram.compile(model, Kernels.fastest(), TransformedMemory.none());
        Tensor images = RandomModels.images(3, 3, 12, 12, SEED);
        try (var keeps = new ProgramRunner(direct, 2);
                Classifier repacks = Runtimes.load(model, OPTIONS.leanly())) {
            assertThat(repacks.logits(images).toArray())
                    .isEqualTo(keeps.logits(images, Classifier.BlockObserver.NONE).toArray());
        }
    }

    @Test
    void weightsArePackedIntoOneMemory() {
        int layers = 12;
        PlainModel model = RandomModels.plain(layers(layers), SEED);
        long largest = Float.BYTES * 64 * 64 * 9;
        Kernels scalar = Kernels.all().getFirst();

        assertThat(allocated(model, scalar, OPTIONS.leanly()))
                .isLessThan(2 * largest + MAPS_AND_PLANS);
        assertThat(allocated(model, scalar, OPTIONS)).isGreaterThan((layers - 1) * largest);
    }

    /// Bytes that loading and the first pass take. Scalar kernels: vectors are objects until Java
    /// has compiled what uses them.
    private static long allocated(PlainModel model, Kernels kernels, RuntimeOptions options) {
        Tensor image = RandomModels.images(1, 3, 4, 4, SEED);
        ThreadMXBean threadBean = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
        long before = threadBean.getCurrentThreadAllocatedBytes();
        try (Classifier classifier = PlainRuntime.load(model, options, kernels)) {
            assertThat(classifier.logits(image).shape().dimension(1)).isEqualTo(10);
        }
        return threadBean.getCurrentThreadAllocatedBytes() - before;
    }

    private static RepVggSpec layers(int depth) {
        return RepVggFamily.A0.spec().toBuilder()
                .classes(10)
                .widths(List.of(16, 64))
                .depths(List.of(1, depth))
                .strides(List.of(1, 2))
                .build();
    }
}
