package org.repvgg.benchmark;

import java.util.Arrays;

/// What one engine did with one network, batch, size and number of threads.
///
/// @param network its name
/// @param engine [Engine#title]
/// @param description version and settings of the engine
/// @param threads that shared a pass
/// @param batch images a call
/// @param height pixels
/// @param width pixels
/// @param multiplyAdds of the plain form for one image, border taps included, whatever the engine
///   really does
/// @param firstMillis the first call of this shape
/// @param steadyAfter calls until ten in a row took no more than 1.25 times the median
/// @param nanos of each timed call, sorted
/// @param peakGigaflops of all threads together, from registers
/// @param relativeError largest difference of a logit to the exact one, over the largest of those;
///   NaN where there is none
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
        double relativeError,
        long peakMemory) {
    static final double NANOS_PER_MILLI = 1e6;

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
