package org.repvgg.train.torch;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.repvgg.train.Collective;
import org.repvgg.train.LostRankException;
import org.repvgg.train.Rendezvous;
import org.repvgg.train.TrainException;
import org.repvgg.train.torch.TorchOptions.Device;

/// [Collective] by libtorch's c10d with Gloo, over TCP.
///
/// Arrays of Java may move and Gloo works on memory that does not, so they go through native
/// buckets: while some are reduced, others are copied.
public final class GlooCollective implements Collective {
    /// Floats: 4 MiB, enough to make the way of one more message nothing.
    private static final int BUCKET = 1 << 20;

    /// Most that are on their way at once; one more waits for the first of them.
    private static final int BUCKETS = 8;

    /// How long others may take to notice that a rank was lost, before they count as lost.
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final Rendezvous rendezvous;
    private final RankStore store;
    private final ProcessGroupGloo group;

    /// Those that nothing is in.
    private final Deque<FloatPointer> idle = new ArrayDeque<>();

    private final Deque<Begun> begun = new ArrayDeque<>();
    private boolean closed;

    /// A part of an array on its way.
    private record Begun(Work work, FloatPointer bucket, float[] values, int at, int count) {}

    private GlooCollective(Rendezvous rendezvous, RankStore store, ProcessGroupGloo group) {
        this.rendezvous = rendezvous;
        this.store = store;
        this.group = group;
    }

    private FloatPointer bucket() {
        if (begun.size() == BUCKETS) {
            finishFirst();
        }
        FloatPointer bucket = idle.poll();
        if (bucket == null) {
            bucket = new FloatPointer((long) BUCKET);
            bucket.retainReference();
        }
        return bucket;
    }

    /// Meets the others.
    ///
    /// @param listening rank 0's socket at the rendezvous, which is the collective's from now on;
    ///   null to open one
    /// @throws IllegalArgumentException if another process has this rank, or another world
    /// @throws TrainException if not all come in time, or one is lost, or there is no libtorch
    public static GlooCollective join(Rendezvous rendezvous, @Nullable ListeningSocket listening) {
        load();
        RankStore store = RankStore.open(rendezvous, listening);
        try (var _ = new QuietOutput()) {
            GlooCollective joined = connect(rendezvous, store);
            try {
                joined.sum(new double[1]); // nobody leaves before all are connected
                return joined;
            } catch (LostRankException e) {
                joined.close();
                throw ends(rendezvous, e.getMessage(), e);
            }
        }
    }

    private static void load() {
        Libtorch.load(Device.CPU);
        try {
            Libtorch.loadAlone(ProcessGroupGloo.class);
        } catch (LinkageError e) {
            throw new TrainException(
                    "several processes need libtorch's Gloo, which cannot be loaded here: "
                            + e.getMessage(),
                    e);
        }
        Libtorch.logErrorsOnly();
    }

    private static GlooCollective connect(Rendezvous rendezvous, RankStore store) {
        try {
            return Libtorch.compute(
                    () -> new GlooCollective(rendezvous, store, group(rendezvous, store)));
        } catch (IllegalStateException e) {
            List<String> ended = store.ended(GRACE);
            store.leave("the ranks cannot connect");
            throw ended.isEmpty()
                    ? new TrainException(
                            "rank %s of %s cannot connect to the others: %s"
                                    .formatted(
                                            rendezvous.rank(), rendezvous.world(), e.getMessage()),
                            e)
                    : ends(rendezvous, areGone(ended), e);
        }
    }

    private static String areGone(List<String> names) {
        return String.join(" or ", names) + " is gone: the connection is closed";
    }

    private static TrainException ends(
            Rendezvous rendezvous, @Nullable String why, RuntimeException e) {
        return new TrainException(
                "rank %s of %s ends: %s".formatted(rendezvous.rank(), rendezvous.world(), why), e);
    }

    private static ProcessGroupGloo group(Rendezvous rendezvous, RankStore store) {
        var timeout = new Milliseconds(rendezvous.timeout().toMillis());
        String address = store.own().getHostAddress();
        ProcessGroupGloo.Options options = ProcessGroupGloo.Options.create(timeout);
        options.devices(new GlooDeviceVector(ProcessGroupGloo.createDeviceForHostname(address)));
        options.threads(2); // as many buckets are reduced at once
        var group =
                new ProcessGroupGloo(store.store(), rendezvous.rank(), rendezvous.world(), options);
        group.retainReference();
        return group;
    }

    @Override
    public void beginSum(float[] values, int from, int length) {
        together(
                () -> {
                    for (int at = from; at < from + length; at += BUCKET) {
                        begin(values, at, Math.min(BUCKET, from + length - at));
                    }
                });
    }

    private void begin(float[] values, int at, int count) {
        FloatPointer bucket = bucket();
        bucket.put(values, at, count);
        Work work = group.allreduce(new TensorVector(tensor(bucket, count)));
        work.retainReference();
        begun.add(new Begun(work, bucket, values, at, count));
    }

    @Override
    public void finishSums() {
        together(
                () -> {
                    while (!begun.isEmpty()) {
                        finishFirst();
                    }
                });
    }

    private void finishFirst() {
        Begun first = begun.getFirst();
        boolean _ = first.work._wait();
        first.bucket.get(first.values, first.at, first.count);
        first.work.releaseReference();
        begun.removeFirst();
        idle.add(first.bucket);
    }

    private static Tensor tensor(FloatPointer bucket, int count) {
        return torch.from_blob(bucket, new long[] {count});
    }

    @Override
    public void sum(double[] values) {
        together(
                () -> {
                    var copy = new DoublePointer(values);
                    Tensor tensor =
                            torch.from_blob(
                                    copy,
                                    new long[] {values.length},
                                    torch.dtype(torch.ScalarType.Double));
                    boolean _ = group.allreduce(new TensorVector(tensor))._wait();
                    copy.get(values);
                });
    }

    @Override
    public void broadcast(float[] values) {
        together(
                () -> {
                    FloatPointer bucket = bucket();
                    for (int at = 0; at < values.length; at += BUCKET) {
                        int count = Math.min(BUCKET, values.length - at);
                        bucket.put(values, at, count);
                        boolean _ =
                                group.broadcast(new TensorVector(tensor(bucket, count)))._wait();
                        bucket.get(values, at, count);
                    }
                    idle.add(bucket);
                });
    }

    private void together(Runnable work) {
        try {
            Libtorch.compute(
                    () -> {
                        work.run();
                        return group;
                    });
        } catch (IllegalStateException e) {
            if (e.getCause() == null) { // the JVM goes down
                throw e;
            }
            throw lost(e);
        }
    }

    /// Closes the group first, so that the others notice, too.
    private LostRankException lost(IllegalStateException e) {
        closeGroup();
        String message = String.valueOf(e.getMessage());
        boolean silent = message.toLowerCase(Locale.ROOT).contains("timed out");
        List<String> lost = store.lost(GRACE);
        return new LostRankException(
                silent && store.ended(Duration.ZERO).isEmpty()
                        ? "%s has been silent for %s s"
                                .formatted(
                                        String.join(" or ", lost), rendezvous.timeout().toSeconds())
                        : areGone(lost),
                e);
    }

    private void closeGroup() {
        if (!closed) {
            closed = true;
            begun.forEach(part -> part.work.releaseReference());
            group.close();
            begun.forEach(part -> idle.add(part.bucket));
            begun.clear();
        }
    }

    /// Does nothing where the JVM goes down, which closes everything.
    @Override
    public void close() {
        try {
            Libtorch.copy(
                    () -> {
                        closeGroup();
                        store.close();
                        idle.forEach(Pointer::close);
                        return store;
                    });
        } catch (IllegalStateException _) {
            // the gate is shut
        }
    }
}
