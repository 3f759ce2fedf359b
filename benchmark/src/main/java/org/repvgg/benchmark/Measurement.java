package org.repvgg.benchmark;

import java.util.Arrays;
import org.repvgg.tensor.Shape;

/// What one engine did with one network, batch, size and number of threads.
///
/// @param network its name
/// @param engine [Competitor#title]
/// @param description version and settings of the engine
/// @param threads that shared a pass
/// @param batch images a call
/// @param height pixels
/// @param width pixels
/// @param multiplyAdds for one image, border taps included, whatever the engine really does: of the
///   plain form, or three times those of the training form for a training step
/// @param firstMillis the first call of this shape
/// @param steadyAfter calls until ten in a row took no more than 1.25 times the median
/// @param nanos of each timed call, sorted
/// @param peakGigaflops of all threads together, from registers
/// @param answer what the first call said
/// @param peakMemory of the process so far, bytes; -1 where the system does not tell
public record Measurement(
        String network,
        String engine,
        String description,
        int threads,
        int batch,
        int height,
        int width,
        long multiplyAdds,
        double firstMillis,
        int steadyAfter,
        long[] nanos,
        double peakGigaflops,
        Answer answer,
        long peakMemory) {
    static final double NANOS_PER_MILLI = 1e6;

    /// What engines are compared by.
    public sealed interface Answer permits Logits, Loss {}

    /// Of a pass.
    ///
    /// @param relativeError largest difference of a logit to the exact one, over the largest of
    ///   those; NaN where there is none
    public record Logits(double relativeError) implements Answer {}

    /// Of a training step.
    ///
    /// @param value mean cross-entropy before the step
    public record Loss(double value) implements Answer {}

    /// One engine's in a contest.
    static Measurement of(
            String network,
            Competitor engine,
            Contest.Timed timed,
            int threads,
            Shape images,
            long multiplyAdds,
            double peakGigaflops,
            Answer answer) {
        return new Measurement(
                network,
                engine.title(),
                timed.description(),
                threads,
                images.dimension(0),
                images.dimension(2),
                images.dimension(3),
                multiplyAdds,
                timed.firstMillis(),
                timed.steadyAfter(),
                timed.nanos(),
                peakGigaflops,
                answer,
                timed.peakMemory());
    }

    public double medianMillis() {
        return nanos[nanos.length / 2] / NANOS_PER_MILLI;
    }

    public double fastestMillis() {
        return nanos[0] / NANOS_PER_MILLI;
    }

    /// Of a hundred calls, one takes longer.
    public double slowMillis() {
        return nanos[Math.min(nanos.length - 1, nanos.length * 99 / 100)] / NANOS_PER_MILLI;
    }

    public double imagesPerSecond() {
        return 1000 * batch / medianMillis();
    }

    /// A multiply-add counts two.
    public double gigaflops() {
        return 2e-9 * multiplyAdds * imagesPerSecond();
    }

    /// Above 1 where an engine needs fewer multiplications than the definition.
    public double shareOfPeak() {
        return gigaflops() / peakGigaflops;
    }

    /// Whether both did the same work.
    public boolean sameCase(Measurement other) {
        return threads == other.threads
                && batch == other.batch
                && height == other.height
                && width == other.width;
    }

    /// Calls before the first ten in a row that took at most 1.25 times `median`.
    static int steadyAfter(long[] inOrder, long median) {
        int run = 0;
        for (int i = 0; i < inOrder.length; i++) {
            run = inOrder[i] <= median + median / 4 ? run + 1 : 0;
            if (run == 10) {
                return i + 1 - 10;
            }
        }
        return inOrder.length;
    }

    static long[] sorted(long[] nanos) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return sorted;
    }
}
