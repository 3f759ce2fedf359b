package org.repvgg.spark;

import java.util.List;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import org.repvgg.train.TrainException;
import org.repvgg.train.cluster.RankPlace;

/// A task of a barrier stage as the place of a rank. What ranks tell each other goes through the
/// driver: `+` and an address from who has come so far, `-` and the reason from who has not.
final class BarrierPlace implements RankPlace {
    private final BarrierTaskContext context;
    private final boolean retry;
    private boolean met;

    BarrierPlace(BarrierTaskContext context, boolean retry) {
        this.context = context;
        this.retry = retry;
    }

    @Override
    public int rank() {
        return context.partitionId();
    }

    @Override
    public int world() {
        return context.getTaskInfos().length;
    }

    @Override
    public String host() {
        return SparkEnv.get().blockManager().blockManagerId().host();
    }

    @Override
    public int threads() {
        return context.cpus();
    }

    @Override
    public boolean isRetry() {
        return retry;
    }

    @Override
    public String meet(String own) {
        met = true;
        List<String> told = List.of(context.allGather("+" + own));
        for (int rank = 0; rank < told.size(); rank++) {
            if (told.get(rank).startsWith("-")) {
                throw new TrainException(
                        "rank %s cannot begin: %s".formatted(rank, told.get(rank).substring(1)));
            }
        }
        return told.getFirst().substring(1);
    }

    /// Tells those who wait that this rank has ended before, if it has.
    void excuse(String reason) {
        if (!met) {
            met = true;
            List<String> _ = List.of(context.allGather("-" + reason));
        }
    }
}
