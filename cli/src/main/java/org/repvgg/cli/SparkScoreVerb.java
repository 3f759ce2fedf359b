package org.repvgg.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.repvgg.fold.Fold;
import org.repvgg.format.Json;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.PlainModel;
import org.repvgg.score.BatchScorer;
import org.repvgg.score.ScoreJob;
import org.repvgg.score.ScoreSettings;
import org.repvgg.score.ScoreSummary;
import org.repvgg.score.ScoringFailed;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "spark-score",
        header = "Says what is on millions of pictures, on Apache Spark.",
        description = {
            "Answers every image of folders or of a Parquet table and writes Parquet: 'path' or the"
                    + " table's other columns, then 'classes' (name and probability, best first),"
                    + " 'features' if wanted, and 'error'. A broken image is a row whose error says"
                    + " why.",
            "The input is cut into chunks, each written as a folder 'chunk=N' of the output. A job"
                    + " that was stopped goes on with --resume at the first chunk that is not"
                    + " finished.",
            "Answers depend neither on the cluster nor on how the input is cut."
        },
        footer = {
            "  repvgg spark-score plain.safetensors --input photos/ --output answers",
            "  repvgg spark-score plain.safetensors --input photos/ --output answers --resume",
            "  repvgg spark-score plain.safetensors --input table/ --column image --output answers"
                    + " --top 1",
            "  repvgg spark-score m.safetensors --input 'photos/2026-*' --output answers --master"
                    + " spark://big:7077",
            "",
            "With spark-submit, for YARN, Kubernetes and S3: docs/spark.md."
        })
final class SparkScoreVerb extends Verb {

    @Parameters(
            paramLabel = "M",
            description = WeightOptions.NETWORK,
            completionCandidates = Candidates.Trained.class)
    String network = "";

    @Option(
            names = "--input",
            required = true,
            paramLabel = "IN",
            description =
                    "A folder with all below it, a file, or a glob in quotes: images, or Parquet"
                            + " with --column. May be given several times.")
    List<String> inputs = new ArrayList<>();

    @Option(
            names = "--column",
            paramLabel = "NAME",
            description =
                    "The input is a Parquet table, and this column holds the images' bytes;"
                            + " 'image.bytes' for a field of a struct. The other columns stay.")
    @Nullable String column;

    @Option(
            names = "--output",
            required = true,
            paramLabel = "DIR",
            description = "A new folder for the answers.")
    String output = "";

    @Option(
            names = "--resume",
            description =
                    "Go on with the answers that are in DIR; with other settings it is refused.")
    boolean resume;

    @Option(
            names = "--top",
            paramLabel = "K",
            defaultValue = "5",
            description = "Classes of an answer; 5 unless given.")
    int top;

    @Option(
            names = "--features",
            paramLabel = "STAGE",
            description = "Also write the averaged maps of a stage, such as stage4.")
    @Nullable String features;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Images of a pass; unless given, as many as 'evaluate' takes.")
    @Nullable Integer batch;

    @Option(
            names = "--chunk",
            paramLabel = "MB",
            defaultValue = "1000",
            description = "Megabytes of input a chunk; 1000 unless given.")
    double chunk;

    @Option(
            names = "--master",
            paramLabel = "MASTER",
            defaultValue = "local[*]",
            description =
                    "local[N] for N threads of this machine, spark://HOST:PORT for a standalone"
                            + " cluster; local[*], all processors, unless given.")
    String master = "local[*]";

    @Option(
            names = "--conf",
            paramLabel = "KEY=VALUE",
            description =
                    "A setting of Spark, such as spark.executor.memory=4g. May be given several"
                            + " times.")
    Map<String, String> configuration = new LinkedHashMap<>();

    @Override
    int run(Console console) throws IOException {
        BatchScorer scorer =
                BatchScorer.find().orElseThrow(() -> SparkTrainVerb.noSpark("spark-score"));
        PlainModel model =
                switch (new WeightOptions().read(network)) {
                    case PlainModel plain -> plain;
                    case BranchedModel branched -> Fold.fold(branched);
                };
        ScoreJob job = job(model);
        ScoreSummary summary;
        try (ProgressLine line = console.progress("scoring", "images")) {
            summary = scorer.score(job, line);
        } catch (ScoringFailed e) {
            throw new WorkFailed(e, "%s", String.valueOf(e.getMessage()));
        }
        if (json) {
            console.result(json(summary));
        } else {
            print(console, summary);
        }
        return ExitCode.DONE;
    }

    private ScoreJob job(PlainModel model) {
        if (features != null) {
            StageOption.parse("--features", model.spec(), features);
        }
        ScoreSettings usual = ScoreSettings.usual(model.input());
        return new ScoreJob(
                model,
                network,
                inputs,
                column,
                output,
                new ScoreSettings(top, features, batch == null ? usual.batch() : batch),
                ScoreJob.chunkOfMegabytes(chunk),
                resume,
                master,
                configuration);
    }

    private void print(Console console, ScoreSummary summary) {
        summary.reasons().forEach(console::note);
        TextTable table = new TextTable(TextTable.Align.LEFT, TextTable.Align.RIGHT);
        table.row("images", Numbers.count(summary.images()));
        if (summary.broken() > 0) {
            table.row("not readable", Numbers.count(summary.broken()));
        }
        if (summary.skipped() > 0) {
            table.row("done before", Numbers.count(summary.images() - summary.scored()));
        }
        table.row("chunks", Numbers.count(summary.chunks()))
                .row("time", Numbers.duration(summary.seconds()))
                .row("images/s", Numbers.rate(summary.imagesPerSecond()));
        console.result(table);
        console.note("wrote %s", output);
    }

    private Json json(ScoreSummary summary) {
        return Json.object()
                .put("output", output)
                .put("images", summary.images())
                .put("broken", summary.broken())
                .put("reasons", summary.reasons())
                .put("scored", summary.scored())
                .put("chunks", summary.chunks())
                .put("skippedChunks", summary.skipped())
                .put("seconds", summary.seconds())
                .put("imagesPerSecond", summary.imagesPerSecond())
                .build();
    }
}
