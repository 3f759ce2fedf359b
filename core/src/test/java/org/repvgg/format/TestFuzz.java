package org.repvgg.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// A few thousand mutants of every format, in a JVM of 512 MB.
final class TestFuzz {
    private static final int MUTANTS = 2_000;

    @Test
    void everyMutantIsReadOrRefused() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx512m", "-cp", System.getProperty("java.class.path")));
        command.add(Fuzzer.class.getName());
        command.add(Integer.toString(MUTANTS));
        Stream.of(
                        "official-small/train.safetensors",
                        "timm-small/deploy.safetensors",
                        "official-small/train.pth",
                        "official-small-legacy/deploy.pth",
                        "official-small/logits-b2-31x45.npy")
                .forEach(name -> command.add(Golden.file(name).toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said).contains(MUTANTS + " mutants");
    }
}
