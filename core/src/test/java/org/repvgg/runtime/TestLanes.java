package org.repvgg.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.repvgg.kernel.Kernels;
import org.repvgg.runtime.Lanes.Lane;

@Timeout(30)
final class TestLanes {
    private static final int THREADS = 3;
    private static final Program PROGRAM =
            PlainProgram.compile(
                    RandomModels.plain(OddSpecs.plain().getFirst(), 1), Kernels.fastest());

    private final Lanes lanes = new Lanes(PROGRAM, 64e6, THREADS);
    private final ExecutorService callers =
            Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory());

    @AfterEach
    void end() {
        callers.shutdownNow();
    }

    private Lane enterElsewhere() throws ExecutionException, InterruptedException {
        return callers.submit(lanes::enter).get();
    }

    /// Whoever has not answered by then waits: nothing else takes so long.
    private static void checkWaits(Future<?> future) {
        assertThatThrownBy(() -> future.get(100, TimeUnit.MILLISECONDS))
                .isInstanceOf(TimeoutException.class);
    }

    @Test
    void oneAloneHasAllThreadsEveryTime() {
        for (int i = 0; i < 2; i++) {
            Lane lane = lanes.enter();
            assertThat(lane.pool.threads()).isEqualTo(THREADS);
            lanes.leave(lane);
        }
        lanes.close();
    }

    @Test
    void whereEachHasOneThreadNobodyHasMore() throws Exception {
        try (Lanes narrow = new Lanes(PROGRAM, 64e6, THREADS, 1)) {
            Lane first = narrow.enter();
            Lane second = callers.submit(narrow::enter).get();

            assertThat(first.pool.threads()).isEqualTo(1);
            assertThat(second.pool.threads()).isEqualTo(1);
            narrow.leave(first);
            narrow.leave(second);
        }
    }

    @Test
    void whoComesMeanwhileHasHisOwnThread() throws Exception {
        Lane first = enterElsewhere();
        Lane second = enterElsewhere();
        Lane third = enterElsewhere();

        assertThat(first.pool.threads()).isEqualTo(THREADS);
        assertThat(second.pool.threads()).isEqualTo(1);
        assertThat(third.pool.threads()).isEqualTo(1);
        assertThat(third.workspaces).isNotSameAs(second.workspaces);
        lanes.leave(second);
        assertThat(enterElsewhere()).as("used again").isSameAs(second);
    }

    @Test
    void asManyPassesAsThreadsThenTheNextWait() throws Exception {
        Lane first = enterElsewhere();
        for (int i = 1; i < THREADS; i++) {
            enterElsewhere();
        }
        Future<Lane> waiting = callers.submit(lanes::enter);
        checkWaits(waiting);
        lanes.leave(first);

        assertThat(waiting.get().pool.threads()).isEqualTo(1);
    }

    @Test
    void closingWaitsForThoseInsideAndRefusesOthers() throws Exception {
        Lane inside = enterElsewhere();
        Future<?> closing = callers.submit(lanes::close);
        checkWaits(closing);
        assertThatThrownBy(lanes::enter).hasMessage("the classifier is closed");
        lanes.leave(inside);

        closing.get();
        lanes.close(); // once more does nothing
    }

    @Test
    void closingWakesThoseWhoWait() throws Exception {
        Lane[] inside = new Lane[THREADS];
        for (int i = 0; i < THREADS; i++) {
            inside[i] = enterElsewhere();
        }
        CountDownLatch comes = new CountDownLatch(1);
        Future<Lane> waiting =
                callers.submit(
                        () -> {
                            comes.countDown();
                            return lanes.enter();
                        });
        comes.await();
        Future<?> closing = callers.submit(lanes::close);

        assertThatThrownBy(waiting::get).hasMessageContaining("the classifier is closed");
        for (Lane lane : inside) {
            lanes.leave(lane);
        }
        closing.get();
    }

    @Test
    void nobodyEntersTwice() {
        Lane lane = lanes.enter();
        assertThatThrownBy(lanes::enter).hasMessageContaining("may not call");
        assertThatThrownBy(lanes::close).hasMessageContaining("close");
        lanes.leave(lane);
        lanes.close();
    }
}
