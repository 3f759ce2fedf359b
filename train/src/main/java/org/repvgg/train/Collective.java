package org.repvgg.train;

/// What the processes of one training do together. Every call is made by all of them, in the same
/// order and with arrays of the same length, and returns when all have made it.
///
/// Used by one thread at a time. After a [LostRankException] only [#close] may follow.
public interface Collective extends AutoCloseable {
    /// Adds up a part of an array over all processes, element by element, and leaves the sums in
    /// all of them, the same to the bit.
    ///
    /// @throws LostRankException if another process is gone, or silent for too long
    default void sum(float[] values, int from, int length) {
        beginSum(values, from, length);
        finishSums();
    }

    /// Begins to add up a part of an array, as [#sum] does, while the caller goes on. Nobody
    /// touches that part before [#finishSums]; other calls may come between.
    ///
    /// @throws LostRankException likewise
    void beginSum(float[] values, int from, int length);

    /// Returns when all sums that were begun are in their places.
    ///
    /// @throws LostRankException likewise
    void finishSums();

    /// The same for few values that want to be exact.
    ///
    /// @throws LostRankException likewise
    void sum(double[] values);

    /// Overwrites an array by that of rank 0.
    ///
    /// @throws LostRankException likewise
    void broadcast(float[] values);

    @Override
    void close();
}
