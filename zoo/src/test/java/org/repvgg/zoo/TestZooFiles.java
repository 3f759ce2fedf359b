package org.repvgg.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.data.Dataset;
import org.repvgg.data.Datasets;
import org.repvgg.data.Shapes;
import org.repvgg.evaluate.Evaluation;
import org.repvgg.evaluate.Evaluator;
import org.repvgg.evaluate.Progress;
import org.repvgg.format.Checkpoint;
import org.repvgg.image.Image;
import org.repvgg.image.Preprocessing;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;
import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.tensor.Tensor;

/// The networks in this module's folder. `-Drepvgg.updateGolden=true` writes the tables of their
/// cards anew.
final class TestZooFiles {
    /// What everybody who clones this downloads, for ever.
    private static final long LARGEST_ZOO = 12_000_000;

    private static final boolean UPDATE = Boolean.getBoolean("repvgg.updateGolden");

    private static final List<String> FACTS =
            List.of("recipe", "epochs", "data", "data digest", "seed", "date", "version");

    /// Test images that a network is judged by here.
    private static final int JUDGED = 1000;

    /// Deviations by which a share of [#JUDGED] images may be off the share of all: one chance in
    /// 15,000, and the images are always the same.
    private static final double DEVIATIONS = 4;

    private static final Zoo ZOO = Zoo.in(Path.of(""));

    static List<ZooNetwork> networks() throws IOException {
        return ZOO.networks();
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("networks")
    void hasACardWithItsFigures(ZooNetwork network) throws IOException {
        ModelCard card = new ModelCard(network);
        String text = card.text();
        if (UPDATE) {
            Files.writeString(card.file(), text);
        }
        assertThat(card.file()).hasContent(text);
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("networks")
    void tellsWhatItIsAndWhereItComesFrom(ZooNetwork network) {
        Map<String, String> facts = network.about().provenance().facts();
        assertThat(network.about().form()).isEqualTo(Form.PLAIN);
        assertThat(network.about().input().classNames()).hasSize(network.about().spec().classes());
        assertThat(FACTS).allSatisfy(fact -> assertThat(facts.get(fact)).as(fact).isNotBlank());
        for (Form form : Form.values()) {
            assertThat(network.about().provenance().top1(form)).as(form + ", top-1").isPresent();
        }
        assertThat(facts.get("plain.images")).isEqualTo(facts.get("train.images"));
        assertThat(RepVggFamily.find(network.name())).as("a name of its own").isEmpty();
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("networks")
    void answersDrawnImages(ZooNetwork network) throws IOException {
        Shapes shapes = Shapes.test(1, 20);
        List<Image> images = IntStream.range(0, shapes.size()).mapToObj(shapes::image).toList();
        try (Classifier classifier = classifier(network)) {
            Tensor logits = classifier.logits(new Preprocessing(classifier.input()).batch(images));
            for (float logit : logits.toArray()) {
                assertThat(logit).isFinite();
            }
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("networks")
    void isAsAccurateAsItSays(ZooNetwork network) throws IOException {
        Map<String, String> facts = network.about().provenance().facts();
        String name = facts.getOrDefault("data", "");
        Optional<Path> place = data(name);
        assumeTrue(place.isPresent(), "skipped: no " + name + " is at hand");
        double said = network.about().provenance().top1(Form.PLAIN).orElseThrow();
        try (Dataset data = Datasets.open(place.get().toString());
                Classifier classifier = classifier(network)) {
            assertThat(data.digest()).isEqualTo(facts.get("data digest"));
            var images = new EveryNth(data.test(), Math.max(1, data.test().size() / JUDGED));
            Evaluation found = Evaluator.evaluate(classifier, images, 2, Progress.NONE);
            double deviation = Math.sqrt(said * (1 - said) / found.images());
            assertThat(found.top1()).isCloseTo(said, within(DEVIATIONS * deviation));
        }
    }

    @Test
    void isSmall() throws IOException {
        long bytes = 0;
        for (ZooNetwork network : networks()) {
            bytes += network.bytes();
        }
        assertThat(bytes).isLessThanOrEqualTo(LARGEST_ZOO);
    }

    @Test
    void hasNoFileThatNobodyFinds() throws IOException {
        List<String> found = new ArrayList<>();
        for (String name : ZOO.names()) {
            found.add(name + ".safetensors");
            found.add(name + ".md");
        }
        try (Stream<Path> files = Files.list(Path.of(""))) {
            assertThat(files.map(Path::toString))
                    .filteredOn(file -> file.endsWith(".safetensors") || file.endsWith(".md"))
                    .isSubsetOf(found);
        }
    }

    private static Classifier classifier(ZooNetwork network) throws IOException {
        return Runtimes.load(Checkpoint.read(network.file()), new RuntimeOptions(2));
    }

    /// Where data lies that may not be here.
    private static Optional<Path> data(String name) {
        return switch (name) {
            case "cifar10-jpeg" ->
                    Stream.iterate(
                                    Path.of("").toAbsolutePath(),
                                    path -> path != null,
                                    Path::getParent)
                            .map(path -> path.resolve("shared/data/cifar10-jpeg.tar"))
                            .filter(Files::exists)
                            .findFirst();
            case "fashion-mnist" ->
                    Optional.of(Path.of("/usr/share/datasets/fashion-mnist"))
                            .filter(Files::isDirectory);
            default -> Optional.empty();
        };
    }
}
