package org.repvgg.spark;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.sql.AnalysisException;
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
        try (SessionLease lease = session(job)) {
            return new ScoreRun(lease.session(), job).run(progress);
        } catch (IOException | IllegalArgumentException e) {
            throw e;
        } catch (Exception e) { // Spark throws checked exceptions that it does not declare
            throw refusal(e);
        }
    }

    private static SessionLease session(ScoreJob job) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("spark.app.name", "repvgg " + job.network());
        if (job.master() != null && !SessionLease.isHere(job.master())) {
            settings.put("spark.jars", String.join(",", ApplicationJars.find()));
        }
        settings.putAll(job.configuration());
        return SessionLease.take(job.master(), settings);
    }

    private static RuntimeException refusal(Exception e) {
        return e instanceof AnalysisException
                ? new IllegalArgumentException(SessionLease.firstLine(e), e)
                : new ScoringFailed("Spark could not do it: " + SessionLease.firstLine(e), e);
    }
}
