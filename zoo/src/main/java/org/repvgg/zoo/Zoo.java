package org.repvgg.zoo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.ReadOptions;
import org.repvgg.spec.Form;

/// Trained networks by name.
///
/// A network is a file `NAME.safetensors`, and nothing else has to know of it:
///
/// ```java
/// Optional<ZooNetwork> network = Zoo.standard().find("cifar10");
/// ```
///
/// Files in a folder are read where they lie; those packed in a jar are copied once, when they are
/// asked for. Safe to share between threads.
public final class Zoo {
    /// Names the folder of [#standard]; the launcher sets it to that of its checkout.
    static final String PROPERTY = "repvgg.zoo";

    /// What a name is made of: neither a path nor a file's name looks like it.
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,63}");

    private static final String ENDING = ".safetensors";

    /// Best last: colour, for that is what photos have; then many classes, then accuracy.
    private static final Comparator<ZooNetwork> USEFUL =
            Comparator.<ZooNetwork>comparingInt(network -> network.about().spec().inputChannels())
                    .thenComparingInt(network -> network.about().spec().classes())
                    .thenComparingDouble(
                            network -> network.about().provenance().top1(Form.PLAIN).orElse(0));

    private final Shelf shelf;

    private Zoo(Shelf shelf) {
        this.shelf = shelf;
    }

    /// The zoo that comes with this library, or the folder named by the property `repvgg.zoo`.
    public static Zoo standard() {
        String folder = System.getProperty(PROPERTY);
        return folder == null ? new Zoo(Shelf.own()) : in(Path.of(folder));
    }

    /// The networks in a folder; none where there is no such folder.
    public static Zoo in(Path folder) {
        return new Zoo(new Shelf.Folder(folder));
    }

    /// Names of all networks, sorted.
    ///
    /// @throws UncheckedIOException if they cannot be listed
    public List<String> names() {
        try {
            return shelf.files().stream()
                    .filter(file -> file.endsWith(ENDING))
                    .map(file -> file.substring(0, file.length() - ENDING.length()))
                    .filter(name -> NAME.matcher(name).matches())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The checkpoint of that name.
    ///
    /// @throws UncheckedIOException if it cannot be unpacked
    public Optional<Path> file(String name) {
        if (!names().contains(name)) {
            return Optional.empty();
        }
        try {
            return Optional.of(shelf.open(name + ENDING));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The network of that name.
    ///
    /// @throws IOException if its file is no checkpoint; one line that names it
    public Optional<ZooNetwork> find(String name) throws IOException {
        Optional<Path> file = file(name);
        return file.isPresent() ? Optional.of(describe(name, file.get())) : Optional.empty();
    }

    /// All networks, by name. Reads what their files say of themselves, but no weights.
    ///
    /// @throws IOException if a file is no checkpoint; one line that names it
    public List<ZooNetwork> networks() throws IOException {
        List<ZooNetwork> networks = new ArrayList<>();
        for (String name : names()) {
            find(name).ifPresent(networks::add);
        }
        return networks;
    }

    /// The network for photos of which nothing is known: among those that take colour the one with
    /// the most classes, and among these the most accurate. Empty where the zoo is.
    ///
    /// @throws IOException if a file is no checkpoint; one line that names it
    public Optional<ZooNetwork> usual() throws IOException {
        return networks().stream().reduce((a, b) -> USEFUL.compare(a, b) < 0 ? b : a);
    }

    private static ZooNetwork describe(String name, Path file) throws IOException {
        return new ZooNetwork(
                name, file, Files.size(file), Checkpoint.describe(file, ReadOptions.NONE));
    }
}
