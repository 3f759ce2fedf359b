package org.repvgg.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestOtherNetwork {
    @TempDir Path folder;

    /// As torchvision's documentation counts them, in units of 10^7.
    @ParameterizedTest
    @CsvSource({"RESNET18, 181", "RESNET34, 366", "RESNET50, 409", "RESNET101, 780", "VGG16, 1547"})
    void countsAreTorchvisions(OtherNetwork network, long expected) throws IOException {
        long multiplyAdds = network.write(folder.resolve("network.onnx"), 224, 224);
        assertThat(Math.round(multiplyAdds / 1e7)).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(names = {"RESNET18", "RESNET50", "VGG16"})
    void onnxRuntimeRunsIt(OtherNetwork network) throws IOException {
        Path file = folder.resolve("network.onnx");
        network.write(file, 64, 32);
        try (Contender contender =
                Contender.load(Engine.ONNXRUNTIME, file, new RuntimeOptions(1))) {
            Tensor logits = contender.call(ContenderMain.noise(Shape.of(2, 3, 64, 32)));
            assertThat(logits.shape()).isEqualTo(Shape.of(2, 1000));
            for (float value : logits.toArray()) {
                assertThat(value).isFinite();
            }
        }
    }

    @Test
    void isFoundByItsTitle() {
        assertThat(OtherNetwork.find("ResNet50")).contains(OtherNetwork.RESNET50);
        assertThat(OtherNetwork.find("A0")).isEmpty();
        assertThat(Engine.find("libtorch-branched")).contains(Engine.LIBTORCH_BRANCHED);
    }
}
