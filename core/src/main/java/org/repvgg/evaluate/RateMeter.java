package org.repvgg.evaluate;

import static org.repvgg.tensor.Checks.checkArgument;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.repvgg.runtime.Classifier;
import org.repvgg.tensor.Tensor;

/// How many images a second classifiers answer, images already in memory.
///
/// All classifiers take turns, round by round, so that a busy machine slows them alike; each one's
/// rate is the median of its rounds.
public final class RateMeter {
    private final int rounds;
    private final Duration round;

    /// @param rounds odd, so that the median is a round's own
    /// @param round how long one classifier runs in a round, at least; one batch is the minimum
    public RateMeter(int rounds, Duration round) {
        checkArgument(rounds >= 1 && rounds % 2 == 1, "rounds must be odd: %s", rounds);
        this.rounds = rounds;
        this.round = round;
    }

    /// Five rounds of a tenth of a second, after one round to warm up.
    public static RateMeter quick() {
        return new RateMeter(5, Duration.ofMillis(100));
    }

    /// @param images `[n,c,h,w]`, asked for again and again
    /// @return images a second, one for each classifier
    public List<Double> imagesPerSecond(List<Classifier> classifiers, Tensor images) {
        List<List<Double>> rates = new ArrayList<>();
        for (Classifier classifier : classifiers) {
            measure(classifier, images); // to warm up
            rates.add(new ArrayList<>());
        }
        for (int i = 0; i < rounds; i++) {
            for (int c = 0; c < classifiers.size(); c++) {
                rates.get(c).add(measure(classifiers.get(c), images));
            }
        }
        return rates.stream().map(RateMeter::median).toList();
    }

    private double measure(Classifier classifier, Tensor images) {
        long answered = 0;
        long start = System.nanoTime();
        long elapsed;
        do {
            classifier.logits(images);
            answered += images.shape().dimension(0);
            elapsed = System.nanoTime() - start;
        } while (elapsed < round.toNanos());
        return answered * 1e9 / elapsed;
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}
