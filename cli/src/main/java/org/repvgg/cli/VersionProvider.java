package org.repvgg.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import org.repvgg.tensor.Tensor;
import picocli.CommandLine.IVersionProvider;

/// `--version`: the version the build wrote into `core`, and the Java it runs on.
final class VersionProvider implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
        return new String[] {"repvgg " + version() + ", Java " + Runtime.version()};
    }

    /// The version alone.
    static String version() throws IOException {
        Properties properties = new Properties();
        try (InputStream in = Tensor.class.getResourceAsStream("/org/repvgg/version.properties")) {
            if (in != null) {
                properties.load(in);
            }
        }
        return properties.getProperty("version", "unknown");
    }
}
