package org.repvgg.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.ValueInfo;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.evaluate.Prediction;
import org.repvgg.fold.Fold;
import org.repvgg.image.Image;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.OddSpecs;
import org.repvgg.runtime.RandomModels;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;
import org.repvgg.spec.RepVggFamily;
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

    static List<RepVggSpec> plainSpecs() {
        return OddSpecs.plain();
    }

    static List<RepVggSpec> branchedSpecs() {
        return OddSpecs.branched();
    }

    @ParameterizedTest
    @MethodSource("plainSpecs")
    void answersAlikeInThePlainForm(RepVggSpec spec) throws IOException, OrtException {
        assertAnswersAlike(
                RandomModels.plain(spec, 1), images(spec, 1, 32, 32), images(spec, 5, 47, 61));
    }

    @ParameterizedTest
    @MethodSource("branchedSpecs")
    void answersAlikeInTheTrainingForm(RepVggSpec spec) throws IOException, OrtException {
        assertAnswersAlike(
                RandomModels.branched(spec, 1), images(spec, 1, 32, 32), images(spec, 5, 47, 61));
    }

    @Test
    void answersAlikeOnLargeImages() throws IOException, OrtException {
        RepVggSpec spec = OddSpecs.plain().getFirst();
        assertAnswersAlike(RandomModels.plain(spec, 1), images(spec, 2, 224, 224));
    }

    @Test
    void leavesAuxiliaryHeadsOut() throws IOException, OrtException {
        RepVggSpec spec =
                RepVggFamily.A0.spec().toBuilder()
                        .scaleWidths(0.1)
                        .classes(4)
                        .auxiliaryHeads(true)
                        .build();
        assertAnswersAlike(RandomModels.branched(spec, 1), images(spec, 2, 65, 33));
    }

    private void assertAnswersAlike(Model model, Tensor... batches)
            throws IOException, OrtException {
        Onnx.write(model, file());
        try (Classifier ours = Runtimes.load(model, new RuntimeOptions(1))) {
            for (Tensor batch : batches) {
                assertClose(answer(batch).get("logits"), ours.logits(batch));
            }
        }
    }

    @Test
    void softmax() throws IOException, OrtException {
        PlainModel model = RandomModels.plain(OddSpecs.plain().getFirst(), 1);
        Onnx.write(model, file(), ExportOptions.defaults().withSoftmax(true));
        Tensor images = images(model.spec(), 2, 32, 32);

        Map<String, Tensor> answer = answer(images);
        assertThat(answer).containsOnlyKeys("probabilities");
        try (Classifier ours = Runtimes.load(model, new RuntimeOptions(1))) {
            Tensor logits = ours.logits(images);
            for (int row = 0; row < 2; row++) {
                for (Prediction wanted : Prediction.best(logits, row, List.of(), 7)) {
                    assertThat((double) answer.get("probabilities").get(7 * row + wanted.label()))
                            .isCloseTo(wanted.probability(), within(TOLERANCE));
                }
            }
        }
    }

    /// It takes the pixels that `Preprocessing` normalises.
    @Test
    void preprocessing() throws IOException, OrtException {
        PlainModel plain = RandomModels.plain(OddSpecs.plain().getFirst(), 1);
        PlainModel model =
                plain.withInput(
                        plain.input()
                                .withNormalisation(
                                        List.of(0.485f, 0.456f, 0.406f),
                                        List.of(0.229f, 0.224f, 0.225f)));
        Onnx.write(model, file(), ExportOptions.defaults().withPreprocessing(true));
        byte[] interleaved = new byte[32 * 32 * 3];
        new Random(3).nextBytes(interleaved);
        float[] pixels = new float[interleaved.length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i % 3 * 32 * 32 + i / 3] = interleaved[i] & 0xff;
        }

        Tensor theirs =
                answer(Tensor.ofOwned(Shape.of(1, 3, 32, 32), pixels), "pixels").get("logits");
        try (Classifier ours = Runtimes.load(model, new RuntimeOptions(1))) {
            Image image = new Image(32, 32, 3, interleaved);
            Tensor batch = new Preprocessing(model.input()).batch(List.of(image));
            assertClose(theirs, ours.logits(batch));
        }
    }

    @Test
    void features() throws IOException, OrtException {
        BranchedModel model = RandomModels.branched(OddSpecs.plain().getFirst(), 1);
        Tensor images = images(model.spec(), 2, 47, 61);
        ExportOptions options = ExportOptions.defaults().withFeatures(List.of(1, 0));
        Map<String, Tensor> expected;
        try (Classifier ours = Runtimes.load(model, new RuntimeOptions(1))) {
            expected = ExportCheck.features(ours, options.features(), images);
        }
        for (Model form : List.of(model, Fold.fold(model))) {
            Onnx.write(form, file(), options);
            Map<String, Tensor> answer = answer(images);
            assertThat(answer.keySet()).containsExactly("stage1", "stage0");
            assertThat(answer.get("stage1").shape()).isEqualTo(Shape.of(2, 17, 24, 31));
            expected.forEach((name, maps) -> assertClose(answer.get(name), maps));
        }
        long whole = Files.size(file());
        Onnx.write(model, file());
        assertThat(whole).as("the rest is left out").isLessThan(Files.size(file()) / 3);
    }

    @Test
    void refusesStagesThatAreNotThere() {
        PlainModel model = RandomModels.plain(OddSpecs.plain().getFirst(), 1);
        ExportOptions options = ExportOptions.defaults().withFeatures(List.of(3));
        assertThatThrownBy(() -> Onnx.write(model, file(), options))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("stages 0 to 2, not 3");
        assertThat(file()).doesNotExist();
    }

    @Test
    void weightsInAFileOfTheirOwn() throws IOException, OrtException {
        PlainModel model = RandomModels.plain(OddSpecs.plain().getFirst(), 1);
        Onnx.write(model, file(), ExportOptions.defaults().withLargestFile(10_000));
        Path data = folder.resolve("network.onnx.data");

        assertThat(Files.size(file())).isLessThan(10_000);
        assertThat(Files.size(data)).isGreaterThan(60_000);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).as("nothing is left beside").hasSize(2);
        }
        Tensor images = images(model.spec(), 2, 32, 32);
        try (Classifier ours = Runtimes.load(model, new RuntimeOptions(1))) {
            assertClose(answer(images).get("logits"), ours.logits(images));
        }
        Files.delete(data);
        assertThatThrownBy(() -> answer(images)).isInstanceOf(OrtException.class);
    }

    @Test
    void saysWhatItTakesAndGives() throws IOException, OrtException {
        RepVggSpec spec = OddSpecs.plain().getFirst();
        PlainModel plain = RandomModels.plain(spec, 1);
        List<String> names = List.of("a", "b", "c", "d", "e", "f", "g");
        Onnx.write(plain.withInput(plain.input().withClassNames(names)), file());

        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession session = environment.createSession(file().toString())) {
            TensorInfo images = (TensorInfo) session.getInputInfo().get("images").getInfo();
            assertThat(images.getShape()).containsExactly(-1, 3, -1, -1);
            assertThat(images.getDimensionNames()).containsExactly("N", "", "H", "W");
            assertThat(shape(session.getOutputInfo().get("logits").getInfo()))
                    .containsExactly(-1, 7);
            assertThat(session.getMetadata().getGraphName()).isEqualTo("odd widths");
            assertThat(session.getMetadata().getProducerName()).isEqualTo("repvgg");
            assertThat(session.getMetadata().getCustomMetadata())
                    .containsEntry(
                            "input",
                            "(value / 255 - mean) / std of pixel values from 0 to 255, red, green, blue")
                    .containsEntry("height", "32")
                    .containsEntry("width", "32")
                    .containsEntry("mean", "[0.5, 0.5, 0.5]")
                    .containsEntry("classes", String.join("\n", names));
        }
    }

    @Test
    void fixedSize() throws IOException, OrtException {
        PlainModel model = RandomModels.plain(OddSpecs.plain().getFirst(), 1);
        Onnx.write(model, file(), ExportOptions.defaults().withFixedSize(true));

        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession session = environment.createSession(file().toString())) {
            assertThat(shape(session.getInputInfo().get("images").getInfo()))
                    .containsExactly(-1, 3, 32, 32);
        }
        assertThatThrownBy(() -> answer(images(model.spec(), 1, 33, 32)))
                .isInstanceOf(OrtException.class);
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
        assertThat(answer(Tensor.ofOwned(Shape.of(1, 1, 4, 4), pixels)).get("logits").toArray())
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

    private static Tensor images(RepVggSpec spec, int n, int height, int width) {
        return RandomModels.images(n, spec.inputChannels(), height, width, 2);
    }

    private static void assertClose(Tensor theirs, Tensor ours) {
        assertThat(theirs.shape()).isEqualTo(ours.shape());
        double magnitude = 1;
        for (float value : ours.unsafeArray()) {
            magnitude = Math.max(magnitude, Math.abs(value));
        }
        for (int i = 0; i < ours.shape().elements(); i++) {
            if (!(Math.abs(theirs.get(i) - ours.get(i)) <= TOLERANCE * magnitude)) {
                assertThat(theirs.get(i))
                        .as("value %s", i)
                        .isCloseTo(ours.get(i), within((float) (TOLERANCE * magnitude)));
            }
        }
    }

    private static long[] shape(ValueInfo info) {
        return ((TensorInfo) info).getShape();
    }

    private Map<String, Tensor> answer(Tensor images) throws OrtException {
        return answer(images, "images");
    }

    private Map<String, Tensor> answer(Tensor images, String input) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        long[] shape = Arrays.stream(images.shape().toArray()).asLongStream().toArray();
        try (OrtSession session = environment.createSession(file().toString());
                OnnxTensor tensor =
                        OnnxTensor.createTensor(
                                environment, FloatBuffer.wrap(images.toArray()), shape);
                OrtSession.Result result = session.run(Map.of(input, tensor))) {
            Map<String, Tensor> answer = new LinkedHashMap<>();
            for (Map.Entry<String, OnnxValue> entry : result) {
                OnnxTensor value = (OnnxTensor) entry.getValue();
                FloatBuffer buffer = value.getFloatBuffer();
                float[] values = new float[buffer.remaining()];
                buffer.get(values);
                int[] extents =
                        Arrays.stream(value.getInfo().getShape())
                                .mapToInt(Math::toIntExact)
                                .toArray();
                answer.put(entry.getKey(), Tensor.ofOwned(Shape.of(extents), values));
            }
            return answer;
        }
    }
}
