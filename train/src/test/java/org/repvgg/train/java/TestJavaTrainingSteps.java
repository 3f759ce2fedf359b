package org.repvgg.train.java;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.repvgg.format.Npy;
import org.repvgg.format.ReferenceNames;
import org.repvgg.format.Safetensors;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.GoldenTraining;

/// Parity with the reference implementation: five steps under PyTorch 1.13.
final class TestJavaTrainingSteps {
    private final GoldenTraining golden = new GoldenTraining();

    @Test
    void firstGradients() throws Exception {
        try (JavaEngine engine = JavaEngine.start(golden.start(), 2);
                Safetensors expected = golden.open("first-gradients.safetensors")) {
            double _ = engine.gradients(golden.batch());

            for (String name : expected.entries().keySet()) {
                golden.assertClose(name, engine.gradient(name), expected.read(name));
            }
        }
    }

    @Test
    void lossesWeightsStatisticsAndLogits() throws Exception {
        try (JavaEngine engine = JavaEngine.start(golden.start(), 2);
                Safetensors end = golden.open("end.safetensors")) {
            for (double loss : GoldenTraining.LOSSES) {
                assertThat(engine.step(golden.batch(), GoldenTraining.STEP))
                        .isCloseTo(loss, within(GoldenTraining.TOLERANCE));
            }
            for (Map.Entry<String, Tensor> tensor :
                    ReferenceNames.tensors(engine.weights()).entrySet()) {
                golden.assertClose(tensor.getKey(), tensor.getValue(), end.read(tensor.getKey()));
            }
            Tensor logits = engine.logits(Npy.read(golden.file("images.npy")));
            golden.assertClose("logits", logits, Npy.read(golden.file("logits-end.npy")));
        }
    }
}
