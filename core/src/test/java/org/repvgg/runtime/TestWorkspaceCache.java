package org.repvgg.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.repvgg.kernel.Kernels;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;

final class TestWorkspaceCache {
    private static final RepVggSpec A0 = RepVggFamily.A0.spec();
    private static final WorkerPool POOL = new WorkerPool(1); // no threads to end
    private static final double BUDGET = 256e6;
    private static final Program PROGRAM =
            PlainProgram.compile(
                    RandomModels.plain(A0.toBuilder().classes(10).build(), 1), Kernels.fastest());

    @Test
    void plainLayersOfOneSizeShareTwoSlots() {
        // images, 112, 2 x 56, 2 x 28, 2 x 14, 7, pooled, logits
        assertThat(PROGRAM.slotShapes()).hasSize(11);
    }

    @Test
    void aBigBatchIsCutToTheBudget() {
        WorkspaceCache cache = new WorkspaceCache(PROGRAM, 64e6, BUDGET, POOL);
        int chunk = cache.chunk(10_000, 224, 224);
        assertThat(chunk * Workspace.bytesPerImage(PROGRAM, 224, 224)).isLessThanOrEqualTo(64e6);
        assertThat(chunk).isBetween(5, 20);
        assertThat(cache.chunk(1, 224, 224)).isEqualTo(1);
        assertThat(cache.chunk(2, 224, 224)).isEqualTo(2);
        assertThat(cache.chunk(3, 224, 224)).isEqualTo(4);
        assertThat(cache.chunk(10_000, 4000, 4000)).isEqualTo(1);
    }

    @Test
    void aWorkspaceIsUsedAgain() {
        WorkspaceCache cache = new WorkspaceCache(PROGRAM, 64e6, BUDGET, POOL);
        Workspace four = cache.get(4, 32, 32);
        assertThat(cache.get(4, 32, 32)).isSameAs(four);
        assertThat(cache.get(4, 32, 33)).isNotSameAs(four);
        assertThat(cache.get(1, 32, 32)).isNotSameAs(four);
        assertThat(cache.get(4, 32, 32)).isSameAs(four);
        assertThat(cache.get(8, 32, 32)).isNotSameAs(four);
    }

    @Test
    void oldWorkspacesMakeRoom() {
        WorkspaceCache cache = new WorkspaceCache(PROGRAM, 64e6, BUDGET, POOL);
        Workspace first = cache.get(10, 224, 224);
        double bytes = first.bytes();
        for (int i = 1; i * bytes < BUDGET; i++) {
            cache.get(10, 224, 224 - i);
        }
        assertThat(cache.get(10, 224, 224)).isNotSameAs(first);
    }

    @Test
    void anImageTooLargeForAnArrayIsRefused() {
        WorkspaceCache cache = new WorkspaceCache(PROGRAM, 64e6, BUDGET, POOL);
        assertThatThrownBy(() -> cache.get(1, 20_000, 20_000))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("than an array can hold");
    }
}
