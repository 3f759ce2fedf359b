package org.repvgg.benchmark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// A folder for what contenders read and leave. It goes at the end, and with Ctrl-C, which takes
/// the contenders along.
final class TemporaryFolder implements AutoCloseable {
    private final Path path;
    private final Thread interrupted;

    private TemporaryFolder(Path path, Consumer<String> listener) {
        this.path = path;
        this.interrupted = new Thread(() -> stop(listener), "benchmark-stop");
    }

    /// @param listener hears that nothing comes any more
    static TemporaryFolder create(Consumer<String> listener) throws IOException {
        var folder = new TemporaryFolder(Files.createTempDirectory("repvgg-benchmark"), listener);
        Runtime.getRuntime().addShutdownHook(folder.interrupted);
        return folder;
    }

    Path path() {
        return path;
    }

    private void stop(Consumer<String> listener) {
        listener.accept("stopped; nothing is written");
        ProcessHandle.current().children().forEach(ProcessHandle::destroyForcibly);
        delete();
    }

    @Override
    public void close() {
        if (!isEnding()) {
            delete();
        }
    }

    /// Takes the hook back, unless it runs already.
    private boolean isEnding() {
        try {
            return !Runtime.getRuntime().removeShutdownHook(interrupted);
        } catch (IllegalStateException _) {
            return true;
        }
    }

    private void delete() {
        try (Stream<Path> files = Files.walk(path)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(
                            file -> {
                                try {
                                    Files.deleteIfExists(file);
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            });
        } catch (IOException | UncheckedIOException _) {
            return; // it is the system's folder for what nobody needs
        }
    }
}
