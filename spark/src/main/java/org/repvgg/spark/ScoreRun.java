package org.repvgg.spark;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;
import org.repvgg.evaluate.Progress;
import org.repvgg.score.ScoreJob;
import org.repvgg.score.ScoreSummary;

/// One run of a job: chunk by chunk, without those that are done.
final class ScoreRun {
    /// A task has at least so many passes, beside which its start is nothing.
    private static final int PASSES_A_TASK = 4;

    /// At most so many tasks for each core, enough for cores to end together.
    private static final int TASKS_A_CORE = 4;

    /// Executors of a cluster come one by one; a chunk may have so many tasks before they are
    /// there.
    private static final int MOST_TASKS_OF_FEW_CORES = 64;

    private static final int REASONS = 3;

    private static final String PATH = "path";

    /// Hadoop's switch for the file `_SUCCESS`; some clusters turn it off.
    private static final String MARK_SUCCESS = "mapreduce.fileoutputcommitter.marksuccessfuljobs";

    private final SparkSession spark;
    private final ScoreJob job;
    private final ImageScorer scorer;
    private final InputFiles input;
    private final List<List<InputFile>> chunks;
    private final OutputFolder output;
    private final LongAccumulator counter;
    private final Broadcast<SerializableConfiguration> hadoop;

    ScoreRun(SparkSession spark, ScoreJob job) throws IOException {
        this.spark = spark;
        this.job = job;
        ImageScorer.Builder builder = ImageScorer.builder(job.model()).settings(job.settings());
        this.scorer = (job.column() == null ? builder : builder.column(job.column())).build();
        Configuration configuration = spark.sparkContext().hadoopConfiguration();
        this.hadoop = SerializableConfiguration.broadcast(spark.sparkContext(), configuration);
        this.input = InputFiles.list(job.inputs(), job.column() != null, configuration);
        this.chunks = input.chunks(job.chunkBytes());
        this.output = new OutputFolder(job.output(), configuration);
        this.counter = spark.sparkContext().longAccumulator("images");
    }

    ScoreSummary run(Progress progress) throws IOException {
        long start = System.nanoTime();
        Table table = job.column() == null ? null : Table.of(spark, job, input);
        if (table != null) {
            check(scorer.transform(table.read(input.files()))); // before anything is written
        }
        output.open(settings(), job.resume());
        Set<Integer> missing = new TreeSet<>();
        long files = 0;
        for (int i = 0; i < chunks.size(); i++) {
            if (!output.isDone(i)) {
                missing.add(i);
                files += chunks.get(i).size();
            }
        }
        try (var _ = new Watch(counter, table == null ? files : 0, progress)) {
            for (int i : missing) {
                List<InputFile> chunk = chunks.get(i);
                Dataset<Row> answers =
                        table == null
                                ? ofFiles(chunk)
                                : scorer.transform(table.read(chunk), counter);
                answers.write()
                        .mode(SaveMode.Overwrite)
                        .option(MARK_SUCCESS, true)
                        .parquet(output.chunk(i));
            }
        }
        return summary(missing, start);
    }

    private static void check(Dataset<Row> answers) {
        if (Arrays.stream(answers.columns()).anyMatch(OutputFolder.CHUNK::equalsIgnoreCase)) {
            throw new IllegalArgumentException(
                    "the table has a column '%s' already, which the output would have, too: rename it"
                            .formatted(OutputFolder.CHUNK));
        }
    }

    /// Files go to tasks in their order, whole passes of them to each.
    private Dataset<Row> ofFiles(List<InputFile> files) {
        var context = JavaSparkContext.fromSparkContext(spark.sparkContext());
        int enough = TASKS_A_CORE * context.defaultParallelism();
        int most = context.isLocal() ? enough : Math.max(MOST_TASKS_OF_FEW_CORES, enough);
        int batch = job.settings().batch();
        int passes = Math.max(PASSES_A_TASK, Math.ceilDiv(files.size(), most * batch));
        List<List<InputFile>> tasks = InputFiles.cut(files, passes * batch);
        var answers =
                context.parallelize(tasks, tasks.size())
                        .mapPartitions(
                                new FilesPartition(
                                        scorer.shared(spark.sparkContext()),
                                        job.settings(),
                                        counter,
                                        hadoop));
        StructField[] path = {new StructField(PATH, DataTypes.StringType, false, Metadata.empty())};
        return spark.createDataFrame(answers, AnswerSchema.after(path, job.settings()));
    }

    /// All that decides the answers, and how the input is cut; by the words of a message.
    private Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("network", scorer.digest());
        settings.put("files", Integer.toString(input.files().size()));
        settings.put("files of SHA-256", input.digest());
        settings.put("column", job.column() == null ? "none" : job.column());
        settings.put("top", Integer.toString(job.settings().top()));
        settings.put(
                "features", job.settings().features() == null ? "none" : job.settings().features());
        settings.put("batch", Integer.toString(job.settings().batch()));
        settings.put("chunk bytes", Long.toString(job.chunkBytes()));
        return settings;
    }

    /// Counts what is in the output, whoever wrote it.
    private ScoreSummary summary(Set<Integer> missing, long start) {
        Dataset<Row> all = spark.read().parquet(output.path());
        long images = 0;
        long broken = 0;
        long scored = 0;
        for (Row row :
                all.groupBy(OutputFolder.CHUNK)
                        .agg(
                                functions.count(functions.lit(1)),
                                functions.count(functions.col(AnswerSchema.ERROR)))
                        .collectAsList()) {
            images += row.getLong(1);
            broken += row.getLong(2);
            scored += missing.contains(row.getInt(0)) ? row.getLong(1) : 0;
        }
        return new ScoreSummary(
                images,
                broken,
                broken == 0 ? List.of() : reasons(all),
                scored,
                chunks.size(),
                chunks.size() - missing.size(),
                (System.nanoTime() - start) / 1e9);
    }

    private static List<String> reasons(Dataset<Row> all) {
        boolean named = Arrays.asList(all.columns()).contains(PATH);
        return all
                .filter(functions.col(AnswerSchema.ERROR).isNotNull())
                .select(
                        named ? functions.col(PATH).cast("string") : functions.lit("a row"),
                        functions.col(AnswerSchema.ERROR))
                .limit(REASONS)
                .collectAsList()
                .stream()
                .map(row -> row.get(0) + ": " + row.getString(1))
                .toList();
    }
}
