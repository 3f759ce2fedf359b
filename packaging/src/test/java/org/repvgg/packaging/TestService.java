package org.repvgg.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// systemd takes the service that comes with the bundle.
@Timeout(60)
final class TestService {
    private static final Path BUNDLE = Path.of("target/repvgg").toAbsolutePath();
    private static final Path ANALYZE = Path.of("/usr/bin/systemd-analyze");

    @TempDir Path folder;

    @Test
    void systemdTakesIt() throws Exception {
        assumeTrue(Files.isExecutable(ANALYZE), "there is no systemd-analyze");
        String unit = Files.readString(BUNDLE.resolve("repvgg.service"));
        Path there = folder.resolve("repvgg.service");
        Files.writeString(there, unit.replace("/opt/repvgg", BUNDLE.toString()));
        assertThat(Run.of("", ANALYZE, "verify", "--man=no", there.toString()))
                .isEqualTo(new Run(0, "", ""));
    }
}
