package org.repvgg.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;
import org.repvgg.image.ImageException;
import org.repvgg.score.ScoreSettings;
import org.repvgg.spark.Answers.Source;

/// Reads and scores some image files.
///
/// Spark's source `binaryFile` would read them, too, but it counts a small file as 4 MB, so that a
/// task gets thirty of them, and a file that cannot be read ends the job.
record FilesPartition(
        SharedNetwork network,
        ScoreSettings settings,
        LongAccumulator counter,
        Broadcast<SerializableConfiguration> configuration)
        implements FlatMapFunction<Iterator<List<InputFile>>, Row> {

    /// A compressed image above this size is refused, as `evaluate` does.
    private static final long FILE_LIMIT = 128 << 20;

    @Override
    public Iterator<Row> call(Iterator<List<InputFile>> parts) {
        List<InputFile> files = new ArrayList<>();
        parts.forEachRemaining(files::addAll);
        var sources = new Sources(files.iterator(), configuration.value().value());
        return new Answers(network.forTask(), settings, sources, counter::add);
    }

    private record Sources(Iterator<InputFile> files, Configuration hadoop)
            implements Iterator<Source> {
        @Override
        public boolean hasNext() {
            return files.hasNext();
        }

        @Override
        public Source next() {
            InputFile file = files.next();
            return new Source(new Object[] {file.path()}, () -> read(file, hadoop));
        }
    }

    /// Local files without Hadoop, which would look for a file of checksums beside each.
    private static byte[] content(Path path, Configuration hadoop) throws IOException {
        if (InputFiles.isLocal(path)) {
            return Files.readAllBytes(InputFiles.local(path));
        }
        try (InputStream stream = path.getFileSystem(hadoop).open(path)) {
            return stream.readAllBytes();
        }
    }

    private static byte[] read(InputFile file, Configuration hadoop) throws IOException {
        if (file.bytes() > FILE_LIMIT) {
            throw new ImageException(
                    "image",
                    "%,d bytes are more than the %,d that are accepted"
                            .formatted(file.bytes(), FILE_LIMIT));
        }
        try {
            return content(new Path(file.path()), hadoop);
        } catch (FileNotFoundException | NoSuchFileException e) {
            throw new ImageException("image", "cannot be read: it is gone", e);
        } catch (IOException e) {
            throw new ImageException("image", "cannot be read: " + Answers.reason(e), e);
        }
    }
}
