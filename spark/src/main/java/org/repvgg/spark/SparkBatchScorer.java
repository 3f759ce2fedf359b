package org.repvgg.spark;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import org.repvgg.evaluate.Progress;
import org.repvgg.score.BatchScorer;
import org.repvgg.score.ScoreJob;
import org.repvgg.score.ScoreSummary;
import org.repvgg.score.ScoringFailed;

/// Scores on Spark: in this JVM, on a standalone cluster, or wherever `spark-submit` has put it.
///
/// A session that is there already is used and left open; otherwise one is made and stopped.
public final class SparkBatchScorer implements BatchScorer {

    @Override
    public ScoreSummary score(ScoreJob job, Progress progress) throws IOException {
        boolean ours = SparkSession.getDefaultSession().isEmpty();
        @Nullable SparkSession spark = null;
        try {
            spark = session(job);
            return new ScoreRun(spark, job).run(progress);
        } catch (IOException | IllegalArgumentException e) {
            throw e;
        } catch (Exception e) { // Spark throws checked exceptions that it does not declare
            throw refusal(e);
        } finally {
            if (ours && spark != null) {
                spark.stop();
            }
        }
    }

    private static RuntimeException refusal(Exception e) {
        return e instanceof AnalysisException
                ? new IllegalArgumentException(firstLine(e), e)
                : new ScoringFailed("Spark could not do it: " + firstLine(e), e);
    }

    /// What happened first: Spark wraps it, and adds the stack as text.
    private static String firstLine(Throwable e) {
        Throwable first = e;
        while (first.getCause() != null) {
            first = first.getCause();
        }
        String message = first.getMessage() == null ? first.toString() : first.getMessage();
        return message.strip().lines().findFirst().orElse(first.toString());
    }

    private static SparkSession session(ScoreJob job) {
        SparkSession.Builder builder = SparkSession.builder().appName("repvgg " + job.network());
        String master = job.master();
        if (master != null) {
            checkMaster(master);
            builder.master(master)
                    .config("spark.ui.enabled", false)
                    .config("spark.sql.warehouse.dir", temporary("spark-warehouse"));
            if (isHere(master)) {
                builder.config("spark.driver.host", "127.0.0.1")
                        .config("spark.driver.bindAddress", "127.0.0.1");
            } else {
                builder.config("spark.jars", String.join(",", ApplicationJars.find()));
            }
        }
        job.configuration().forEach(builder::config);
        return builder.getOrCreate();
    }

    /// What this JVM can start without a distribution of Spark.
    private static void checkMaster(String master) {
        if (!isHere(master) && !master.startsWith("spark://")) {
            throw new IllegalArgumentException(
                    "master '%s': local[N] and spark://HOST:PORT work from here; for yarn and k8s:// take spark-submit, see docs/spark.md"
                            .formatted(master));
        }
    }

    private static boolean isHere(String master) {
        return master.equals("local") || master.matches("local\\[.+]");
    }

    /// A folder that Spark believes it needs; nothing is written into it.
    private static String temporary(String name) {
        return Path.of(System.getProperty("java.io.tmpdir"), name).toUri().toString();
    }
}
