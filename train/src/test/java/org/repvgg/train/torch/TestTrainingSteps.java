package org.repvgg.train.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.repvgg.format.Npy;
import org.repvgg.format.ReferenceNames;
import org.repvgg.format.Safetensors;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.GoldenTraining;
import org.repvgg.train.torch.TorchOptions.Layout;
import org.repvgg.train.torch.TorchOptions.Precision;

/// Parity with the reference implementation: five steps under PyTorch 1.13.
final class TestTrainingSteps {
    private final GoldenTraining golden = new GoldenTraining();

    @Test
    void firstGradients() throws Exception {
        try (TorchEngine engine = start();
                Safetensors expected = golden.open("first-gradients.safetensors")) {
            Map<String, Tensor> gradients = engine.gradients(golden.batch());

            assertThat(gradients.keySet()).isEqualTo(expected.entries().keySet());
            for (Map.Entry<String, Tensor> gradient : gradients.entrySet()) {
                golden.assertClose(
                        gradient.getKey(), gradient.getValue(), expected.read(gradient.getKey()));
            }
        }
    }

    @Test
    void lossesWeightsStatisticsAndLogits() throws Exception {
        try (TorchEngine engine = start();
                Safetensors end = golden.open("end.safetensors")) {
            for (double loss : GoldenTraining.LOSSES) {
                assertThat(engine.step(golden.batch(), GoldenTraining.STEP))
                        .isCloseTo(loss, within(GoldenTraining.TOLERANCE));
            }
            Map<String, Tensor> tensors = ReferenceNames.tensors(engine.weights());
            for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
                golden.assertClose(tensor.getKey(), tensor.getValue(), end.read(tensor.getKey()));
            }
            Tensor logits = engine.logits(Npy.read(golden.file("images.npy")));
            golden.assertClose("logits", logits, Npy.read(golden.file("logits-end.npy")));
        }
    }

    private TorchEngine start() throws Exception {
        return TorchEngine.start(
                golden.start(),
                TorchOptions.defaults()
                        .withThreads(1)
                        .withPrecision(Precision.FP32)
                        .withLayout(Layout.CHANNELS_LAST));
    }
}
