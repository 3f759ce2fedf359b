package org.repvgg.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.repvgg.kernel.ConvPlan;
import org.repvgg.kernel.ConvShape;
import org.repvgg.kernel.FeatureMaps;
import org.repvgg.kernel.Kernels;
import org.repvgg.kernel.Winograd;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier.BlockObserver;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.tensor.Tensor;

/// Which algorithm computes the layers of A0 and of others.
final class TestConvChoice {
    private static final int LANES = 16;

    private static Optional<Winograd> choose(ConvShape shape, int images, int height, int width) {
        var from = new FeatureMaps(images, height, width, shape.in(), 1);
        int down = shape.outputSize(height);
        int across = shape.outputSize(width);
        var to = new FeatureMaps(images, down, across, shape.out(), 1);
        return ConvChoice.choose(new ConvPlan(shape, from, to), shape, to, LANES);
    }

    private static ConvShape conv(int channels, int groups, int stride) {
        return new ConvShape(channels, channels, groups, 3, 3, stride);
    }

    @Test
    void largeMapsGoByTheLargestTiles() {
        assertThat(choose(conv(48, 1, 1), 1, 56, 56)).contains(Winograd.F4);
        assertThat(choose(conv(96, 1, 1), 1, 28, 28)).contains(Winograd.F4);
        assertThat(choose(conv(192, 1, 1), 8, 14, 14)).isPresent();
        assertThat(choose(conv(192, 2, 1), 8, 14, 14)).isPresent();
    }

    @Test
    void mapsOf2x2AreOneTile() {
        assertThat(choose(conv(192, 1, 1), 256, 2, 2)).contains(Winograd.WHOLE_2X2);
        assertThat(choose(conv(192, 1, 1), 1, 2, 2)).contains(Winograd.WHOLE_2X2);
    }

    @Test
    void whatHasNoTilesIsDirect() {
        assertThat(choose(conv(48, 1, 2), 1, 56, 56)).as("stride 2").isEmpty();
        assertThat(choose(conv(8, 1, 1), 1, 56, 56)).as("half a vector of channels").isEmpty();
        assertThat(choose(conv(64, 8, 1), 1, 56, 56)).as("half a vector a group").isEmpty();
        assertThat(choose(new ConvShape(64, 64, 1, 1, 1, 1), 1, 56, 56)).as("1x1").isEmpty();
        assertThat(choose(conv(192, 1, 1), 64, 1, 1)).as("maps of one pixel").isEmpty();
    }

    @Test
    void runsOfTilesFillRegisterTilesAndAreEven() {
        for (int tiles : new int[] {1, 4, 5, 16, 25, 49, 196, 1568}) {
            int capacity = ConvChoice.capacity(Winograd.F4, conv(192, 1, 1), tiles);
            assertThat(capacity).isBetween(1, 25);
            if (tiles > 5) {
                assertThat(capacity % 5).as("%s tiles", tiles).isZero();
            }
        }
    }

    @Test
    void withoutMemoryAConvolutionIsDirectAndTheAnswerTheSame() {
        PlainModel model =
                RandomModels.plain(RepVggFamily.A0.spec().toBuilder().classes(10).build(), 1);
        Tensor images = RandomModels.images(3, 3, 64, 64, 2);
        Program rich = PlainProgram.compile(model, Kernels.fastest());
        Program poor = PlainProgram.compile(model, Kernels.fastest(), TransformedMemory.none());
        try (ProgramRunner fast = new ProgramRunner(rich, 2);
                ProgramRunner slow = new ProgramRunner(poor, 2)) {
            Tensor expected = slow.logits(images, BlockObserver.NONE);
            Tensor actual = fast.logits(images, BlockObserver.NONE);
            assertThat(TestPlainRuntime.difference(actual, expected))
                    .isPositive() // other sums
                    .isLessThanOrEqualTo(Tolerance.REFERENCE);
        }
    }

    @Test
    void memoryIsTakenOnceAndNotOverdrawn() {
        TransformedMemory memory = new TransformedMemory(100);
        assertThat(memory.take(60)).isTrue();
        assertThat(memory.take(41)).isFalse();
        assertThat(memory.take(40)).isTrue();
        assertThat(memory.take(1)).isFalse();
    }
}
