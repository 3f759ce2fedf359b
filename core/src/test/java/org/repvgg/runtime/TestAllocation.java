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
    private static final int PASSES = 1_000;

    /// Vectors are objects until Java has compiled what uses them; by then it has, many times over.
    private static final long PATIENCE_NANOS = 20_000_000_000L;

    /// A tensor, its shape and ten floats, and what is given to checks that do not fail. A layer
    /// that took memory of its own would take more.
    private static final long ANSWER = 1024;

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
            long end = System.nanoTime() + PATIENCE_NANOS;
            long bytes = Long.MAX_VALUE;
            while (bytes / PASSES > ANSWER && System.nanoTime() < end) {
                long before = threadBean.getCurrentThreadAllocatedBytes();
                repeat(classifier, images, PASSES);
                bytes = threadBean.getCurrentThreadAllocatedBytes() - before;
            }

            assertThat(bytes / PASSES).as("bytes a pass").isLessThanOrEqualTo(ANSWER);
        }
    }

    private static void repeat(Classifier classifier, Tensor images, int times) {
        for (int i = 0; i < times; i++) {
            classifier.logits(images);
        }
    }
}
