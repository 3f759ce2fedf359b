package org.repvgg.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import org.jspecify.annotations.Nullable;
import org.repvgg.train.TrainException;
import org.repvgg.train.cluster.RankCluster;
import org.repvgg.train.cluster.RankEnd;
import org.repvgg.train.cluster.RankJob;
import org.repvgg.train.cluster.RankProgram;
import scala.Option;
import scala.reflect.ClassTag$;

/// Trains in a barrier stage of Spark, whose tasks start together or not at all; each is a rank.
///
/// Spark starts no stage again whose results are wanted, so this does: a lost executor fails the
/// stage, all ranks end, and the next stage goes on from the last finished epoch.
public final class SparkRanks implements RankCluster {
    /// So often a training begins, at most, unless `spark.stage.maxConsecutiveAttempts` says
    /// another number.
    private static final int ATTEMPTS = 4;

    /// A failed task's exception, or what Spark says of a lost executor, after the name of the
    /// task.
    private static final Pattern FAILURE =
            Pattern.compile(
                    "(?:barrier task .* finished unsuccessfully\\.|Lost task [^\\n]*?\\):)\\s+(\\S[^\\n]*)");

    private static final String CORES = "spark.task.cpus";

    @Override
    public RankEnd train(RankJob job, Consumer<String> lines) {
        try (SessionLease lease = SessionLease.take(job.master(), settings(job))) {
            RankTask.printTo(lines);
            return train(lease.session().sparkContext(), job, lines);
        } catch (IllegalArgumentException | TrainException e) {
            throw e;
        } catch (Exception e) { // Spark throws checked exceptions that it does not declare
            throw new TrainException("Spark could not do it: " + SessionLease.firstLine(e), e);
        } finally {
            RankTask.printTo(null);
        }
    }

    private static RankEnd train(SparkContext context, RankJob job, Consumer<String> lines) {
        int attempts = context.conf().getInt("spark.stage.maxConsecutiveAttempts", ATTEMPTS);
        var room = new RankRoom(context, job);
        for (int attempt = 1; ; attempt++) {
            room.await(attempt > 1, lines);
            try {
                return outcome(attempt(context, job, attempt > 1, lines));
            } catch (Exception e) {
                if (context.isStopped()) {
                    throw new TrainException(
                            "Spark was stopped; --resume goes on from the last finished epoch", e);
                }
                String reason = reason(e);
                if (reason == null) {
                    throw e;
                }
                if (attempt == attempts) {
                    throw new TrainException(
                            "%s; the ranks were started %s times, spark.stage.maxConsecutiveAttempts"
                                            .formatted(reason, attempts)
                                    + " allows more",
                            e);
                }
                lines.accept(
                        "%s; starting all ranks again, attempt %s of %s"
                                .formatted(reason, attempt + 1, attempts));
            }
        }
    }

    /// Runs all ranks once.
    private static List<RankEnd> attempt(
            SparkContext context, RankJob job, boolean retry, Consumer<String> lines) {
        var said = new RankLines();
        said.register(context, Option.apply("lines"), true); // those of failed tasks, too
        var echo = new RankEcho(said.id(), lines);
        List<Integer> numbers = IntStream.range(0, job.ranks()).boxed().toList();
        RDD<RankEnd> ranks =
                JavaSparkContext.fromSparkContext(context)
                        .parallelize(numbers, job.ranks())
                        .rdd()
                        .barrier()
                        .mapPartitions(
                                new RankTask(job.arguments(), retry, said),
                                false,
                                ClassTag$.MODULE$.apply(RankEnd.class));
        context.addSparkListener(echo);
        try {
            context.setJobGroup("repvgg", job.name(), true); // ranks notice an interrupt
            return ranks.toJavaRDD().collect();
        } finally {
            context.clearJobGroup();
            context.removeSparkListener(echo);
            echo.hear(said.value());
        }
    }

    /// Rank 0's end, or the first that tells what the user has to change, or the first failure.
    private static RankEnd outcome(List<RankEnd> ends) {
        RankEnd worst = ends.getFirst();
        for (RankEnd end : ends) {
            if (end.status() > worst.status()) {
                worst = end;
            }
        }
        return worst;
    }

    /// Why a rank was lost; null where it is something else that Spark could not do.
    private static @Nullable String reason(Throwable e) {
        Matcher matcher = FAILURE.matcher(String.valueOf(e.getMessage()));
        return matcher.find()
                ? matcher.group(1).replaceFirst("^" + LostRank.class.getName() + ": ", "")
                : null;
    }

    private static Map<String, String> settings(RankJob job) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("spark.app.name", "repvgg " + job.name());
        String master = job.master();
        if (master != null && SessionLease.isHere(master)) {
            settings.put(CORES, Integer.toString(Math.max(1, processors(master) / job.ranks())));
        } else {
            // A rank that hangs keeps its cores until its executor is ended.
            settings.put("spark.task.reaper.enabled", "true");
            settings.put("spark.task.reaper.killTimeout", job.timeout().toSeconds() + "s");
            // A PyTorch of the machine would be mixed with ours.
            settings.put("spark.executor.extraJavaOptions", "-Djava.library.path=absent");
        }
        var given = new SparkConf(); // what spark-submit has said
        settings.keySet().removeIf(given::contains);
        if (master != null && !SessionLease.isHere(master)) {
            settings.put("spark.jars", String.join(",", jars()));
        }
        settings.putAll(job.configuration());
        return settings;
    }

    private static Iterable<String> jars() {
        try {
            Class<?> program = RankProgram.find().orElseThrow().getClass();
            var jars = ApplicationJars.withLibraries(program);
            jars.addAll(ApplicationJars.find());
            return jars;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Of `local`, `local[N]` and `local[*]`.
    private static int processors(String master) {
        Matcher number = Pattern.compile("local\\[(\\d+).*").matcher(master);
        if (number.matches()) {
            return Integer.parseInt(number.group(1));
        }
        return master.equals("local") ? 1 : Runtime.getRuntime().availableProcessors();
    }
}
