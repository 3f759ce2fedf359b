package org.repvgg.spark;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.SparkFiles;
import org.jspecify.annotations.Nullable;
import org.repvgg.train.cluster.RankEnd;
import org.repvgg.train.cluster.RankProgram;
import scala.collection.Iterator;
import scala.runtime.AbstractFunction1;

/// One rank, as a task of a barrier stage.
///
/// A rank that ends because another was lost fails its task, and with it the stage, which begins
/// again. All else that goes wrong would go wrong again: it is returned.
final class RankTask extends AbstractFunction1<Iterator<Integer>, Iterator<RankEnd>>
        implements Serializable {
    private static final String UNPACKED = "org.bytedeco.javacpp.cachedir";

    /// Who prints in this JVM, if it is the driver's; there lines need no way.
    private static volatile @Nullable Consumer<String> console;

    private final List<String> arguments;
    private final boolean retry;
    private final RankLines lines;

    /// @param retry whether the ranks have begun before
    RankTask(List<String> arguments, boolean retry, RankLines lines) {
        this.arguments = arguments;
        this.retry = retry;
        this.lines = lines;
    }

    /// Says who prints in the driver.
    ///
    /// @param printer null for nobody
    static void printTo(@Nullable Consumer<String> printer) {
        console = printer;
    }

    @Override
    public Iterator<RankEnd> apply(Iterator<Integer> numbers) {
        BarrierTaskContext context = BarrierTaskContext.get();
        boolean here = SparkEnv.get().blockManager().blockManagerId().isDriver();
        if (!here) {
            unpackApart();
        }
        var place = new BarrierPlace(context, retry);
        Consumer<String> printer = printer(place.rank(), here);
        RankEnd end = program().run(arguments, place, printer);
        if (!here && !end.error().isEmpty()) {
            System.err.println("rank %s ends: %s".formatted(place.rank(), end.error()));
        }
        if (end.lost()) {
            throw new LostRank(end.error());
        }
        if (end.status() != 0) {
            place.excuse(end.error());
        }
        return Iterator.single(end);
    }

    private static RankProgram program() {
        return RankProgram.find()
                .orElseThrow(
                        () ->
                                new IllegalStateException(
                                        "no jar in this executor has a RankProgram: give spark-submit"
                                                + " all of them with --jars (docs/spark.md)"));
    }

    private Consumer<String> printer(int rank, boolean here) {
        Consumer<String> direct = console;
        if (here && direct != null) {
            return rank == 0 ? direct : _ -> {}; // they say the same
        }
        Consumer<String> log = line -> System.err.println("rank " + rank + ": " + line);
        return rank == 0 ? log.andThen(lines::add) : log;
    }

    /// JavaCPP unpacks libtorch anew when a jar's time differs, as it does in every executor: in a
    /// folder of all executors that would pull the library from under those at work.
    private static void unpackApart() {
        if (System.getProperty(UNPACKED) == null) {
            Path own = Path.of(SparkFiles.getRootDirectory(), "native");
            System.setProperty(UNPACKED, own.toAbsolutePath().normalize().toString());
        }
    }
}
