package org.repvgg.data;

/// SplitMix64, written out: the same numbers on every Java, for ever.
final class Dice {
    private long state;

    Dice(long seed) {
        this.state = seed;
    }

    /// Dice for one of many things that share a seed.
    static Dice of(long seed, long stream, long index) {
        return new Dice(mix(mix(seed) + stream) + index);
    }

    long bits() {
        state += 0x9e3779b97f4a7c15L;
        return mix(state);
    }

    /// Uniform in `[0,1)`.
    double unit() {
        return (bits() >>> 11) * 0x1p-53;
    }

    /// Uniform in `[low,high)`.
    double between(double low, double high) {
        return low + (high - low) * unit();
    }

    /// Uniform in `[0,bound)`.
    int below(int bound) {
        return (int) (unit() * bound);
    }

    private static long mix(long value) {
        long z = value;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }
}
