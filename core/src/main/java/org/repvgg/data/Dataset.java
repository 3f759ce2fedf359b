package org.repvgg.data;

/// A data set with its splits. `close` releases the archive it is read from.
///
/// @param name what people call it
/// @param train images to learn from; empty where the source has only a test split
/// @param test images to judge by; where a source has one split only, both are that split
/// @param digest SHA-256 over names, labels and sizes (or of the archive), for the provenance
public record Dataset(
        String name,
        LabelledImages train,
        LabelledImages test,
        String digest,
        AutoCloseable resource)
        implements AutoCloseable {

    @Override
    public void close() throws Exception {
        resource.close();
    }
}
