package org.repvgg.evaluate;

/// Hears how far a long work has come; called by the working thread, after every batch.
@FunctionalInterface
public interface Progress {
    /// Hears nothing.
    Progress NONE = (_, _) -> {};

    /// @param done images done so far, broken ones included
    /// @param total images in all
    void at(long done, long total);
}
