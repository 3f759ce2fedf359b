package org.repvgg.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.Golden;
import org.repvgg.format.Npy;
import org.repvgg.kernel.Kernels;
import org.repvgg.model.Model;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier.BlockObserver;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestPlainRuntime {
    private static final long SEED = 20261126;
    private static final RuntimeOptions ALONE = new RuntimeOptions(1);
    private static final List<int[]> SIZES =
            List.of(
                    new int[] {1, 1},
                    new int[] {2, 3},
                    new int[] {7, 7},
                    new int[] {13, 5},
                    new int[] {16, 16});

    static Stream<Arguments> specsAndKernels() {
        return OddSpecs.plain().stream()
                .flatMap(
                        spec -> Kernels.all().stream().map(kernels -> Arguments.of(spec, kernels)));
    }

    @ParameterizedTest
    @MethodSource("specsAndKernels")
    void answersLikeTheDefinition(RepVggSpec spec, Kernels kernels) {
        PlainModel model = RandomModels.plain(spec, SEED);
        try (Classifier classifier = PlainRuntime.load(model, new RuntimeOptions(2), kernels)) {
            for (int[] size : SIZES) {
                Tensor images =
                        RandomModels.images(3, spec.inputChannels(), size[0], size[1], SEED + 1);
                NaiveNetwork expected = new NaiveNetwork(model, images);
                Seen seen = new Seen();
                Tensor logits = classifier.logits(images, seen);
                assertThat(logits.shape()).isEqualTo(Shape.of(3, spec.classes()));
                assertThat(expected.logits.difference(logits))
                        .as("logits at %sx%s, seed %s", size[0], size[1], SEED)
                        .isLessThanOrEqualTo(Tolerance.of(spec, expected.logits.magnitude()));
                assertThat(seen.outputs).hasSize(spec.blocks().size());
                seen.outputs.forEach(
                        (block, output) ->
                                assertThat(expected.blocks.get(block).difference(output))
                                        .as(
                                                "block %s at %sx%s, seed %s",
                                                block, size[0], size[1], SEED)
                                        .isLessThanOrEqualTo(
                                                Tolerance.of(
                                                        spec,
                                                        expected.blocks.get(block).magnitude())));
            }
        }
    }

    private static final class Seen implements BlockObserver {
        final Map<Integer, Tensor> outputs = new TreeMap<>();

        @Override
        public boolean wants(int block) {
            return true;
        }

        @Override
        public void blockOutput(int block, Tensor output) {
            assertThat(outputs.put(block, output)).as("block %s shown twice", block).isNull();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "official-small, safetensors, b2-31x45, b2-31x45",
        "official-small, pth, b2-48x48, b2-48x48",
        "official-small-legacy, safetensors, b2-31x45, b2-31x45",
        "official-small-legacy, pth, b2-48x48, b2-48x48",
        "official-groups, safetensors, b2-31x45, b2-31x45",
        "official-groups, pth, b2-48x48, b2-48x48",
        "official-se, safetensors, b2-48x48, b2-48x48",
        "official-se, pth, b2-64x64, b2-64x64",
        "plus-post-se, pth, b2-48x48, b2-48x48-main",
        "plus-post-se, pth, b2-64x64, b2-64x64-main",
        "timm-small, safetensors, b2-31x45, b2-31x45",
        "timm-small, safetensors, b2-48x48, b2-48x48"
    })
    void answersLikeTheReference(String folder, String ending, String input, String logits)
            throws IOException {
        Tensor images = Npy.read(Golden.file(folder + "/input-" + input + ".npy"));
        Tensor expected = Npy.read(Golden.file(folder + "/logits-" + logits + ".npy"));
        for (String form : List.of("deploy", "train")) {
            Model model = Checkpoint.read(Golden.file(folder + "/" + form + "." + ending));
            for (int threads = 1; threads <= 2; threads++) {
                try (Classifier classifier = Runtimes.load(model, new RuntimeOptions(threads))) {
                    assertThat(difference(classifier.logits(images), expected))
                            .as("%s %s", folder, form)
                            .isLessThanOrEqualTo(Tolerance.REFERENCE);
                }
            }
        }
    }

    static double difference(Tensor a, Tensor b) {
        assertThat(a.shape()).isEqualTo(b.shape());
        double largest = 0;
        for (int i = 0; i < a.shape().elements(); i++) {
            largest = Math.max(largest, Math.abs((double) a.get(i) - b.get(i)));
        }
        return largest;
    }

    @Test
    void answersDoNotDependOnThreads() {
        RepVggSpec spec = OddSpecs.plain().getFirst();
        PlainModel model = RandomModels.plain(spec, SEED);
        Program program = PlainProgram.compile(model, Kernels.fastest());
        Tensor images = RandomModels.images(37, 3, 40, 37, SEED);
        double perImage = Workspace.bytesPerImage(program, 40, 37);
        for (double chunk : new double[] {1, 5, 36, 1000}) {
            float[] expected;
            try (ProgramRunner alone = new ProgramRunner(program, 1, chunk * perImage)) {
                expected = alone.logits(images, new Seen()).toArray();
            }
            for (int threads = 2; threads <= 4; threads++) {
                try (ProgramRunner runner = new ProgramRunner(program, threads, chunk * perImage)) {
                    Seen seen = new Seen();
                    assertThat(runner.logits(images, seen).toArray()).isEqualTo(expected);
                    assertThat(seen.outputs.get(0).shape()).isEqualTo(Shape.of(37, 5, 20, 19));
                }
            }
        }
    }

    @Test
    void theRestOfTheBatchChangesAnswersByRoundingAlone() {
        RepVggSpec spec = OddSpecs.plain().getFirst();
        PlainModel model = RandomModels.plain(spec, SEED);
        Program program = PlainProgram.compile(model, Kernels.fastest());
        Tensor images = RandomModels.images(37, 3, 40, 37, SEED);
        double perImage = Workspace.bytesPerImage(program, 40, 37);
        try (Classifier alone = PlainRuntime.load(model, ALONE);
                ProgramRunner five = new ProgramRunner(program, 1, 5 * perImage)) {
            Tensor all = alone.logits(images);
            assertThat(difference(five.logits(images, new Seen()), all))
                    .isLessThanOrEqualTo(Tolerance.REFERENCE);
            for (int i = 0; i < 37; i++) {
                assertThat(difference(alone.logits(one(images, i)), one(all, i)))
                        .isLessThanOrEqualTo(Tolerance.REFERENCE);
            }
        }
    }

    private static Tensor one(Tensor images, int index) {
        int[] shape = images.shape().toArray();
        int length = images.shape().elements() / shape[0];
        float[] data = Arrays.copyOfRange(images.toArray(), index * length, (index + 1) * length);
        shape[0] = 1;
        return Tensor.ofOwned(Shape.of(shape), data);
    }

    @Test
    void manyCallersGetTheSameAnswers() throws Exception {
        RepVggSpec spec = OddSpecs.plain().getFirst();
        PlainModel model = RandomModels.plain(spec, SEED);
        List<Tensor> inputs = new ArrayList<>();
        List<float[]> expected = new ArrayList<>();
        try (Classifier alone = PlainRuntime.load(model, ALONE)) {
            for (int i = 0; i < 8; i++) {
                inputs.add(RandomModels.images(1 + i % 3, 3, 20 + i, 31 - i, SEED + i));
                expected.add(alone.logits(inputs.get(i)).toArray());
            }
        }
        try (Classifier classifier = PlainRuntime.load(model, new RuntimeOptions(3));
                ExecutorService callers = Executors.newFixedThreadPool(8)) {
            List<Future<Void>> calls = new ArrayList<>();
            for (int caller = 0; caller < 8; caller++) {
                int number = caller;
                Callable<Void> call =
                        () -> {
                            for (int round = 0; round < 20; round++) {
                                int i = (number + round) % 8;
                                assertThat(classifier.logits(inputs.get(i)).toArray())
                                        .isEqualTo(expected.get(i));
                            }
                            return null;
                        };
                calls.add(callers.submit(call));
            }
            for (Future<Void> call : calls) {
                call.get();
            }
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        PlainModel model = RandomModels.plain(OddSpecs.plain().getFirst(), SEED);
        try (Classifier classifier = PlainRuntime.load(model, ALONE)) {
            assertThatThrownBy(() -> classifier.logits(Tensor.zeros(Shape.of(1, 1, 8, 8))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("images are [1,1,8,8], the network wants [n,3,h,w]");
            assertThatThrownBy(() -> classifier.logits(Tensor.zeros(Shape.of(3, 8, 8))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("images are [3,8,8], the network wants [n,3,h,w]");
            assertThatThrownBy(() -> classifier.logits(Tensor.zeros(Shape.of(1, 3, 0, 8))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("[1,3,0,8]");
        }
    }

    static final List<Integer> IMPOSSIBLE_THREADS = List.of(0, -1, 1025);

    @ParameterizedTest
    @FieldSource("IMPOSSIBLE_THREADS")
    void refusesImpossibleThreads(int threads) {
        assertThatThrownBy(() -> new RuntimeOptions(threads))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("threads must be from 1 to 1024, not " + threads);
    }

    @Test
    void refusesLayersThatDoNotFitEachOther() {
        PlainModel model = RandomModels.plain(OddSpecs.plain().getFirst(), SEED);
        List<PlainLayer> swapped = new ArrayList<>(model.layers());
        swapped.set(2, model.layers().get(6));
        PlainModel broken =
                new PlainModel(model.spec(), swapped, model.input(), model.provenance());
        assertThatThrownBy(() -> PlainRuntime.load(broken, ALONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a convolution takes 17 channels, 5 arrive: layer 2");
        List<PlainLayer> headless = model.layers().subList(0, model.layers().size() - 1);
        PlainModel unfinished =
                new PlainModel(model.spec(), headless, model.input(), model.provenance());
        assertThatThrownBy(() -> PlainRuntime.load(unfinished, ALONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ends with pooling and a classifier");
    }

    @Test
    void isOfNoUseOnceClosed() {
        PlainModel model = RandomModels.plain(OddSpecs.plain().getFirst(), SEED);
        Classifier classifier = PlainRuntime.load(model, new RuntimeOptions(2));
        classifier.close();
        classifier.close();
        assertThatThrownBy(() -> classifier.logits(Tensor.zeros(Shape.of(1, 3, 8, 8))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the classifier is closed");
    }

    @Test
    void anObserverMayNotCallTheNetworkItObserves() {
        PlainModel model = RandomModels.plain(OddSpecs.plain().getFirst(), SEED);
        Tensor images = Tensor.zeros(Shape.of(1, 3, 8, 8));
        try (Classifier classifier = PlainRuntime.load(model, ALONE)) {
            BlockObserver caller =
                    new BlockObserver() {
                        @Override
                        public boolean wants(int block) {
                            return true;
                        }

                        @Override
                        public void blockOutput(int block, Tensor output) {
                            classifier.logits(images);
                        }
                    };
            assertThatThrownBy(() -> classifier.logits(images, caller))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("observer");
            assertThat(classifier.logits(images).shape()).isEqualTo(Shape.of(1, 7));
        }
    }

    @Test
    void knowsItsModel() {
        PlainModel model = RandomModels.plain(OddSpecs.plain().getFirst(), SEED);
        try (Classifier classifier = Runtimes.load(model, RuntimeOptions.defaults())) {
            assertThat(classifier.spec()).isEqualTo(model.spec());
            assertThat(classifier.input()).isEqualTo(model.input());
        }
    }
}
