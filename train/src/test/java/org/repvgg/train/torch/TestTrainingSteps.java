package org.repvgg.train.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.Npy;
import org.repvgg.format.ReadOptions;
import org.repvgg.format.ReferenceNames;
import org.repvgg.format.Safetensors;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.TrainingEngine.Batch;
import org.repvgg.train.TrainingEngine.StepSettings;
import org.repvgg.train.torch.TorchOptions.Layout;
import org.repvgg.train.torch.TorchOptions.Precision;

/// Parity with the reference implementation: five steps under PyTorch 1.13.
final class TestTrainingSteps {
    private static final StepSettings STEP = new StepSettings(0.05, 0.9, false, 1e-4, 1e-4);

    private static final double[] LOSSES = {
        2.761099338531494,
        1.1716148853302002,
        0.3851509988307953,
        0.15861572325229645,
        0.09045971184968948
    };

    /// Of the largest element of the same tensor. Two summation orders over up to 32 images of
    /// 16x16 pixels differ by a few units of 2^-24; measured at most 3e-6.
    private static final double TOLERANCE = 1e-5;

    private final RepVggSpec spec =
            RepVggFamily.A0.spec().toBuilder()
                    .name("small")
                    .classes(10)
                    .widths(List.of(8, 8, 16, 32, 128))
                    .depths(List.of(1, 1, 2, 1, 1))
                    .build();

    @Test
    void firstGradients() throws Exception {
        try (TorchEngine engine = start();
                Safetensors expected = Safetensors.open(golden("first-gradients.safetensors"))) {
            Map<String, Tensor> gradients = engine.gradients(batch());

            assertThat(gradients.keySet()).isEqualTo(expected.entries().keySet());
            for (Map.Entry<String, Tensor> gradient : gradients.entrySet()) {
                assertClose(gradient.getKey(), gradient.getValue(), expected);
            }
        }
    }

    @Test
    void lossesWeightsStatisticsAndLogits() throws Exception {
        try (TorchEngine engine = start();
                Safetensors end = Safetensors.open(golden("end.safetensors"))) {
            for (double loss : LOSSES) {
                assertThat(engine.step(batch(), STEP)).isCloseTo(loss, within(TOLERANCE));
            }
            Map<String, Tensor> tensors = ReferenceNames.tensors(engine.weights());
            for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
                assertClose(tensor.getKey(), tensor.getValue(), end);
            }
            Tensor logits = engine.logits(Npy.read(golden("images.npy")));
            assertThat(relativeDifference(logits, Npy.read(golden("logits-end.npy"))))
                    .isLessThan(TOLERANCE);
        }
    }

    private static void assertClose(String name, Tensor tensor, Safetensors expected)
            throws IOException {
        assertThat(relativeDifference(tensor, expected.read(name))).as(name).isLessThan(TOLERANCE);
    }

    private TorchEngine start() throws Exception {
        BranchedModel model =
                (BranchedModel)
                        Checkpoint.read(golden("start.safetensors"), ReadOptions.withSpec(spec));
        return TorchEngine.start(
                model,
                TorchOptions.defaults()
                        .withThreads(1)
                        .withPrecision(Precision.FP32)
                        .withLayout(Layout.CHANNELS_LAST));
    }

    private Batch batch() throws Exception {
        Tensor images = Npy.read(golden("images.npy"));
        int[] labels = Npy.readIntegers(golden("labels.npy"));
        float[] targets = new float[labels.length * spec.classes()];
        for (int i = 0; i < labels.length; i++) {
            targets[i * spec.classes() + labels[i]] = 1;
        }
        return new Batch(images, Tensor.ofOwned(Shape.of(labels.length, spec.classes()), targets));
    }

    private static Path golden(String name) throws URISyntaxException {
        return Path.of(
                Objects.requireNonNull(
                                TestTrainingSteps.class.getResource(
                                        "/golden/training-steps/" + name),
                                name)
                        .toURI());
    }

    /// `max |a - b| / max |b|`.
    private static double relativeDifference(Tensor a, Tensor b) {
        assertThat(a.shape()).isEqualTo(b.shape());
        double difference = 0;
        double size = 0;
        for (int i = 0; i < a.shape().elements(); i++) {
            difference = Math.max(difference, Math.abs(a.get(i) - b.get(i)));
            size = Math.max(size, Math.abs(b.get(i)));
        }
        return difference / size;
    }
}
