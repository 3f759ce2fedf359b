package org.repvgg.spark;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.jspecify.annotations.Nullable;
import org.repvgg.evaluate.Progress;
import org.repvgg.model.PlainModel;
import org.repvgg.score.ScoreJob;
import org.repvgg.score.ScoreSettings;
import org.repvgg.score.ScoreSummary;
import org.repvgg.score.ScoringFailed;

/// The program for `spark-submit`; master and settings of the cluster come from there.
///
/// ```
/// spark-submit repvgg-spark-VERSION-app.jar M --input IN --output OUT [flags of 'repvgg spark-score']
/// ```
public final class ScoreApplication {
    private static final String USAGE =
            """
            Usage: spark-submit [SPARK'S OPTIONS] repvgg-spark-app.jar M --input IN... --output OUT
                   [--column NAME] [--top K] [--features STAGE] [--batch N] [--chunk MB] [--resume]

            M is a checkpoint of either form, anywhere that the cluster can read (s3a://, hdfs://, file:).
            'repvgg spark-score --help' explains the flags.
            """;

    private final Map<String, List<String>> values = new LinkedHashMap<>();
    private @Nullable String network;
    private boolean resume;

    private ScoreApplication() {}

    public static void main(String[] arguments) {
        System.exit(run(List.of(arguments), System.out, System.err));
    }

    /// @return 0 done, 1 the work ran and failed, 2 the input is wrong
    static int run(List<String> arguments, PrintStream out, PrintStream err) {
        if (arguments.contains("--help")) {
            out.print(USAGE);
            return 0;
        }
        try {
            var application = new ScoreApplication();
            application.parse(arguments);
            ScoreJob job = application.job(SparkHadoopUtil.get().newConfiguration(new SparkConf()));
            ScoreSummary summary = new SparkBatchScorer().score(job, Progress.NONE);
            out.printf(
                    "%d images, %d of them broken, in %d chunks of %s; %d images in %.1f s%n",
                    summary.images(),
                    summary.broken(),
                    summary.chunks(),
                    job.output(),
                    summary.scored(),
                    summary.seconds());
            return 0;
        } catch (ScoringFailed e) {
            err.println("repvgg-spark: " + e.getMessage());
            return 1;
        } catch (IOException | IllegalArgumentException e) {
            err.println("repvgg-spark: " + e.getMessage());
            return 2;
        }
    }

    private void parse(List<String> arguments) {
        for (int i = 0; i < arguments.size(); i++) {
            String word = arguments.get(i);
            switch (word) {
                case "--resume" -> resume = true;
                case "--input",
                        "--output",
                        "--column",
                        "--top",
                        "--features",
                        "--batch",
                        "--chunk" -> {
                    if (++i == arguments.size()) {
                        throw new IllegalArgumentException(word + " wants a value");
                    }
                    values.computeIfAbsent(word, _ -> new ArrayList<>()).add(arguments.get(i));
                }
                default -> {
                    if (word.startsWith("-") || network != null) {
                        throw new IllegalArgumentException(
                                "unexpected '%s'; see --help".formatted(word));
                    }
                    network = word;
                }
            }
        }
    }

    private ScoreJob job(Configuration configuration) throws IOException {
        if (network == null) {
            throw new IllegalArgumentException("name a checkpoint; see --help");
        }
        PlainModel model = ImageScorer.plain(RemoteCheckpoint.read(network, configuration));
        ScoreSettings usual = ScoreSettings.usual(model.input());
        return new ScoreJob(
                model,
                network,
                values.getOrDefault("--input", List.of()),
                one("--column"),
                required("--output"),
                new ScoreSettings(
                        number("--top", usual.top()),
                        one("--features"),
                        number("--batch", usual.batch())),
                ScoreJob.chunkOfMegabytes(megabytes()),
                resume,
                null,
                Map.of());
    }

    private @Nullable String one(String flag) {
        List<String> given = values.getOrDefault(flag, List.of());
        return given.isEmpty() ? null : given.getLast();
    }

    private String required(String flag) {
        String value = one(flag);
        if (value == null) {
            throw new IllegalArgumentException(flag + " is missing; see --help");
        }
        return value;
    }

    private double megabytes() {
        String value = one("--chunk");
        try {
            return value == null ? ScoreJob.USUAL_CHUNK_MEGABYTES : Double.parseDouble(value);
        } catch (NumberFormatException _) {
            throw new IllegalArgumentException(
                    "--chunk wants a number of megabytes, not '%s'".formatted(value));
        }
    }

    private int number(String flag, int usual) {
        String value = one(flag);
        try {
            return value == null ? usual : Integer.parseInt(value);
        } catch (NumberFormatException _) {
            throw new IllegalArgumentException(
                    "%s wants a whole number, not '%s'".formatted(flag, value));
        }
    }
}
