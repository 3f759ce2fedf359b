package org.repvgg.spark;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.apache.hadoop.conf.Configuration;
import org.repvgg.format.Checkpoint;
import org.repvgg.model.Model;

/// Reads a checkpoint from any file system that Hadoop knows.
final class RemoteCheckpoint {
    private RemoteCheckpoint() {}

    /// @throws IOException if it cannot be had, or is no sound checkpoint
    static Model read(String place, Configuration configuration) throws IOException {
        var from = new org.apache.hadoop.fs.Path(place);
        Path copy = Files.createTempFile("repvgg", "-" + from.getName());
        try (InputStream stream = from.getFileSystem(configuration).open(from)) {
            Files.copy(stream, copy, StandardCopyOption.REPLACE_EXISTING);
            return Checkpoint.read(copy);
        } finally {
            Files.delete(copy);
        }
    }
}
