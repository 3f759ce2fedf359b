package org.repvgg.evaluate;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Queue;
import org.repvgg.model.InputSpec;
import org.repvgg.runtime.Classifier;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// Stands in for a classifier that is there no more: answers the batches that it answered, once
/// each and in their order.
///
/// So two large networks can be compared one after the other, where memory has room for one.
public final class RecordedAnswers implements Classifier {
    private final RepVggSpec spec;
    private final InputSpec input;
    private final Queue<Tensor> answers = new ArrayDeque<>();

    private RecordedAnswers(Classifier classifier) {
        spec = classifier.spec();
        input = classifier.input();
    }

    /// What `classifier` answers, which is not needed afterwards.
    ///
    /// @param batches each `[n,c,h,w]`
    public static RecordedAnswers of(Classifier classifier, Iterator<Tensor> batches) {
        var recorded = new RecordedAnswers(classifier);
        while (batches.hasNext()) {
            recorded.answers.add(classifier.logits(batches.next()));
        }
        return recorded;
    }

    @Override
    public RepVggSpec spec() {
        return spec;
    }

    @Override
    public InputSpec input() {
        return input;
    }

    /// The next answer.
    ///
    /// @param images the batch that was answered; only its size is looked at
    /// @param observer must be [BlockObserver#NONE]: blocks are not recorded
    @Override
    public Tensor logits(Tensor images, BlockObserver observer) {
        checkArgument(observer == BlockObserver.NONE, "answers are recorded, blocks are not");
        checkArgument(!answers.isEmpty(), "every recorded answer was given");
        Tensor answer = answers.element();
        checkArgument(
                answer.shape().dimension(0) == images.shape().dimension(0),
                "the answer recorded next is to %s images, not %s",
                answer.shape().dimension(0),
                images.shape().dimension(0));
        return answers.remove();
    }

    @Override
    public void close() {}
}
