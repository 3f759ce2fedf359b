package org.repvgg.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// A pass takes no memory but for its answer.
final class TestAllocation {
    private static final int WARM_UP = 3_000;
    private static final int PASSES = 1_000;

    /// A tensor, its shape and ten floats, and some room for what the JIT did not see through.
    private static final long ANSWER = 512;

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void nothingButTheAnswer(int threads) {
        RepVggSpec spec =
                RepVggFamily.A0.spec().toBuilder()
                        .classes(10)
                        .widths(List.of(16, 32, 32))
                        .depths(List.of(1, 2, 2))
                        .strides(List.of(1, 1, 2))
                        .squeezeExcite(RepVggFamily.D2SE.spec().squeezeExcite())
                        .build();
        Tensor images = RandomModels.images(1, 3, 12, 12, 1);
        ThreadMXBean threadBean = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
        try (Classifier classifier =
                PlainRuntime.load(RandomModels.plain(spec, 1), new RuntimeOptions(threads))) {
            repeat(classifier, images, WARM_UP);
            long before = threadBean.getCurrentThreadAllocatedBytes();
            repeat(classifier, images, PASSES);
            long bytes = threadBean.getCurrentThreadAllocatedBytes() - before;

            assertThat(bytes / PASSES).as("bytes a pass").isLessThanOrEqualTo(ANSWER);
        }
    }

    private static void repeat(Classifier classifier, Tensor images, int times) {
        for (int i = 0; i < times; i++) {
            classifier.logits(images);
        }
    }
}
