package org.repvgg.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.repvgg.data.LabelledImages;
import org.repvgg.fold.Fold;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestAgreementCheck {
    private static final List<String> TWO = List.of("a", "b");

    private static final RepVggSpec SPEC =
            RepVggFamily.A0.spec().toBuilder().widths(List.of(4, 4, 8, 8, 12)).build();

    /// Sums and differences of a few floats near 1 are exact to a few units of 6e-8.
    private static final double FLOAT_ROUNDING = 1e-6;

    @Test
    void testEqualClassifiersAgree() {
        Agreement agreement = compare(1, 1, 0, new float[] {0.3f, 0.1f, -0.2f, 0.4f});

        assertThat(agreement)
                .isEqualTo(new Agreement(0, 1, 2, 0, 0, Tolerances.UNIT_LOGITS, List.of(), null));
        assertThat(agreement.holds()).isTrue();
    }

    @Test
    void testAFlipOfATieIsNoDisagreement() {
        // The second adds 5e-5 to class b: image 0, a tie, is answered otherwise; image 1 is not.
        Agreement agreement = compare(1, 1, 5e-5f, new float[] {0.1f, 0.09998f, 0.9f, 0.1f});

        assertThat(agreement.ties()).isEqualTo(1);
        assertThat(agreement.disagreements()).isZero();
        assertThat(agreement.top1Agreement()).isEqualTo(0.5);
        assertThat(agreement.maxAbsDifference()).isCloseTo(5e-5, within(FLOAT_ROUNDING));
        assertThat(agreement.holds()).isTrue();
    }

    @Test
    void testAFlipBeyondTheToleranceIsADisagreement() {
        Agreement agreement = compare(1, 1, 0.5f, new float[] {0.4f, 0.1f, 0.9f, 0.1f});

        assertThat(agreement.ties()).isZero();
        assertThat(agreement.disagreements()).isEqualTo(1);
        assertThat(agreement.holds()).isFalse();
    }

    @Test
    void testToleranceGrowsWithTheLogits() {
        Agreement agreement = compare(1, 1, 0, new float[] {-50, 50, 50, -50});

        assertThat(agreement.tolerance()).isCloseTo(50 * Tolerances.UNIT_LOGITS, within(1e-12));
    }

    @Test
    void testNaNHoldsNever() {
        Agreement agreement = compare(Float.NaN, Float.NaN, 0, new float[] {1, 2});

        assertThat(agreement.maxAbsDifference()).isNaN();
        assertThat(agreement.holds()).isFalse();
    }

    @Test
    void testLabelsJudgeBoth() throws IOException {
        // Class b gains 2 in the second, which takes the third image for b.
        LabelledImages images =
                new GivenImages(
                        List.of("b", "a"), // another order than the networks'
                        List.of(
                                GivenImages.item(1, 9, 1),
                                GivenImages.item(0, 1, 9),
                                GivenImages.item(1, 4, 3),
                                GivenImages.item(0, 3, 4)));
        Agreement agreement =
                AgreementCheck.compare(
                        new FirstPixels(TWO, 1, 0),
                        new FirstPixels(TWO, 1, 2),
                        images,
                        false,
                        1,
                        Progress.NONE);

        assertThat(agreement.accuracy()).isEqualTo(new Agreement.Accuracy(1, 0.75));
        assertThat(agreement.disagreements()).isEqualTo(1);
    }

    @Test
    void testUnknownNamesJudgeNobody() throws IOException {
        LabelledImages images =
                new GivenImages(List.of("a", "c"), List.of(GivenImages.item(1, 9, 1)));
        FirstPixels classifier = new FirstPixels(TWO, 1, 0);

        assertThat(
                        AgreementCheck.compare(
                                        classifier, classifier, images, false, 1, Progress.NONE)
                                .accuracy())
                .isNull();
    }

    @Test
    void testNotesBothAccuracies() {
        var agreement =
                new Agreement(
                        1e-6, 1, 8, 0, 0, 1e-4, List.of(), new Agreement.Accuracy(0.5, 0.625));
        PlainModel plain = Fold.fold(InitialWeights.random(SPEC, InputSpec.imageNet(), 1));

        assertThat(agreement.describe(plain).provenance().facts())
                .containsEntry("fold.images", "8")
                .containsEntry("train.top1", "0.5")
                .containsEntry("plain.top1", "0.625");
        assertThat(agreement.describeHalf(plain).provenance().facts())
                .containsEntry("half.maxAbsDifference", "1.0E-6")
                .containsEntry("half.top1Agreement", "1.0")
                .containsEntry("half.images", "8")
                .containsEntry("plain.top1", "0.625")
                .doesNotContainKey("train.top1");
    }

    @Test
    void testRecordedAnswersStandInForTheirClassifier() {
        Classifier a = new FirstPixels(TWO, 1, 0);
        Classifier b = new FirstPixels(TWO, 1, 0.5f);
        List<Tensor> batches =
                List.of(
                        Tensor.vector(0.4f, 0.1f).reshape(Shape.of(1, 1, 1, 2)),
                        Tensor.vector(0.9f, 0.1f, 0, 1).reshape(Shape.of(2, 1, 1, 2)));

        RecordedAnswers recorded = RecordedAnswers.of(a, batches.iterator());

        assertThat(AgreementCheck.compare(recorded, b, batches.iterator(), false))
                .isEqualTo(AgreementCheck.compare(a, b, batches.iterator(), false));
    }

    @Test
    void testRecordedAnswersAreGivenOnceInTheirOrder() {
        Tensor image = Tensor.vector(0.4f, 0.1f).reshape(Shape.of(1, 1, 1, 2));
        Tensor two = Tensor.vector(0.9f, 0.1f, 0, 1).reshape(Shape.of(2, 1, 1, 2));
        RecordedAnswers recorded =
                RecordedAnswers.of(new FirstPixels(TWO, 1, 0), List.of(image, two).iterator());

        assertThatThrownBy(
                        () ->
                                AgreementCheck.compare(
                                        recorded, recorded, List.of(image).iterator(), true))
                .hasMessage("answers are recorded, blocks are not");
        assertThat(recorded.logits(image).toArray()).containsExactly(0.4f, 0.1f);
        assertThatThrownBy(() -> recorded.logits(image))
                .hasMessage("the answer recorded next is to 2 images, not 1");
        assertThat(recorded.logits(two).shape()).isEqualTo(Shape.of(2, 2));
        assertThatThrownBy(() -> recorded.logits(two))
                .hasMessage("every recorded answer was given");
    }

    @Test
    void testLayersAreComparedOneByOne() {
        Tensor image = Tensor.vector(0.3f, 0.1f).reshape(Shape.of(1, 1, 1, 2));
        Agreement agreement =
                AgreementCheck.compare(
                        new FirstPixels(TWO, 2, 0),
                        new FirstPixels(TWO, 3, 0),
                        List.of(image).iterator(),
                        true);

        assertThat(agreement.layers())
                .containsExactly(
                        new Agreement.Layer("stage0", 1, 2), new Agreement.Layer("stage1.0", 2, 4));
    }

    @Test
    void testRefusesDifferentNetworks() {
        FirstPixels two = new FirstPixels(TWO, 1, 0);
        FirstPixels three = new FirstPixels(List.of("a", "b", "c"), 1, 0);

        assertThatThrownBy(
                        () ->
                                AgreementCheck.compare(
                                        two, three, Collections.emptyIterator(), false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the two answer different numbers of classes: 2 and 3");
        assertThatThrownBy(
                        () -> AgreementCheck.compare(two, two, Collections.emptyIterator(), false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("there are no images to compare on");
    }

    @Test
    void testRandomImagesRepeat() {
        InputSpec input = InputSpec.centred(3, 4, 5);
        List<Tensor> first = all(input);
        List<Tensor> second = all(input);

        assertThat(first).extracting(t -> t.shape().dimension(0)).containsExactly(8, 2);
        assertThat(first.get(1).toArray()).isEqualTo(second.get(1).toArray());
        assertThat(first.get(1).toArray()).isNotEqualTo(first.get(0).toArray());
    }

    private static List<Tensor> all(InputSpec input) {
        List<Tensor> batches = new ArrayList<>();
        RandomImages.batches(input, 10, 7).forEachRemaining(batches::add);
        return batches;
    }

    private static Agreement compare(float a, float b, float shift, float[] pixels) {
        Tensor images = Tensor.copyOf(Shape.of(pixels.length / 2, 1, 1, 2), pixels);
        return AgreementCheck.compare(
                new FirstPixels(TWO, a, 0),
                new FirstPixels(TWO, b, shift),
                List.of(images).iterator(),
                false);
    }
}
