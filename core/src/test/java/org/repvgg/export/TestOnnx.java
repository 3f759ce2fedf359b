package org.repvgg.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.ValueInfo;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.OddSpecs;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RandomModels;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// ONNX Runtime reads what we write, and answers what our own runtime answers.
final class TestOnnx {
    /// Both round their sums, of logits of about unit size.
    private static final double TOLERANCE = 1e-5;

    @TempDir Path folder;

    private Path file() {
        return folder.resolve("network.onnx");
    }

    static List<RepVggSpec> specs() {
        return OddSpecs.plain();
    }

    @ParameterizedTest
    @MethodSource("specs")
    void anotherRuntimeAnswersAlike(RepVggSpec spec) throws IOException, OrtException {
        PlainModel model = RandomModels.plain(spec, 1);
        Tensor images = RandomModels.images(3, spec.inputChannels(), 32, 32, 2);
        Onnx.write(model, file());

        float[] theirs = answer(images);
        try (PlainRuntime ours = PlainRuntime.load(model, new RuntimeOptions(1))) {
            float[] expected = ours.logits(images).toArray();
            assertThat(theirs).hasSameSizeAs(expected);
            double magnitude = 1;
            for (float value : expected) {
                magnitude = Math.max(magnitude, Math.abs(value));
            }
            for (int i = 0; i < expected.length; i++) {
                assertThat((double) theirs[i])
                        .as("logit %s", i)
                        .isCloseTo(expected[i], within(TOLERANCE * magnitude));
            }
        }
    }

    @Test
    void saysWhatItTakesAndGives() throws IOException, OrtException {
        RepVggSpec spec = OddSpecs.plain().getFirst();
        PlainModel plain = RandomModels.plain(spec, 1);
        List<String> names = List.of("a", "b", "c", "d", "e", "f", "g");
        Onnx.write(plain.withInput(plain.input().withClassNames(names)), file());

        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession session = environment.createSession(file().toString())) {
            assertThat(shape(session.getInputInfo().get("images").getInfo()))
                    .containsExactly(-1, 3, 32, 32);
            assertThat(shape(session.getOutputInfo().get("logits").getInfo()))
                    .containsExactly(-1, 7);
            assertThat(session.getMetadata().getGraphName()).isEqualTo("odd widths");
            assertThat(session.getMetadata().getProducerName()).isEqualTo("repvgg");
            assertThat(session.getMetadata().getCustomMetadata())
                    .containsEntry("mean", "[0.5, 0.5, 0.5]")
                    .containsEntry("classes", String.join("\n", names));
        }
    }

    @Test
    void graphsOfOtherNetworks() throws IOException, OrtException {
        var graph = new OnnxGraph("residual", List.of(1, 4, 4));
        Tensor two = Tensor.ofOwned(Shape.of(1, 1, 1, 1), new float[] {2});
        Tensor none = Tensor.vector(0);
        String doubled = graph.conv(OnnxGraph.INPUT, "double", two, none, 1, 1);
        String sum = graph.add(doubled, OnnxGraph.INPUT);
        String pooled = graph.maxPool(sum, 3, 2, 1);
        Tensor ones = Tensor.filled(Shape.of(1, 4), 1);
        graph.classify(pooled, "head", ones, Tensor.vector(0.5f));
        graph.write(file(), Map.of());

        float[] pixels = new float[16];
        for (int i = 0; i < 16; i++) {
            pixels[i] = i;
        }
        // the largest of the 3x3 squares around (0,0), (0,2), (2,0), (2,2): 5, 7, 13, 15
        assertThat(answer(Tensor.ofOwned(Shape.of(1, 1, 4, 4), pixels)))
                .containsExactly(3 * (5 + 7 + 13 + 15) + 0.5f);
    }

    @Test
    void refusesWhatIsNoNetwork() {
        var graph = new OnnxGraph("none", List.of(1, 4, 4));
        Tensor one = Tensor.filled(Shape.of(1, 16), 1);
        assertThatThrownBy(() -> graph.write(file(), Map.of())).hasMessageContaining("answer");
        graph.classify(OnnxGraph.INPUT, "head", one, Tensor.vector(0));
        assertThatThrownBy(() -> graph.classify(OnnxGraph.INPUT, "more", one, Tensor.vector(0)))
                .hasMessageContaining("once");
        assertThatThrownBy(() -> graph.linear(OnnxGraph.INPUT, "head", one, Tensor.vector(0)))
                .hasMessageContaining("head.weight");
    }

    private static long[] shape(ValueInfo info) {
        return ((TensorInfo) info).getShape();
    }

    private float[] answer(Tensor images) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        long[] shape = Arrays.stream(images.shape().toArray()).asLongStream().toArray();
        try (OrtSession session = environment.createSession(file().toString());
                OnnxTensor input =
                        OnnxTensor.createTensor(
                                environment, FloatBuffer.wrap(images.toArray()), shape);
                OrtSession.Result result = session.run(Map.of(OnnxGraph.INPUT, input))) {
            FloatBuffer buffer = ((OnnxTensor) result.get(0)).getFloatBuffer();
            float[] values = new float[buffer.remaining()];
            buffer.get(values);
            return values;
        }
    }
}
