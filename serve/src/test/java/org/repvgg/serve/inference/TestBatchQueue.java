package org.repvgg.serve.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestBatchQueue {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final GatedClassifier classifier = new GatedClassifier();
    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void end() {
        classifier.opened();
        callers.shutdownNow();
    }

    private BatchQueue queue(int batch, int queue, Duration timeout) {
        return new BatchQueue(
                "test",
                classifier,
                new BatchOptions(batch, Duration.ofMillis(20), queue, timeout),
                (_, _) -> {});
    }

    /// Images of one colour each.
    private static Tensor images(int side, float... colours) {
        float[] pixels = new float[colours.length * 3 * side * side];
        for (int i = 0; i < colours.length; i++) {
            Arrays.fill(pixels, i * 3 * side * side, (i + 1) * 3 * side * side, colours[i]);
        }
        return Tensor.ofOwned(Shape.of(colours.length, 3, side, side), pixels);
    }

    private Future<float[]> ask(BatchQueue queue, Tensor images) throws InterruptedException {
        int before = queue.waitingImages();
        int passes = classifier.passes.size();
        Future<float[]> answer =
                callers.submit(() -> queue.answer(images, Set.of()).logits().toArray());
        long end = System.nanoTime() + LONG.toNanos();
        while (queue.waitingImages() == before
                && classifier.passes.size() == passes
                && !answer.isDone()
                && System.nanoTime() < end) {
            Thread.sleep(1); // until it is in the queue
        }
        return answer;
    }

    private static float[] get(Future<float[]> answer) throws Exception {
        return answer.get(30, TimeUnit.SECONDS);
    }

    @Test
    void oneAloneIsAnsweredAtOnce() throws Exception {
        classifier.opened();
        try (BatchQueue queue = queue(4, 8, LONG)) {
            Answer answer = queue.answer(images(2, 7), Set.of());
            assertThat(answer.logits().toArray()).containsExactly(7, 7);
            assertThat(answer.blocks()).isEmpty();
        }
        assertThat(classifier.passes).containsExactly(1);
        assertThat(classifier.isClosed()).isTrue();
    }

    @Test
    void thoseWhoComeMeanwhileShareAPass() throws Exception {
        try (BatchQueue queue = queue(8, 100, LONG)) {
            List<Future<float[]>> answers = new ArrayList<>();
            answers.add(ask(queue, images(2, 0)));
            classifier.arrived.acquire();
            for (int i = 1; i < 4; i++) {
                answers.add(ask(queue, images(2, i, i + 0.5f)));
            }
            classifier.opened();
            for (int i = 1; i < 4; i++) {
                assertThat(get(answers.get(i))).containsExactly(i, i, i + 0.5f, i + 0.5f);
            }
        }
        assertThat(classifier.passes).containsExactly(1, 6);
    }

    @Test
    void passesAreNoLargerThanABatch() throws Exception {
        try (BatchQueue queue = queue(3, 100, LONG)) {
            List<Future<float[]>> answers = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                answers.add(ask(queue, images(2, i)));
                if (i == 0) {
                    classifier.arrived.acquire();
                }
            }
            classifier.opened();
            for (int i = 0; i < 6; i++) {
                assertThat(get(answers.get(i))).containsExactly(i, i);
            }
        }
        assertThat(classifier.passes).containsExactly(1, 3, 2);
    }

    @Test
    void otherSizesAndBlocksHavePassesOfTheirOwn() throws Exception {
        try (BatchQueue queue = queue(8, 100, LONG)) {
            List<Future<float[]>> answers = new ArrayList<>();
            answers.add(ask(queue, images(2, 0)));
            classifier.arrived.acquire();
            answers.add(ask(queue, images(2, 1)));
            answers.add(ask(queue, images(4, 2)));
            answers.add(ask(queue, images(4, 3)));
            Future<Answer> blocks = callers.submit(() -> queue.answer(images(4, 4), Set.of(3)));
            while (queue.waitingImages() < 4) {
                Thread.sleep(1);
            }
            classifier.opened();
            for (int i = 0; i < 4; i++) {
                assertThat(get(answers.get(i))).containsExactly(i, i);
            }
            assertThat(blocks.get().blocks()).containsOnlyKeys(3);
        }
        assertThat(classifier.passes).containsExactly(1, 1, 2, 1);
    }

    @Test
    void aLargeRequestIsCutIntoPasses() throws Exception {
        classifier.opened();
        try (BatchQueue queue = queue(3, 4, LONG)) {
            Answer answer = queue.answer(images(2, 1, 2, 3, 4, 5, 6, 7), Set.of());
            assertThat(answer.logits().toArray())
                    .containsExactly(1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
            assertThatThrownBy(() -> queue.answer(images(2, 1, 2, 3, 4), Set.of(3)))
                    .hasMessage("4 images at a time, but their blocks are answered for at most 3");
        }
        assertThat(classifier.passes).containsExactly(3, 3, 1);
    }

    @Test
    void aFullQueueRefuses() throws Exception {
        try (BatchQueue queue = queue(2, 3, LONG)) {
            ask(queue, images(2, 0));
            classifier.arrived.acquire();
            Future<float[]> waits = ask(queue, images(2, 1, 2));
            var refused =
                    catchThrowableOfType(
                            OverloadedException.class,
                            () -> queue.answer(images(2, 3, 4), Set.of()));
            assertThat(refused).hasMessage("2 images wait, 3 may");
            assertThat(refused.retryAfterSeconds()).isEqualTo(1);
            assertThat(refused.isUnloading()).isFalse();
            queue.checkRoom(1, 0);
            assertThatThrownBy(() -> queue.checkRoom(1, 1))
                    .isInstanceOf(OverloadedException.class)
                    .hasMessage("3 images wait, 3 may");
            Future<float[]> fits = ask(queue, images(2, 5));
            classifier.opened();
            assertThat(get(waits)).containsExactly(1, 1, 2, 2);
            assertThat(get(fits)).containsExactly(5, 5);
        }
    }

    @Test
    void whoIsOutOfTimeOrGoneCostsNoPass() throws Exception {
        try (BatchQueue queue = queue(1, 100, Duration.ofMillis(200))) {
            ask(queue, images(2, 0));
            classifier.arrived.acquire();
            Future<float[]> gone = ask(queue, images(2, 1));
            gone.cancel(true);
            assertThatThrownBy(() -> queue.answer(images(2, 2), Set.of()))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessageContaining("within 0.2 s");
            assertThat(queue.waitingImages()).as("places of those who are gone").isZero();
            classifier.opened();
            assertThat(queue.answer(images(2, 3), Set.of()).logits().toArray())
                    .containsExactly(3, 3);
        }
        assertThat(classifier.passes).containsExactly(1, 1);
    }

    @Test
    void closingAnswersWhatWaitsAndRefusesTheRest() throws Exception {
        BatchQueue queue = queue(2, 100, LONG);
        Future<float[]> first = ask(queue, images(2, 0));
        classifier.arrived.acquire();
        Future<float[]> second = ask(queue, images(2, 1));
        Future<?> closing = callers.submit(queue::close);
        long end = System.nanoTime() + LONG.toNanos();
        boolean refused = false;
        while (!refused && System.nanoTime() < end) {
            try {
                Future<Answer> late = callers.submit(() -> queue.answer(images(2, 9), Set.of()));
                late.get(20, TimeUnit.MILLISECONDS);
            } catch (ExecutionException e) {
                refused = ((OverloadedException) e.getCause()).isUnloading();
            } catch (TimeoutException e) {
                Thread.sleep(1); // not closed yet
            }
        }
        assertThat(refused).isTrue();
        assertThat(closing.isDone()).isFalse();
        classifier.opened();
        closing.get(30, TimeUnit.SECONDS);
        assertThat(get(first)).containsExactly(0, 0);
        assertThat(get(second)).containsExactly(1, 1);
        assertThat(classifier.isClosed()).isTrue();
    }

    @Test
    void aPassThatFailsHarmsNoOther() throws Exception {
        classifier.opened();
        try (BatchQueue queue = queue(2, 8, LONG)) {
            assertThatThrownBy(() -> queue.answer(images(2, -1), Set.of()))
                    .hasMessageContaining("a negative pixel");
            assertThat(queue.answer(images(2, 1), Set.of()).logits().toArray())
                    .containsExactly(1, 1);
        }
    }

    @Test
    void errorsAndHurriedCallersDoNotEndTheQueue() throws Exception {
        classifier.opened();
        try (BatchQueue queue = queue(2, 8, LONG)) {
            assertThatThrownBy(() -> queue.answer(images(2, -2), Set.of()))
                    .isInstanceOf(AssertionError.class);
            assertThat(queue.answer(images(2, 1), Set.of()).logits().toArray())
                    .containsExactly(1, 1);
        }
        try (BatchQueue queue = queue(1, 100, Duration.ofNanos(1))) {
            List<Future<?>> hurried = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                hurried.add(callers.submit(() -> hurry(queue)));
            }
            for (Future<?> one : hurried) {
                one.get(60, TimeUnit.SECONDS);
            }
            assertThatCode(() -> queue.checkRoom(1, 0)).as("still open").doesNotThrowAnyException();
        }
    }

    private static Object hurry(BatchQueue queue) throws Exception {
        for (int i = 0; i < 500; i++) {
            try {
                queue.answer(images(2, 1), Set.of());
            } catch (TimeoutException | OverloadedException e) {
                assertThat(e.getMessage()).doesNotContain("unloaded");
            }
        }
        return "done";
    }

    @Test
    void refusesShapes() {
        try (BatchQueue queue = queue(2, 8, LONG)) {
            Tensor flat = Tensor.ofOwned(Shape.of(2, 3), new float[6]);
            assertThatThrownBy(() -> queue.answer(flat, Set.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("[n,3,h,w]", "[2,3]");
            Tensor grey = Tensor.ofOwned(Shape.of(1, 1, 2, 2), new float[4]);
            assertThatThrownBy(() -> queue.answer(grey, Set.of()))
                    .isInstanceOf(IllegalArgumentException.class);
            Tensor empty = Tensor.ofOwned(Shape.of(0, 3, 2, 2), new float[0]);
            assertThatThrownBy(() -> queue.answer(empty, Set.of()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(classifier.passes).isEmpty();
    }
}
