package org.repvgg.evaluate;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.repvgg.tensor.Tensor;

/// One class of an answer, for people.
///
/// @param label the class
/// @param name its name, or its number where it has none
/// @param probability by softmax over all classes
public record Prediction(int label, String name, double probability) {

    /// The most probable classes of one row of logits, best first.
    ///
    /// `p[c] = exp(logit[c] - max) / sum`, computed in double.
    ///
    /// @param logits `[n,classes]`; not modified
    /// @param classNames in label order; numbers are given where it is empty
    /// @param top how many, at most
    public static List<Prediction> best(Tensor logits, int row, List<String> classNames, int top) {
        int classes = logits.shape().dimension(1);
        int offset = row * classes;
        double highest = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < classes; c++) {
            highest = Math.max(highest, logits.get(offset + c));
        }
        double[] weights = new double[classes];
        double sum = 0;
        for (int c = 0; c < classes; c++) {
            weights[c] = Math.exp(logits.get(offset + c) - highest);
            sum += weights[c];
        }
        double total = sum;
        return IntStream.range(0, classes)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer c) -> -weights[c]))
                .limit(top)
                .map(c -> new Prediction(c, name(c, classNames), weights[c] / total))
                .toList();
    }

    private static String name(int label, List<String> classNames) {
        return label < classNames.size() ? classNames.get(label) : Integer.toString(label);
    }
}
