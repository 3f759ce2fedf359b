package org.repvgg.train.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.export.ExportCheck;
import org.repvgg.export.ExportOptions;
import org.repvgg.export.Signature;
import org.repvgg.fold.Fold;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;
import org.repvgg.tensor.Tensor;

/// libtorch reads what we write, and answers what our own runtime answers.
final class TestTorchScript {
    /// Both round their sums, of values of about unit size.
    private static final double TOLERANCE = 1e-5;

    @TempDir Path folder;

    private Path file() {
        return folder.resolve("network.pt");
    }

    private static RepVggSpec.Builder base(String name) {
        return RepVggFamily.A0.spec().toBuilder()
                .name(name)
                .classes(7)
                .widths(List.of(8, 16, 16, 24, 32))
                .depths(List.of(1, 2, 1, 3, 1))
                .strides(List.of(1, 2, 2, 2, 1));
    }

    static List<RepVggSpec> specs() {
        return List.of(
                base("usual").build(),
                base("odd widths").widths(List.of(5, 17, 33, 34, 35)).build(),
                base("grey, one class").inputChannels(1).classes(1).build(),
                base("groups").groups(Map.of(1, 2, 3, 4, 5, 8)).build(),
                base("gain before")
                        .squeezeExcite(new SqueezeExciteSpec(4, Placement.BEFORE_RELU))
                        .build(),
                base("gain after")
                        .squeezeExcite(new SqueezeExciteSpec(16, Placement.AFTER_RELU))
                        .build(),
                base("auxiliary heads").auxiliaryHeads(true).build());
    }

    private static PlainModel model(RepVggSpec spec) {
        InputSpec input = InputSpec.centred(spec.inputChannels(), 32, 32);
        return Fold.fold(InitialWeights.random(spec, input, 3));
    }

    @ParameterizedTest
    @MethodSource("specs")
    void libtorchAnswersAlike(RepVggSpec spec) throws IOException {
        check(model(spec), ExportOptions.defaults());
    }

    @Test
    void softmaxOfPixels() throws IOException {
        PlainModel model = model(base("usual").build());
        PlainModel normalised =
                model.withInput(
                        model.input()
                                .withNormalisation(
                                        List.of(0.485f, 0.456f, 0.406f),
                                        List.of(0.229f, 0.224f, 0.225f)));
        check(normalised, ExportOptions.defaults().withSoftmax(true).withPreprocessing(true));
    }

    @ParameterizedTest
    @MethodSource("specs")
    void features(RepVggSpec spec) throws IOException {
        check(model(spec), ExportOptions.defaults().withFeatures(List.of(3, 1)));
    }

    private void check(PlainModel model, ExportOptions options) throws IOException {
        TorchScript.write(model, file(), options);
        String answer = Signature.of(model, options).outputs().getFirst().name();
        try (Classifier ours = Runtimes.load(model, new RuntimeOptions(1));
                TorchScriptNetwork theirs = TorchScriptNetwork.load(file(), answer, 1)) {
            ExportCheck.Result result = ExportCheck.of(ours, options).compare(theirs::answer);
            assertThat(result.maxAbsDifference()).isLessThanOrEqualTo(TOLERANCE);
        }
        assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
    }

    @ParameterizedTest
    @MethodSource("specs")
    void parametersHaveTheCheckpointsNames(RepVggSpec spec) {
        PlainModel model = model(spec);
        Map<String, Tensor> found = new LinkedHashMap<>();
        collect(ScriptModule.of(model, ExportOptions.defaults()), "", found);

        assertThat(found.keySet())
                .containsExactlyInAnyOrderElementsOf(ReferenceNames.tensors(model).keySet());
        found.forEach(
                (name, tensor) ->
                        assertThat(tensor.unsafeArray())
                                .as(name)
                                .isSameAs(ReferenceNames.tensors(model).get(name).unsafeArray()));
    }

    private static void collect(ScriptModule module, String prefix, Map<String, Tensor> found) {
        module.parameters().forEach((name, tensor) -> found.put(prefix + name, tensor));
        module.children().forEach((name, child) -> collect(child, prefix + name + ".", found));
    }

    @Test
    void sourceOfANetwork() {
        RepVggSpec spec = base("usual").build();
        ScriptModule root =
                ScriptModule.of(
                        model(spec),
                        ExportOptions.defaults().withPreprocessing(true).withFeatures(List.of(1)));

        assertThat(root.forward())
                .isEqualTo(
                        """
                        def forward(self, pixels: Tensor) -> Dict[str, Tensor]:
                            x = (pixels / 255.0 - self.mean) / self.std
                            x = x.contiguous(memory_format=2)
                            x = self.stage0.forward(x)
                            x = self.stage1.forward(x)
                            stage1 = x
                            return {"stage1": stage1}
                        """);
        assertThat(root.children()).containsOnlyKeys("stage0", "stage1");
        ScriptModule block = root.children().get("stage1").children().get("1");
        assertThat(block.className()).isEqualTo("stage1_1");
        assertThat(block.forward())
                .isEqualTo(
                        """
                        def forward(self, x: Tensor) -> Tensor:
                            x = self.rbr_reparam.forward(x)
                            x = torch.relu(x)
                            return x
                        """);
    }

    /// libtorch would end the process.
    @Test
    void seesAFullDiskBefore() throws IOException {
        assertThatThrownBy(() -> TorchScript.checkSpace(file(), Long.MAX_VALUE))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("No space left on device: " + Long.MAX_VALUE);
        PlainModel model = model(base("auxiliary heads").auxiliaryHeads(true).build());
        ScriptModule source = ScriptModule.of(model, ExportOptions.defaults());
        TorchScript.write(model, file(), ExportOptions.defaults());
        assertThat(Files.size(file())).isLessThan(source.bytes());
    }

    @Test
    void saysWhatCannotBeRead() throws IOException {
        assertThatThrownBy(() -> TorchScriptNetwork.load(file(), "logits", 1))
                .isInstanceOf(NoSuchFileException.class);
        Files.writeString(file(), "no network");
        assertThatThrownBy(() -> TorchScriptNetwork.load(file(), "logits", 1))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(file() + ": libtorch: ");
    }
}
