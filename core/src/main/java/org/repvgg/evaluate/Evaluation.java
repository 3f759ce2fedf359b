package org.repvgg.evaluate;

import java.util.List;

/// Accuracy of one classifier on one split.
///
/// @param top1 fraction whose best class is the label
/// @param top5 fraction whose label is among the best five (or all, where there are fewer classes)
/// @param images images judged
/// @param broken images that could not be read, one line each; not judged
/// @param seconds wall time of the whole, decoding included
/// @param confusion `confusion.get(label).get(answer)` counts images
public record Evaluation(
        double top1,
        double top5,
        int images,
        List<String> broken,
        double seconds,
        List<List<Integer>> confusion) {

    public double imagesPerSecond() {
        return images / seconds;
    }

    /// Fraction of the images of class `label` that were answered right; NaN where there are none.
    public double classTop1(int label) {
        List<Integer> row = confusion.get(label);
        int total = row.stream().mapToInt(Integer::intValue).sum();
        return total == 0 ? Double.NaN : (double) row.get(label) / total;
    }
}
