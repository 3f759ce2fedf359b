package org.repvgg.data;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// A data set with its splits. `close` releases the archive it is read from.
///
/// @param name what people call it
/// @param train images to learn from; where a source has one split only, both are that split
/// @param test images to judge by
/// @param digest SHA-256 over names, labels and sizes, for the provenance
/// @param notes one line each on what a user should know: files ignored, batches missing
public record Dataset(
        String name,
        LabelledImages train,
        LabelledImages test,
        String digest,
        List<String> notes,
        Closeable resource)
        implements Closeable {

    public Dataset {
        notes = List.copyOf(notes);
    }

    /// Likewise, with nothing to note.
    public Dataset(
            String name,
            LabelledImages train,
            LabelledImages test,
            String digest,
            Closeable resource) {
        this(name, train, test, digest, List.of(), resource);
    }

    /// Whether the source has one split, which then is [#train] and [#test].
    public boolean hasOneSplit() {
        return train == test;
    }

    /// The same data, a part of the training split set aside as test split: for sources that have
    /// one split only.
    ///
    /// Every class gives the same fraction, at least one image where it has two. Depends on nothing
    /// but the order of the images, `fraction` and `seed`. Closing either data set closes both.
    ///
    /// @param fraction part set aside, in (0,1)
    public Dataset holdOut(double fraction, long seed) {
        checkArgument(
                fraction > 0 && fraction < 1,
                "the part to hold out must be in (0,1): %s",
                fraction);
        Subset.Halves halves = Subset.stratified(train, fraction, seed);
        List<String> more = new ArrayList<>(notes);
        more.add(
                "held out %d of %d images for testing (seed %d)"
                        .formatted(halves.test().size(), train.size(), seed));
        return new Dataset(name, halves.train(), halves.test(), digest, more, resource);
    }

    @Override
    public void close() throws IOException {
        resource.close();
    }
}
