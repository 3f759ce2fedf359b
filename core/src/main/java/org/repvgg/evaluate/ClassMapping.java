package org.repvgg.evaluate;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// Which output of a network each class of a data set is.
///
/// A folder's classes are numbered by the folder's own names, a network's by the data it was
/// trained on. Where the network knows all the data's names, names decide; otherwise positions do,
/// and then there must be as many of one as of the other.
///
/// @param outputs the network's output for each class of the data
/// @param byName whether names decided
public record ClassMapping(List<Integer> outputs, boolean byName) {
    public ClassMapping {
        outputs = List.copyOf(outputs);
    }

    /// @param classes outputs of the network
    /// @param networkNames its class names; empty where unknown
    /// @param dataNames class names of the data in label order
    /// @throws IllegalArgumentException if neither names nor positions fit
    public static ClassMapping of(int classes, List<String> networkNames, List<String> dataNames) {
        Optional<ClassMapping> named = byName(networkNames, dataNames);
        if (named.isPresent()) {
            return named.get();
        }
        checkArgument(
                classes == dataNames.size(),
                "the network answers %s classes, the data has %s (%s), and their names differ",
                classes,
                dataNames.size(),
                shorten(dataNames));
        return new ClassMapping(IntStream.range(0, classes).boxed().toList(), false);
    }

    /// Likewise, by names alone; empty where the network does not know all of the data's.
    static Optional<ClassMapping> byName(List<String> networkNames, List<String> dataNames) {
        List<Integer> outputs = dataNames.stream().map(networkNames::indexOf).toList();
        return outputs.contains(-1)
                ? Optional.empty()
                : Optional.of(new ClassMapping(outputs, true));
    }

    /// `cat, dog, ship, …`.
    private static String shorten(List<String> names) {
        int shown = 3;
        String start = String.join(", ", names.subList(0, Math.min(shown, names.size())));
        return names.size() > shown ? start + ", …" : start;
    }
}
