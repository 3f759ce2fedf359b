package org.repvgg.data;

import java.io.Closeable;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What was found in a source: one split or two.
///
/// @param notes what the user should know
record Splits(Optional<Split> train, Optional<Split> test, List<String> notes) {

    /// @param name of the data set
    /// @param resource closed with it
    Dataset toDataset(String name, Closeable resource) {
        Split first = train.or(() -> test).orElseThrow();
        Split second = test.orElse(first);
        String[] lines =
                Stream.of(first, second)
                        .distinct()
                        .flatMap(split -> Stream.of(split.digestLines()))
                        .toArray(String[]::new);
        return new Dataset(name, first, second, Digests.ofLines(lines), notes, resource);
    }
}
