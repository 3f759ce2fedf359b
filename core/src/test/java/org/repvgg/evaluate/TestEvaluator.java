package org.repvgg.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.repvgg.evaluate.GivenImages.item;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.repvgg.evaluate.GivenImages.Item;

final class TestEvaluator {
    private static final List<String> THREE = List.of("cat", "dog", "ship");

    @Test
    void testCountsRightAnswersAndConfusions() throws IOException {
        GivenImages images =
                new GivenImages(
                        THREE,
                        List.of(
                                item(0, 9, 1, 2),
                                item(0, 1, 9, 2),
                                item(1, 1, 9, 2),
                                item(2, 7, 1, 2)));

        Evaluation evaluation = evaluate(new FirstPixels(THREE, 1, 0), images);

        assertThat(evaluation.top1()).isEqualTo(0.5);
        assertThat(evaluation.top5())
                .as("all of three classes are among the best five")
                .isEqualTo(1);
        assertThat(evaluation.images()).isEqualTo(4);
        assertThat(evaluation.broken()).isEmpty();
        assertThat(evaluation.confusion())
                .isEqualTo(List.of(List.of(1, 1, 0), List.of(0, 1, 0), List.of(1, 0, 0)));
        assertThat(evaluation.classTop1(0)).isEqualTo(0.5);
        assertThat(evaluation.seconds()).isPositive();
        assertThat(evaluation.imagesPerSecond()).isPositive();
    }

    @Test
    void testTopFiveOfEight() throws IOException {
        List<String> eight = IntStream.range(0, 8).mapToObj(i -> "c" + i).toList();
        GivenImages images =
                new GivenImages(
                        eight,
                        List.of(item(4, 9, 8, 7, 6, 5, 4, 3, 2), item(5, 9, 8, 7, 6, 5, 4, 3, 2)));

        Evaluation evaluation = evaluate(new FirstPixels(eight, 1, 0), images);

        assertThat(evaluation.top1()).isZero();
        assertThat(evaluation.top5()).isEqualTo(0.5);
    }

    @Test
    void testBrokenImagesAreListedAndNotJudged() throws IOException {
        GivenImages images =
                new GivenImages(THREE, List.of(item(0, 9, 1, 2), item(1), item(2, 1, 2, 9)));

        Evaluation evaluation = evaluate(new FirstPixels(THREE, 1, 0), images);

        assertThat(evaluation.images()).isEqualTo(2);
        assertThat(evaluation.top1()).isEqualTo(1);
        assertThat(evaluation.broken()).containsExactly("image1: not an image");
    }

    @Test
    void testNamesDecideWhichClassIsMeant() throws IOException {
        GivenImages images =
                new GivenImages(List.of("dog", "cat"), List.of(item(0, 1, 9, 2), item(1, 9, 1, 2)));

        Evaluation evaluation = evaluate(new FirstPixels(THREE, 1, 0), images);

        assertThat(evaluation.top1()).isEqualTo(1);
        assertThat(evaluation.confusion())
                .isEqualTo(List.of(List.of(1, 0, 0), List.of(0, 1, 0), List.of(0, 0, 0)));
        assertThat(evaluation.classTop1(2)).isNaN();
    }

    @Test
    void testAnswersOfNaNAreWrong() throws IOException {
        GivenImages images = new GivenImages(THREE, List.of(item(0, 9, 1, 2)));

        assertThat(evaluate(new FirstPixels(THREE, Float.NaN, 0), images).top5()).isZero();
    }

    @Test
    void testProgressReachesTheEnd() throws IOException {
        List<Item> many = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            many.add(item(i % 3, i % 3 == 0 ? 9 : 0, i % 3 == 1 ? 9 : 0, i % 3 == 2 ? 9 : 0));
        }
        List<Long> heard = new ArrayList<>();

        Evaluation evaluation =
                Evaluator.evaluate(
                        new FirstPixels(THREE, 1, 0),
                        new GivenImages(THREE, many),
                        2,
                        (done, total) -> {
                            heard.add(done);
                            assertThat(total).isEqualTo(300);
                        });

        assertThat(heard).isSorted().endsWith(300L);
        assertThat(evaluation.top1()).isEqualTo(1);
    }

    @Test
    void testRefusesWhatCannotBeJudged() {
        FirstPixels classifier = new FirstPixels(THREE, 1, 0);

        assertThatThrownBy(() -> evaluate(classifier, new GivenImages(THREE, List.of())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("there are no images to evaluate on");
        assertThatThrownBy(() -> evaluate(classifier, new GivenImages(THREE, List.of(item(0)))))
                .isInstanceOf(IOException.class)
                .hasMessage("none of the 1 images can be read: image0: not an image");
        assertThatThrownBy(
                        () ->
                                evaluate(
                                        classifier,
                                        new GivenImages(
                                                List.of("a", "b", "c", "d"),
                                                List.of(item(0, 1, 2, 3)))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "the network answers 3 classes, the data has 4 (a, b, c, …), and their"
                                + " names differ");
    }

    private static Evaluation evaluate(FirstPixels classifier, GivenImages images)
            throws IOException {
        return Evaluator.evaluate(classifier, images, 2, Progress.NONE);
    }
}
