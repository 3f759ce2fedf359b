package org.repvgg.spark;

import java.io.IOException;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.repvgg.score.ScoreJob;

/// A Parquet table, read some files at a time with the schema of all.
///
/// @param folder of the whole table, whose subfolders `key=value` are columns; null where the input
///   is several things or a glob
record Table(SparkSession spark, StructType schema, @Nullable String folder) {

    /// Rows that Spark reads from Parquet at once: they hold whole images, and 4,096 of those, its
    /// own choice, are no small memory.
    private static final String BATCH = "spark.sql.parquet.columnarReaderBatchSize";

    /// Above so many paths, Spark lists them by a job of as many tasks; ours are files.
    private static final String LISTED_HERE =
            "spark.sql.sources.parallelPartitionDiscovery.threshold";

    static Table of(SparkSession spark, ScoreJob job, InputFiles files) throws IOException {
        spark.conf().set(BATCH, job.settings().batch());
        spark.conf().set(LISTED_HERE, Integer.MAX_VALUE);
        String folder = null;
        if (job.inputs().size() == 1) {
            Path path = new Path(job.inputs().getFirst());
            var system = path.getFileSystem(spark.sparkContext().hadoopConfiguration());
            folder =
                    system.exists(path) && system.getFileStatus(path).isDirectory()
                            ? path.toString()
                            : null;
        }
        StructType schema = reader(spark, folder).parquet(paths(files.files())).schema();
        return new Table(spark, schema, folder);
    }

    private static DataFrameReader reader(SparkSession spark, @Nullable String folder) {
        return folder == null ? spark.read() : spark.read().option("basePath", folder);
    }

    private static String[] paths(List<InputFile> files) {
        return files.stream().map(InputFile::path).toArray(String[]::new);
    }

    Dataset<Row> read(List<InputFile> files) {
        return reader(spark, folder).schema(schema).parquet(paths(files));
    }
}
