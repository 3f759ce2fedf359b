package org.repvgg.runtime;

import java.util.HashMap;
import java.util.Map;
import org.repvgg.kernel.FeatureMaps;
import org.repvgg.runtime.Classifier.BlockObserver;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Gathers what blocks answer, chunk by chunk, and shows it when a whole batch is there.
final class ObservedBlocks {
    /// Nobody looks.
    static final ObservedBlocks NONE = new ObservedBlocks(BlockObserver.NONE, 0);

    private final BlockObserver observer;
    private final int images;
    private final Map<Integer, Tensor> outputs = new HashMap<>();

    private ObservedBlocks(BlockObserver observer, int images) {
        this.observer = observer;
        this.images = images;
    }

    /// For the blocks of `images` images; [#NONE] where nobody looks.
    static ObservedBlocks of(BlockObserver observer, int images) {
        return observer == BlockObserver.NONE ? NONE : new ObservedBlocks(observer, images);
    }

    /// Copies what `block` answers for the images from `first` on.
    void show(int block, FeatureMaps maps, int first, int count) {
        if (!observer.wants(block)) {
            return;
        }
        int plane = maps.height() * maps.width();
        Tensor output =
                outputs.computeIfAbsent(
                        block,
                        _ ->
                                Tensor.zeros(
                                        Shape.of(
                                                images,
                                                maps.channels(),
                                                maps.height(),
                                                maps.width())));
        for (int image = 0; image < count; image++) {
            for (int y = 0; y < maps.height(); y++) {
                int at = (first + image) * maps.channels() * plane + y * maps.width();
                maps.writeRow(image, y, output.unsafeArray(), at, plane);
            }
        }
        if (first + count == images) {
            outputs.remove(block);
            observer.blockOutput(block, output);
        }
    }
}
