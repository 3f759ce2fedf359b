package org.repvgg.score;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.repvgg.model.PlainModel;

/// Images to score, and where the answers go.
///
/// @param model the network
/// @param network what people call it
/// @param inputs folders, files and globs; `hdfs://`, `s3a://` and the like where the cluster knows
///   them
/// @param column the column of a Parquet table that holds the images' bytes; null where the inputs
///   are image files
/// @param output a folder for the answers, made if it is not there
/// @param settings what is asked about every image
/// @param chunkBytes bytes of input between two points from which a stopped job can go on; a chunk
///   has whole files, at least one
/// @param resume whether to go on with what lies in `output`, which is refused otherwise
/// @param master the cluster, as Spark names it; null for the one that started the program
/// @param configuration settings of the cluster's own, by name
public record ScoreJob(
        PlainModel model,
        String network,
        List<String> inputs,
        @Nullable String column,
        String output,
        ScoreSettings settings,
        long chunkBytes,
        boolean resume,
        @Nullable String master,
        Map<String, String> configuration) {

    /// Where nothing is said: minutes of work for a few processors.
    public static final double USUAL_CHUNK_MEGABYTES = 1000;

    private static final double MEGABYTE = 1e6;

    public ScoreJob {
        inputs = List.copyOf(inputs);
        configuration = Map.copyOf(configuration);
        checkArgument(!inputs.isEmpty(), "there is no input");
        checkArgument(chunkBytes >= 1, "a chunk must have at least 1 byte, not %s", chunkBytes);
        settings.featureBlock(model.spec()); // refuses a stage that the network does not have
    }

    /// Bytes of a chunk.
    public static long chunkOfMegabytes(double megabytes) {
        return Math.round(megabytes * MEGABYTE);
    }
}
