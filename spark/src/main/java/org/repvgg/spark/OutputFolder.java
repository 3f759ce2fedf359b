package org.repvgg.spark;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.Json;
import org.repvgg.format.JsonException;

/// A job's answers on a file system: a folder `chunk=N` of Parquet files for each chunk of the
/// input, and `_repvgg.json`, the settings that they were made with.
///
/// Spark writes a chunk's files beside and moves them into place when all are there, then adds
/// `_SUCCESS`: a chunk without that is not there, and is written anew.
final class OutputFolder {
    /// The column that the names of the folders make.
    static final String CHUNK = "chunk";

    private static final String MANIFEST = "_repvgg.json";
    private static final String SUCCESS = "_SUCCESS";

    private final String name;
    private final Path folder;
    private final FileSystem system;

    OutputFolder(String name, Configuration configuration) throws IOException {
        this.name = name;
        this.folder = new Path(name);
        this.system = folder.getFileSystem(configuration);
    }

    /// Makes the folder, or goes on with what is in it.
    ///
    /// @param settings what decides the answers, in words for a message
    /// @throws IllegalArgumentException if it holds something and `resume` is false, if what it
    ///   holds was made with other settings, or if it holds something else
    void open(Map<String, String> settings, boolean resume) throws IOException {
        Json.Object wanted = Json.of(settings).asObject();
        Path manifest = new Path(folder, MANIFEST);
        if (system.exists(manifest)) {
            if (!resume) {
                throw new IllegalArgumentException(
                        "%s: holds answers already: --resume goes on with them".formatted(name));
            }
            compare(read(manifest), wanted);
        } else {
            refuseForeign();
            write(manifest, wanted.pretty());
        }
    }

    private void refuseForeign() throws IOException {
        try {
            FileStatus[] there = system.listStatus(folder);
            if (there.length > 0) {
                throw new IllegalArgumentException(
                        "%s: is no output of this program, it holds %s: name a new folder"
                                .formatted(name, there[0].getPath().getName()));
            }
        } catch (FileNotFoundException _) {
            system.mkdirs(folder);
        }
    }

    private void compare(Json.Object there, Json.Object wanted) {
        for (Map.Entry<String, Json> field : wanted.fields().entrySet()) {
            Json old = there.fields().get(field.getKey());
            if (!field.getValue().equals(old)) {
                throw new IllegalArgumentException(
                        "%s: was begun with %s %s, not %s: give the same, or another --output"
                                .formatted(
                                        name, field.getKey(), text(old), text(field.getValue())));
            }
        }
    }

    private static String text(@Nullable Json value) {
        return value instanceof Json.Text(String words) ? words : String.valueOf(value);
    }

    private Json.Object read(Path manifest) throws IOException {
        try (InputStream stream = system.open(manifest)) {
            return Json.parse(new String(stream.readAllBytes(), UTF_8)).asObject();
        } catch (JsonException e) {
            throw new IOException("%s: %s".formatted(manifest, e.getMessage()), e);
        }
    }

    private void write(Path manifest, String text) throws IOException {
        Path beside = manifest.suffix(".tmp");
        try (OutputStream stream = system.create(beside, true)) {
            stream.write(text.getBytes(UTF_8));
        }
        if (!system.rename(beside, manifest)) {
            throw new IOException("cannot write " + manifest);
        }
    }

    /// Where a chunk's files go.
    String chunk(int number) {
        return new Path(folder, "%s=%05d".formatted(CHUNK, number)).toString();
    }

    boolean isDone(int number) throws IOException {
        return system.exists(new Path(chunk(number), SUCCESS));
    }

    String path() {
        return folder.toString();
    }
}
