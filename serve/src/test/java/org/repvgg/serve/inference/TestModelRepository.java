package org.repvgg.serve.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.format.Checkpoint;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.serve.TinyNetworks;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestModelRepository {
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir Path folder;

    private final Events events = new Events();

    /// What happened, in order.
    private static final class Events implements ServingListener {
        final List<String> lines = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void loaded(ServedModel model, Duration took) {
            lines.add("loaded " + model.name() + " " + model.version());
        }

        @Override
        public void unloaded(ServedModel model) {
            lines.add("unloaded " + model.name() + " " + model.version());
        }

        @Override
        public void failed(String name, String version, String reason) {
            lines.add("failed " + name + " " + version + ": " + reason);
        }
    }

    private ModelRepository open(ModelSource... sources) throws InterruptedException {
        ModelRepository repository =
                ModelRepository.open(
                        List.of(sources),
                        ModelReader.standard(),
                        new RuntimeOptions(1),
                        BatchOptions.defaults(),
                        events,
                        Duration.ofMillis(20));
        repository.awaitReady(LONG);
        return repository;
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + LONG.toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(end);
            Thread.sleep(5);
        }
    }

    private static Tensor image() {
        float[] pixels = new float[3 * 16 * 16];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) Math.sin(i);
        }
        return Tensor.ofOwned(Shape.of(1, 3, 16, 16), pixels);
    }

    private static float[] logits(ModelRepository repository, String name) throws Exception {
        return repository.find(name, Optional.empty()).orElseThrow().logits(image()).toArray();
    }

    private static float[] expected(long seed) {
        try (Classifier classifier =
                PlainRuntime.load(TinyNetworks.plain(seed), new RuntimeOptions(1))) {
            return classifier.logits(image()).toArray();
        }
    }

    @Test
    void aFolderHasNamesAndVersions() throws Exception {
        TinyNetworks.write(folder, "pets", "10", 1);
        Checkpoint.write(folder.resolve("pets/10/z.safetensors"), TinyNetworks.plain(9)); // second
        TinyNetworks.write(folder, "pets", "2", 2);
        TinyNetworks.write(folder, "birds", "1", 3);
        TinyNetworks.write(folder, "birds", "newest", 4); // no number
        TinyNetworks.write(folder, "not a name", "1", 5);
        Files.createDirectories(folder.resolve("empty/1"));
        Files.writeString(folder.resolve("README"), "not a network");
        try (ModelRepository repository = open(new ModelSource.Repository(folder))) {
            assertThat(repository.isReady()).isTrue();
            assertThat(repository.models())
                    .extracting(model -> model.name() + " " + model.version())
                    .containsExactly("birds 1", "pets 2", "pets 10");
            assertThat(repository.versions("pets")).containsExactly("2", "10");
            assertThat(logits(repository, "pets")).isEqualTo(expected(1));
            assertThat(repository.find("pets", Optional.of("2")).orElseThrow().version())
                    .isEqualTo("2");
            assertThat(repository.find("pets", Optional.of("3"))).isEmpty();
            assertThat(repository.find("fish", Optional.empty())).isEmpty();
        }
        assertThat(events.lines).contains("unloaded pets 10", "unloaded birds 1");
    }

    @Test
    void aChangedFileIsLoadedAndRubbishIsNot() throws Exception {
        Path file = TinyNetworks.write(folder, "pets", "1", 1);
        try (ModelRepository repository = open(new ModelSource.Repository(folder))) {
            ServedModel first = repository.find("pets", Optional.empty()).orElseThrow();
            Checkpoint.write(file, TinyNetworks.plain(2));
            await(() -> events.lines.contains("unloaded pets 1"));
            assertThat(logits(repository, "pets")).isEqualTo(expected(2));
            assertThatThrownBy(() -> first.logits(image()))
                    .isInstanceOf(OverloadedException.class)
                    .hasMessage("the network is being unloaded");

            Files.write(file, new byte[] {1, 2, 3});
            await(() -> events.lines.getLast().startsWith("failed"));
            Thread.sleep(100); // five more looks
            assertThat(events.lines)
                    .filteredOn(line -> line.startsWith("failed"))
                    .singleElement()
                    .asString()
                    .startsWith("failed pets 1: ")
                    .contains("model.safetensors")
                    .doesNotContain("\n");
            assertThat(logits(repository, "pets")).isEqualTo(expected(2));
            assertThat(repository.isReady()).isTrue();

            Checkpoint.write(file, TinyNetworks.branched(3));
            await(() -> events.lines.stream().filter("unloaded pets 1"::equals).count() == 2);
            assertThat(logits(repository, "pets")).isEqualTo(expected(3));
        }
    }

    @Test
    void whatGoesIsUnloadedAndWhatComesIsLoaded() throws Exception {
        Path file = TinyNetworks.write(folder, "pets", "1", 1);
        try (ModelRepository repository = open(new ModelSource.Repository(folder))) {
            TinyNetworks.write(folder, "pets", "2", 2);
            await(() -> repository.versions("pets").size() == 2);
            assertThat(logits(repository, "pets")).isEqualTo(expected(2));
            Files.delete(file);
            await(() -> repository.versions("pets").equals(List.of("2")));
            Files.delete(folder.resolve("pets/2/model.safetensors"));
            await(() -> repository.models().isEmpty());
            assertThat(repository.isReady()).isFalse();
        }
    }

    @Test
    void aFileIsVersionOne() throws Exception {
        Path file = TinyNetworks.write(folder, "x", "1", 1);
        try (ModelRepository repository = open(new ModelSource.OneFile("pets", file))) {
            assertThat(repository.versions("pets")).containsExactly("1");
            assertThat(logits(repository, "pets")).isEqualTo(expected(1));
        }
    }

    @Test
    void whatCannotBeLoadedAtFirstIsTold() throws Exception {
        Path file = Files.writeString(folder.resolve("pets.safetensors"), "rubbish");
        try (ModelRepository repository = open(new ModelSource.OneFile("pets", file))) {
            assertThat(repository.isReady()).isFalse();
            assertThat(events.lines).singleElement().asString().startsWith("failed pets 1: ");
        }
    }

    @Test
    void refusesNames() throws IOException {
        Path file = Files.createFile(folder.resolve("a"));
        for (String name : List.of("", "a b", "../a", ".a", "a/b", "a".repeat(129))) {
            assertThatThrownBy(() -> new ModelSource.OneFile(name, file))
                    .hasMessageContaining("'" + name + "'");
        }
    }
}
