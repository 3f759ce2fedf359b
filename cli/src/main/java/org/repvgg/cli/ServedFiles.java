package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.repvgg.serve.inference.ModelSource;
import org.repvgg.zoo.Zoo;
import org.repvgg.zoo.ZooNetwork;

/// What `serve` is given: a checkpoint or a trained network, perhaps as `NAME=M`, or a folder of
/// networks.
final class ServedFiles {
    /// Names of files that training writes, which say nothing of the network: its folder does.
    private static final Set<String> COMMON = Set.of("plain", "trained", "best", "model");

    private ServedFiles() {}

    /// @throws UserError if one is not there, or two files are called alike
    static List<ModelSource> sources(List<String> texts) {
        List<ModelSource> sources = texts.stream().map(ServedFiles::source).toList();
        Set<String> names = new HashSet<>();
        for (ModelSource source : sources) {
            if (source instanceof ModelSource.OneFile(String name, Path file) && !names.add(name)) {
                throw new UserError(
                        "two networks are called '%s': name this one, as in NAME=%s", name, file);
            }
        }
        return sources;
    }

    /// The network that answers where none is named.
    ///
    /// @throws UserError if there is none
    static List<ModelSource> usual() throws IOException {
        ZooNetwork network =
                Zoo.standard()
                        .usual()
                        .orElseThrow(
                                () ->
                                        new UserError(
                                                "no trained network comes with this version: name a checkpoint,"
                                                        + " such as the plain.safetensors of a training"));
        return List.of(new ModelSource.OneFile(network.name(), network.file()));
    }

    private static ModelSource source(String text) {
        int equals = text.indexOf('=');
        boolean named = equals > 0 && !Files.exists(Network.path(text));
        String place = named ? text.substring(equals + 1) : text;
        Path path = WeightOptions.file(place, "plain.safetensors");
        if (Files.isDirectory(path)) {
            if (named) {
                throw new UserError(
                        "%s: a folder's networks have their own names; leave out '%s='",
                        text, text.substring(0, equals));
            }
            return new ModelSource.Repository(path);
        }
        try {
            return new ModelSource.OneFile(named ? text.substring(0, equals) : name(path), path);
        } catch (IllegalArgumentException e) {
            throw new UserError("%s: %s", text, String.valueOf(e.getMessage()));
        }
    }

    /// The file's name without its ending, or its folder's where that says more.
    private static String name(Path file) {
        String name = file.getFileName().toString().replaceFirst("\\.[^.]*$", "");
        Path folder = file.toAbsolutePath().getParent();
        if (COMMON.contains(name) && folder != null && folder.getFileName() != null) {
            name = folder.getFileName().toString();
        }
        String clean = name.replaceAll("[^A-Za-z0-9._-]+", "-").replaceFirst("^[^A-Za-z0-9]+", "");
        return clean.isEmpty() ? "model" : clean.substring(0, Math.min(128, clean.length()));
    }
}
