package org.repvgg.benchmark.serving;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// How much memory a server takes, time and again until this is closed.
final class MemorySamples implements AutoCloseable {
    private static final double MEGABYTE = 1 << 20;

    private final ServerProcess server;
    private final long periodMillis;
    private final List<Sample> samples = Collections.synchronizedList(new ArrayList<>());
    private final Thread sampler;

    private MemorySamples(ServerProcess server, Duration period) {
        this.server = server;
        this.periodMillis = period.toMillis();
        this.sampler = Thread.ofPlatform().name("memory").unstarted(this::sample);
    }

    static MemorySamples begin(ServerProcess server, Duration period) {
        var samples = new MemorySamples(server, period);
        samples.sampler.start();
        return samples;
    }

    /// @param heap used, garbage included
    record Sample(double seconds, double resident, double heap, double waitingImages) {}

    private void sample() {
        long start = System.nanoTime();
        try {
            while (true) {
                ServerMetrics metrics = ServerMetrics.of(server);
                samples.add(
                        new Sample(
                                (System.nanoTime() - start) / 1e9,
                                server.residentBytes() / MEGABYTE,
                                metrics.heapBytes() / MEGABYTE,
                                metrics.waitingImages()));
                Thread.sleep(periodMillis);
            }
        } catch (InterruptedException e) {
            // closed
        } catch (IOException e) {
            System.err.println("no more samples of memory: " + e);
        }
    }

    List<Sample> all() {
        return List.copyOf(samples);
    }

    /// The least in a part of the time: of a heap, about what is no garbage.
    ///
    /// @param from in `[0,1)`
    /// @param to in `(from,1]`
    double least(ToDoubleFunction<Sample> what, double from, double to) {
        List<Sample> all = all();
        return all.subList((int) (from * all.size()), (int) Math.ceil(to * all.size())).stream()
                .mapToDouble(what)
                .min()
                .orElse(Double.NaN);
    }

    @Override
    public void close() {
        sampler.interrupt();
    }
}
