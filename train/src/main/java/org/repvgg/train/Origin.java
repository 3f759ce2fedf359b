package org.repvgg.train;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Properties;
import org.repvgg.model.Provenance;

/// Where and when a file is made.
public final class Origin {
    private Origin() {}

    /// Version of this library, JDK, operating system, and the present moment.
    public static Provenance here() {
        return new Provenance(
                Map.of(
                        "version", version(),
                        "java", Runtime.version().toString(),
                        "os", System.getProperty("os.name") + " " + System.getProperty("os.arch"),
                        "processors", Integer.toString(Runtime.getRuntime().availableProcessors()),
                        "date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()));
    }

    static String version() {
        Properties properties = new Properties();
        try (InputStream in = Origin.class.getResourceAsStream("/org/repvgg/version.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version", "unknown");
    }
}
