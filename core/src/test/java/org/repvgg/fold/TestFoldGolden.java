package org.repvgg.fold;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.Golden;
import org.repvgg.format.Npy;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.PlainModel;
import org.repvgg.tensor.Tensor;

/// Our fold against the reference implementation's, on networks it wrote.
final class TestFoldGolden {
    /// The reference folds in float, so each of its weights carries the rounding of about four
    /// operations on terms as large as the tensor's largest: `4 · 2⁻²³`, doubled for the sum of
    /// three branches.
    private static final double FOLD_IN_FLOAT = 8 * 0x1p-23;

    /// The reference's own two forms differ by up to 3e-6 on these networks.
    private static final double LOGITS = 1e-5;

    @ParameterizedTest
    @ValueSource(
            strings = {"official-small", "official-small-legacy", "official-groups", "official-se"})
    void foldsAsTheReferenceDoes(String name) throws IOException {
        Map<String, Tensor> ours = ReferenceNames.tensors(fold(name));
        Map<String, Tensor> theirs =
                ReferenceNames.tensors(Checkpoint.read(Golden.file(name + "/deploy.safetensors")));
        assertThat(ours.keySet()).isEqualTo(theirs.keySet());
        theirs.forEach(
                (tensor, wanted) ->
                        assertThat(largestDifference(ours.get(tensor), wanted))
                                .as(tensor)
                                .isLessThanOrEqualTo(FOLD_IN_FLOAT * Math.max(1, largest(wanted))));
    }

    @ParameterizedTest
    @CsvSource({
        "official-small, b2-31x45",
        "official-small, b2-48x48",
        "official-small-legacy, b2-31x45",
        "official-small-legacy, b2-48x48",
        "official-groups, b2-31x45",
        "official-groups, b2-48x48",
        "official-se, b2-48x48",
        "official-se, b2-64x64",
    })
    void answersAsTheReferenceDoes(String name, String size) throws IOException {
        Tensor input = Npy.read(Golden.file(name + "/input-" + size + ".npy"));
        Tensor wanted = Npy.read(Golden.file(name + "/logits-" + size + ".npy"));
        double[][] logits = NaiveLayers.logits(fold(name), input);
        int classes = wanted.shape().dimension(1);
        for (int i = 0; i < wanted.shape().elements(); i++) {
            assertThat(Math.abs(logits[i / classes][i % classes] - wanted.get(i)))
                    .as("image %s, class %s", i / classes, i % classes)
                    .isLessThanOrEqualTo(LOGITS);
        }
    }

    private static PlainModel fold(String name) throws IOException {
        BranchedModel model = Checkpoint.readBranched(Golden.file(name + "/train.safetensors"));
        return Fold.fold(model);
    }

    private static double largestDifference(Tensor a, Tensor b) {
        assertThat(a.shape()).isEqualTo(b.shape());
        double largest = 0;
        for (int i = 0; i < a.shape().elements(); i++) {
            largest = Math.max(largest, Math.abs((double) a.get(i) - b.get(i)));
        }
        return largest;
    }

    private static double largest(Tensor tensor) {
        double largest = 0;
        for (float value : tensor.unsafeArray()) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }
}
