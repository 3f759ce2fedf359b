package org.repvgg.train;

/// The images of a batch that one rank takes.
///
/// @param first place of the first in the batch
/// @param count how many follow one another from there
/// @param batch images of the whole batch
record BatchShare(int first, int count, int batch) {
    /// All of them.
    static BatchShare whole(int count) {
        return new BatchShare(0, count, count);
    }

    /// A part as large as the others', or by one image larger where the batch does not divide.
    static BatchShare of(Ranks ranks, int batch) {
        int first = (int) ((long) batch * ranks.rank() / ranks.world());
        int end = (int) ((long) batch * (ranks.rank() + 1) / ranks.world());
        return new BatchShare(first, end - first, batch);
    }

    boolean isWhole() {
        return count == batch;
    }

    /// Whether image `i` of the batch is among them.
    boolean has(int i) {
        return i >= first && i < first + count;
    }

    /// Where the image after image `own` of these lies: the batch is a ring, of which a part is
    /// held with the one image that follows it.
    int next(int own) {
        return isWhole() ? (own + 1) % count : own + 1;
    }
}
