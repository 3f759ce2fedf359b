package org.repvgg.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TestWorkerPool {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void runsEveryPieceOnce(int threads) {
        try (WorkerPool pool = new WorkerPool(threads)) {
            assertThat(pool.threads()).isEqualTo(threads);
            for (int pieces : new int[] {0, 1, 2, 7, 1000}) {
                for (int round = 0; round < 50; round++) {
                    AtomicIntegerArray runs = new AtomicIntegerArray(pieces);
                    pool.run(pieces, runs::incrementAndGet);
                    for (int i = 0; i < pieces; i++) {
                        assertThat(runs.get(i)).isEqualTo(1);
                    }
                }
            }
        }
    }

    /// A thread that comes late for one job must not take a piece of the next for its own.
    @Test
    void shortJobsInQuickSuccessionDoNotMix() {
        try (WorkerPool pool = new WorkerPool(3)) {
            AtomicIntegerArray runs = new AtomicIntegerArray(8);
            for (int job = 0; job < 100_000; job++) {
                int pieces = 2 + job % 7;
                pool.run(pieces, runs::incrementAndGet);
                for (int i = 0; i < runs.length(); i++) {
                    assertEquals(i < pieces ? 1 : 0, runs.getAndSet(i, 0), job);
                }
            }
        }
    }

    /// Without the cost of a message nobody reads.
    private static void assertEquals(int expected, int runs, int job) {
        if (runs != expected) {
            throw new AssertionError("job " + job + ": a piece ran " + runs + " times");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void throwsWhatAPieceThrowsAndLivesOn(int threads) {
        try (WorkerPool pool = new WorkerPool(threads)) {
            for (int bad = 0; bad < 20; bad++) {
                int number = bad;
                assertThatThrownBy(() -> pool.run(20, i -> failAt(i, number)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("piece " + bad);
            }
            AtomicIntegerArray runs = new AtomicIntegerArray(20);
            pool.run(20, runs::incrementAndGet);
            assertThat(runs.get(19)).isEqualTo(1);
        }
    }

    private static void failAt(int piece, int bad) {
        if (piece == bad) {
            throw new IllegalArgumentException("piece " + piece);
        }
    }

    @Test
    void restsWhenIdle() throws InterruptedException {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        try (WorkerPool pool = new WorkerPool(3)) {
            pool.run(100, _ -> {});
            Thread.sleep(50);
            long[] workers = workers();
            assertThat(workers).hasSize(2);
            long before = Arrays.stream(workers).map(threads::getThreadCpuTime).sum();
            Thread.sleep(200);
            long after = Arrays.stream(workers).map(threads::getThreadCpuTime).sum();
            assertThat((after - before) * 1e-6).as("milliseconds worked in 200").isLessThan(5);
        }
    }

    @Test
    void endsItsThreadsWhenClosed() throws InterruptedException {
        Set<Thread> before = Thread.getAllStackTraces().keySet(); // some of them may be ending
        WorkerPool pool = new WorkerPool(3);
        List<Thread> threads =
                Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().startsWith("repvgg-worker-"))
                        .filter(thread -> !before.contains(thread))
                        .toList();
        assertThat(threads).hasSize(2).allMatch(Thread::isDaemon);
        pool.close();
        for (Thread thread : threads) {
            thread.join(5_000);
            assertThat(thread.isAlive()).isFalse();
        }
        assertThatThrownBy(() -> pool.run(2, _ -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the worker pool is closed");
    }

    @Test
    void anInterruptIsKeptForTheCaller() {
        try (WorkerPool pool = new WorkerPool(3)) {
            Thread.currentThread().interrupt();
            AtomicIntegerArray runs = new AtomicIntegerArray(50);
            pool.run(50, runs::incrementAndGet);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(runs.get(49)).isEqualTo(1);
        }
    }

    private static long[] workers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("repvgg-worker-"))
                .mapToLong(Thread::threadId)
                .toArray();
    }
}
