package org.repvgg.train.report;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.repvgg.evaluate.Comparison;
import org.repvgg.evaluate.Evaluation;
import org.repvgg.image.Image;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.EpochRecord;

/// Everything a report shows; the page has no number that is not here or computed from what is
/// here.
///
/// @param title the page's heading: `RepVGG-A0 on CIFAR-10`
/// @param dataName what people call the data
/// @param spec the network
/// @param input its image size, for the layer table
/// @param classNames in label order, one for each of `spec.classes()`
/// @param state the figures of both forms, or of the training form alone and the reason why, or how
///   far the training is
/// @param history one record an epoch, in order; may be empty
/// @param mistakes a few images answered wrongly; empty to leave pictures out
/// @param recipe how it was trained, name → value, shown in this order
/// @param provenance where and by what: version, JDK, machine, seed, digest, command; shown in this
///   order
public record ReportData(
        String title,
        String dataName,
        RepVggSpec spec,
        InputSpec input,
        List<String> classNames,
        State state,
        List<EpochRecord> history,
        List<Mistake> mistakes,
        Map<String, String> recipe,
        Map<String, String> provenance) {

    public ReportData {
        classNames = List.copyOf(classNames);
        history = List.copyOf(history);
        mistakes = List.copyOf(mistakes);
        recipe = Collections.unmodifiableMap(new LinkedHashMap<>(recipe));
        provenance = Collections.unmodifiableMap(new LinkedHashMap<>(provenance));
        checkArgument(
                classNames.size() == spec.classes(),
                "spec %s has %s classes, the report got %s class names",
                spec.name(),
                spec.classes(),
                classNames.size());
        checkConfusion(state.shown(), classNames.size());
    }

    /// How far it is.
    public sealed interface State {

        /// The evaluation that confusion and class figures are taken from: that of the form to be
        /// run.
        Evaluation shown();
    }

    /// Epochs are still to come.
    ///
    /// @param shown of the network after the last epoch of the history
    /// @param epochs of the whole training
    public record InTraining(Evaluation shown, int epochs) implements State {}

    /// What became of the trained network.
    public sealed interface Outcome extends State {

        /// Figures of the training form.
        Comparison.Figures train();

        /// It was folded, and both forms were measured.
        record Folded(Comparison comparison) implements Outcome {
            @Override
            public Comparison.Figures train() {
                return comparison.train();
            }

            @Override
            public Evaluation shown() {
                return comparison.plain().evaluation();
            }
        }

        /// There is no plain form.
        ///
        /// @param reason why not, one sentence for people
        record NotFolded(Comparison.Figures train, String reason) implements Outcome {
            @Override
            public Evaluation shown() {
                return train.evaluation();
            }
        }
    }

    /// An image that was answered wrongly.
    ///
    /// @param name path or entry of the image
    /// @param truth name of its class
    /// @param answer name of the class answered
    /// @param probability of the answer, in `[0,1]`
    public record Mistake(
            Image image, String name, String truth, String answer, double probability) {}

    private static void checkConfusion(Evaluation evaluation, int classes) {
        checkArgument(
                evaluation.confusion().size() == classes,
                "confusion has %s rows, there are %s classes",
                evaluation.confusion().size(),
                classes);
        for (List<Integer> row : evaluation.confusion()) {
            checkArgument(
                    row.size() == classes,
                    "a confusion row has %s entries, there are %s classes",
                    row.size(),
                    classes);
        }
    }
}
