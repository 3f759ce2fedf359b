package org.repvgg.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.evaluate.RandomImages;
import org.repvgg.export.ExportOptions;
import org.repvgg.export.Onnx;
import org.repvgg.fold.Fold;
import org.repvgg.format.Npy;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.torch.TorchScript;

/// The Java of `docs/djl.md` runs what we export, in a JVM of its own for each engine.
final class TestDjl {
    private static final Path DOCUMENT = Path.of("../docs/djl.md");
    private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    /// DJL unpacks its native libraries; they are found again by the next run.
    private static final Path CACHE = Path.of("target/djl");

    /// Logits of about unit size, summed in another order.
    private static final float TOLERANCE = 1e-5f;

    @TempDir Path folder;

    private PlainModel model;
    private Path images;
    private Tensor expected;

    @BeforeEach
    void prepare() throws IOException {
        RepVggSpec spec =
                RepVggFamily.A0.spec().toBuilder().scaleWidths(1 / 3.0).classes(7).build();
        model = Fold.fold(InitialWeights.random(spec, InputSpec.imageNet(), 1));
        Tensor noise = RandomImages.noise(Shape.of(1, 3, 224, 224), 2);
        images = folder.resolve("images.npy");
        Npy.write(images, noise);
        try (Classifier ours = Runtimes.load(model, new RuntimeOptions(1))) {
            expected = ours.logits(noise);
        }
    }

    @Test
    void runsOurOnnx() throws Exception {
        Path file = folder.resolve("a0.onnx");
        Onnx.write(model, file);
        assertAnswers(run(file, "OnnxRuntime"));
    }

    @Test
    void runsOurTorchScript() throws Exception {
        Path file = folder.resolve("a0.pt");
        TorchScript.write(model, file, ExportOptions.defaults());
        assertAnswers(run(file, "PyTorch"));
    }

    private void assertAnswers(String said) {
        Matcher matcher = Pattern.compile("\\[([-0-9.E, ]+)]").matcher(said);
        assertThat(matcher.find()).as(said).isTrue();
        List<Float> answer =
                Arrays.stream(matcher.group(1).split(", ")).map(Float::valueOf).toList();
        assertThat(answer).hasSize(expected.shape().elements());
        for (int i = 0; i < answer.size(); i++) {
            assertThat(answer.get(i)).isCloseTo(expected.get(i), within(TOLERANCE));
        }
    }

    /// What the snippet prints.
    private String run(Path file, String engine) throws IOException, InterruptedException {
        compile(
                snippet()
                        .replace("\"a0.onnx\"", quoted(file))
                        .replace("\"OnnxRuntime\"", "\"" + engine + "\"")
                        .replace(
                                "new float[3 * 224 * 224]",
                                "org.repvgg.format.Npy.read(Path.of(%s)).toArray()"
                                        .formatted(quoted(images))));
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of(
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dai.djl.offline=true",
                        "-DDJL_CACHE_DIR=" + CACHE.toAbsolutePath(),
                        "-DENGINE_CACHE_DIR=" + CACHE.toAbsolutePath(),
                        "-cp",
                        folder + File.pathSeparator + withoutOurLibtorch(),
                        "Snippet"));
        Path errors = folder.resolve("errors.txt");
        Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
        return said;
    }

    private static String withoutOurLibtorch() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("bytedeco"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private void compile(String code) throws IOException {
        int end = code.indexOf('\n', code.lastIndexOf("import ")) + 1;
        Path source = folder.resolve("Snippet.java");
        Files.writeString(
                source,
                code.substring(0, end)
                        + "public class Snippet { public static void main(String[] a) throws Exception {\n"
                        + code.substring(end)
                        + "}}\n");
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        List<String> options =
                List.of(
                        "-proc:none",
                        "-d",
                        folder.toString(),
                        "-cp",
                        System.getProperty("java.class.path"));
        var files = compiler.getStandardFileManager(null, null, null);
        boolean compiled =
                compiler.getTask(said, null, null, options, null, files.getJavaFileObjects(source))
                        .call();
        assertThat(compiled).as(said.toString()).isTrue();
    }

    private static String snippet() throws IOException {
        Matcher matcher = JAVA.matcher(Files.readString(DOCUMENT));
        assertThat(matcher.find()).as("the document has Java").isTrue();
        return matcher.group(1);
    }

    private static String quoted(Path path) {
        return "\"" + path + "\"";
    }
}
