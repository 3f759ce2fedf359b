package org.repvgg.spark;

import java.util.function.Consumer;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.repvgg.spark.RankLines.Said;
import scala.Tuple4;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.OptionConverters;

/// Hears in the driver what rank 0 says, and hands on every line once.
final class RankEcho extends SparkListener {
    private final long accumulator;
    private final Consumer<String> lines;
    private long known;

    /// @param accumulator number of the [RankLines]
    RankEcho(long accumulator, Consumer<String> lines) {
        this.accumulator = accumulator;
        this.lines = lines;
    }

    @Override
    public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
        for (Tuple4<Object, Object, Object, Seq<AccumulableInfo>> task :
                CollectionConverters.asJava(update.accumUpdates())) {
            for (AccumulableInfo info : CollectionConverters.asJava(task._4())) {
                if (info.id() == accumulator
                        && OptionConverters.toJava(info.update()).orElse("") instanceof Said said) {
                    hear(said);
                }
            }
        }
    }

    synchronized void hear(Said said) {
        said.after(known).forEach(lines);
        known = Math.max(known, said.count());
    }
}
