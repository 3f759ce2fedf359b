package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a user gets who left libtorch's jars out: nothing is native then.
final class TestWithoutLibtorch {
    @TempDir Path temporary;

    @Test
    void theJavaEngineTrains() throws IOException, InterruptedException {
        assertThat(train("auto")).isEmpty();
        assertThat(temporary.resolve("best.safetensors")).exists();
    }

    @Test
    void libtorchIsMissed() throws IOException, InterruptedException {
        assertThat(train("libtorch"))
                .contains(
                        "TrainException: libtorch cannot be loaded here",
                        "class path",
                        "--engine java");
    }

    /// Trains on an engine in a process of its own.
    ///
    /// @return what it said in the end, if it failed
    private String train(String engine) throws IOException, InterruptedException {
        String classPath =
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                        .filter(entry -> !entry.contains("bytedeco"))
                        .collect(Collectors.joining(File.pathSeparator));
        Path errors = temporary.resolve("errors.txt");
        int code =
                new ProcessBuilder(
                                List.of(
                                        Path.of(System.getProperty("java.home"), "bin", "java")
                                                .toString(),
                                        "--add-modules",
                                        "jdk.incubator.vector",
                                        "-cp",
                                        classPath,
                                        TinyTraining.class.getName(),
                                        temporary.toString(),
                                        engine))
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(errors.toFile())
                        .start()
                        .waitFor();
        return code == 0 ? "" : Files.readString(errors);
    }
}
