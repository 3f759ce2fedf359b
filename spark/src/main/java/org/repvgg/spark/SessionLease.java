package org.repvgg.spark;

import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/// Spark for the time of one job: in this JVM, on a standalone cluster, or wherever `spark-submit`
/// has put it.
///
/// A session that is there already is used and left open; otherwise one is made and stopped.
///
/// @param ours whether it was made for this job
record SessionLease(SparkSession session, boolean ours) implements AutoCloseable {

    /// @param master as Spark names it; null for that of `spark-submit`
    /// @param settings of Spark, by name
    /// @throws IllegalArgumentException if the master is none that can be used from here
    static SessionLease take(@Nullable String master, Map<String, String> settings) {
        boolean ours = SparkSession.getDefaultSession().isEmpty();
        SparkSession.Builder builder = SparkSession.builder();
        if (master != null) {
            checkMaster(master);
            builder.master(master)
                    .config("spark.ui.enabled", false)
                    .config("spark.sql.warehouse.dir", temporary("spark-warehouse"));
            if (isHere(master)) {
                builder.config("spark.driver.host", "127.0.0.1")
                        .config("spark.driver.bindAddress", "127.0.0.1");
            }
        }
        settings.forEach(builder::config);
        return new SessionLease(builder.getOrCreate(), ours);
    }

    @Override
    public void close() {
        if (ours) {
            session.stop();
        }
    }

    /// What this JVM can start without a distribution of Spark.
    private static void checkMaster(String master) {
        if (!isHere(master) && !master.startsWith("spark://")) {
            throw new IllegalArgumentException(
                    "master '%s': local[N] and spark://HOST:PORT work from here; for yarn and k8s:// take spark-submit, see docs/spark.md"
                            .formatted(master));
        }
    }

    /// Whether all tasks run in this JVM.
    static boolean isHere(String master) {
        return master.equals("local") || master.matches("local\\[.+]");
    }

    /// A folder that Spark believes it needs; nothing is written into it.
    private static String temporary(String name) {
        return Path.of(System.getProperty("java.io.tmpdir"), name).toUri().toString();
    }

    /// What happened first: Spark wraps it, and adds the stack as text.
    static String firstLine(Throwable e) {
        Throwable first = e;
        while (first.getCause() != null) {
            first = first.getCause();
        }
        String message = first.getMessage() == null ? first.toString() : first.getMessage();
        return message.strip().lines().findFirst().orElse(first.toString());
    }
}
