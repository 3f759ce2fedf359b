package org.repvgg.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.image.Image;

final class TestDatasets {
    private static final Map<String, byte[]> TWO_SPLITS =
            DataFixtures.files(
                    "train/dog/1.png",
                    "train/cat/old/2.png",
                    "train/cat/3.png",
                    "test/cat/4.png",
                    "test/dog/5.png",
                    "test/README.txt",
                    "labels.csv");

    @TempDir private Path temporary;

    private static List<String> names(LabelledImages split) {
        return IntStream.range(0, split.size())
                .mapToObj(i -> split.name(i) + "=" + split.classNames().get(split.label(i)))
                .toList();
    }

    private Dataset open(Map<String, byte[]> files) throws IOException {
        Path root = Files.createTempDirectory(temporary, "folder");
        return Datasets.open(DataFixtures.folder(root, files).toString());
    }

    private Path write(String name, byte[] content) throws IOException {
        return Files.write(temporary.resolve(name), content);
    }

    private static void checkTwoSplits(Dataset data) throws IOException {
        assertThat(data.train().classNames()).containsExactly("cat", "dog");
        assertThat(data.test().classNames()).containsExactly("cat", "dog");
        assertThat(names(data.train()))
                .containsExactly(
                        "train/cat/3.png=cat", "train/cat/old/2.png=cat", "train/dog/1.png=dog");
        assertThat(names(data.test())).containsExactly("test/cat/4.png=cat", "test/dog/5.png=dog");
        assertThat(data.notes())
                .containsExactly("ignored 2 files that are no images, such as labels.csv");
        Image second = data.test().image(1);
        assertThat(second.width()).isEqualTo(4);
        assertThat(second.sample(3, 2, 0)).isEqualTo(4);
    }

    @Test
    void readsTheSameFromFoldersAndArchives() throws Exception {
        Map<String, byte[]> wrapped = new LinkedHashMap<>();
        TWO_SPLITS.forEach((path, content) -> wrapped.put("pets-1.0/" + path, content));
        List<Path> sources =
                List.of(
                        DataFixtures.folder(temporary.resolve("folder"), TWO_SPLITS),
                        DataFixtures.folder(temporary.resolve("outer"), wrapped),
                        write("a.tar", DataFixtures.tar(TWO_SPLITS)),
                        write("wrapped.tar", DataFixtures.tar(wrapped)),
                        write("a.zip", DataFixtures.zip(TWO_SPLITS)),
                        write("wrapped.zip", DataFixtures.zip(wrapped)),
                        write("a.tgz", DataFixtures.gzip(DataFixtures.tar(TWO_SPLITS))),
                        write("without-extension", DataFixtures.tar(wrapped)));
        List<String> digests = new ArrayList<>();
        for (Path source : sources) {
            try (Dataset data = Datasets.open(source.toString())) {
                if (!source.toString().contains("wrapped") && !source.endsWith("outer")) {
                    assertThat(data.notes()).hasSize(1);
                }
                assertThat(names(data.train())).hasSize(3);
                digests.add(data.digest());
            }
        }
        assertThat(digests).containsOnly(digests.getFirst());
        assertThat(digests.getFirst()).matches("[0-9a-f]{64}");
        for (String name : List.of("folder", "a.tar", "a.zip", "a.tgz")) {
            try (Dataset data = Datasets.open(temporary.resolve(name).toString())) {
                checkTwoSplits(data);
                assertThat(data.hasOneSplit()).isFalse();
            }
        }
    }

    @Test
    void theDigestChangesWithTheData() throws Exception {
        Map<String, byte[]> renamed = new LinkedHashMap<>(TWO_SPLITS);
        renamed.put("train/dog/6.png", renamed.remove("train/dog/1.png"));

        assertThat(open(TWO_SPLITS).digest()).isNotEqualTo(open(renamed).digest());
    }

    @Test
    void takesClassesWithoutSplits() throws Exception {
        Dataset data =
                open(DataFixtures.files("b/1.png", "a/2.png", "c/x/y/3.png", "loose.png", "a.txt"));

        assertThat(data.hasOneSplit()).isTrue();
        assertThat(names(data.train())).containsExactly("a/2.png=a", "b/1.png=b", "c/x/y/3.png=c");
        assertThat(data.notes())
                .containsExactly(
                        "ignored a file that is no image: a.txt",
                        "ignored 1 images outside class folders, such as loose.png");
    }

    @Test
    void takesValForTestAndAClassNamedTrain() throws Exception {
        Dataset split =
                open(DataFixtures.files("Training/a/1.png", "Training/b/2.png", "Val/b/3.png"));
        assertThat(split.train().size()).isEqualTo(2);
        assertThat(names(split.test())).containsExactly("Val/b/3.png=b");

        Dataset vehicles = open(DataFixtures.files("train/1.png", "bus/2.png", "test/3.png"));
        assertThat(vehicles.train().classNames()).containsExactly("bus", "test", "train");

        Dataset both =
                open(
                        DataFixtures.files(
                                "train/a/1.png", "train/b/2.png", "val/a/3.png", "test/b/4.png"));
        assertThat(names(both.test())).containsExactly("test/b/4.png=b");
        assertThat(both.notes()).containsExactly("ignored beside the splits: val");
    }

    @Test
    void oneSplitIsBothUntilSomeIsHeldOut() throws Exception {
        String[] paths =
                IntStream.range(0, 40)
                        .mapToObj(i -> i % 2 + "/" + i + ".png")
                        .toArray(String[]::new);
        Path root = DataFixtures.folder(temporary.resolve("one"), DataFixtures.files(paths));

        Dataset whole = Datasets.open(root.toString());
        Dataset held =
                Datasets.open(
                        root.toString(), OpenOptions.standard().withHoldout(0.25).withSeed(3));

        assertThat(whole.train()).isSameAs(whole.test());
        assertThat(held.train().size()).isEqualTo(30);
        assertThat(held.test().size()).isEqualTo(10);
        assertThat(IntStream.range(0, 10).map(held.test()::label).sum()).isEqualTo(5);
        List<String> all = new ArrayList<>(names(held.train()));
        all.addAll(names(held.test()));
        assertThat(all).containsExactlyInAnyOrderElementsOf(names(whole.train()));
        assertThat(names(whole.holdOut(0.25, 3).test())).isEqualTo(names(held.test()));
        assertThat(names(whole.holdOut(0.25, 4).test())).isNotEqualTo(names(held.test()));
        assertThat(held.digest()).isEqualTo(whole.digest());
        assertThat(held.notes()).containsExactly("held out 10 of 40 images for testing (seed 3)");
    }

    @Test
    void followsLinksButNotInCircles() throws Exception {
        Path root = DataFixtures.folder(temporary.resolve("linked"), DataFixtures.files("a/1.png"));
        Path elsewhere =
                DataFixtures.folder(temporary.resolve("else"), DataFixtures.files("2.png"));
        Files.createSymbolicLink(root.resolve("b"), elsewhere);
        Files.createSymbolicLink(root.resolve("a/up"), root);
        Files.createSymbolicLink(root.resolve("a/nowhere.png"), root.resolve("missing"));

        Dataset data = Datasets.open(root.toString());

        assertThat(names(data.train())).containsExactly("a/1.png=a", "b/2.png=b");
    }

    @Test
    void ignoresWhatDesktopsLeaveBehind() throws Exception {
        Dataset data =
                open(
                        DataFixtures.files(
                                "a/1.png",
                                "b/2.png",
                                ".git/x/3.png",
                                "__MACOSX/a/4.png",
                                "a/._1.png"));

        assertThat(data.train().size()).isEqualTo(2);
        assertThat(data.notes()).isEmpty();
    }

    @Test
    void entriesThatClimbOutAreHarmless() throws Exception {
        Map<String, byte[]> files =
                DataFixtures.files(
                        "a/1.png",
                        "b/2.png",
                        "../../evil/3.png",
                        "/absolute/4.png",
                        "a/../c/5.png");
        for (Path source :
                List.of(
                        write("evil.tar", DataFixtures.tar(files)),
                        write("evil.zip", DataFixtures.zip(files)))) {
            try (Dataset data = Datasets.open(source.toString())) {
                assertThat(data.train().classNames()).containsExactly("a", "absolute", "b");
            }
        }
    }

    @Test
    void aBrokenImageIsNamed() throws Exception {
        Map<String, byte[]> files = DataFixtures.files("a/1.png", "b/2.png");
        files.put("a/broken.jpg", DataFixtures.bytes("no picture"));
        files.put("a/empty.png", new byte[0]);
        for (Path source :
                List.of(
                        DataFixtures.folder(temporary.resolve("broken"), files),
                        write("broken.tar", DataFixtures.tar(files)),
                        write("broken.zip", DataFixtures.zip(files)))) {
            try (Dataset data = Datasets.open(source.toString())) {
                assertThatThrownBy(() -> data.train().image(1))
                        .isInstanceOf(IOException.class)
                        .hasMessageStartingWith("a/broken.jpg: is of an unknown format");
                assertThatThrownBy(() -> data.train().image(2))
                        .isInstanceOf(IOException.class)
                        .hasMessageStartingWith("a/empty.png: is an empty file");
            }
        }
    }

    @Test
    void messagesSayWhatIsWrong() throws Exception {
        Path empty = Files.createDirectory(temporary.resolve("empty"));
        Path file = write("notes.txt", DataFixtures.bytes("hello"));
        Path one = DataFixtures.folder(temporary.resolve("one"), DataFixtures.files("cats/1.png"));
        Path flat =
                DataFixtures.folder(
                        temporary.resolve("flat"), DataFixtures.files("1.png", "2.png"));
        Path text = DataFixtures.folder(temporary.resolve("text"), DataFixtures.files("a/x.txt"));
        Path extra =
                DataFixtures.folder(
                        temporary.resolve("extra"),
                        DataFixtures.files("train/a/1.png", "train/b/2.png", "test/z/3.png"));
        Path zip = write("bad.zip", DataFixtures.bytes("PK but no zip"));
        Path gzip = write("bad.tgz", new byte[] {0x1f, (byte) 0x8b, 1, 2, 3});

        check(empty, "is empty: it should hold one folder of images per class");
        check(file, "is neither a folder nor a .tar, .tar.gz or .zip archive");
        check(one, "has one class only, \"cats\": a classifier needs two or more");
        check(
                flat,
                "its 2 images are in no class folders: each must lie in a folder named for its class, as in cat/1.png");
        check(
                text,
                "holds no JPEG, PNG, GIF, BMP or TIFF images, only 1 other files, such as a/x.txt");
        check(extra, "class \"z\" is in test but not in train: [a, b]");
        check(zip, "damaged zip: ");
        check(gzip, "cannot be inflated: ");
        check(
                temporary.resolve("missing.tar"),
                "no such file or folder; accepted are a folder with");
    }

    private static void check(Path source, String message) {
        assertThatThrownBy(() -> Datasets.open(source.toString()).close())
                .isInstanceOf(DataException.class)
                .hasMessageStartingWith(source + ": " + message)
                .message()
                .doesNotContain("\n");
    }

    @Test
    void suggestsNames() {
        assertThatThrownBy(() -> Datasets.open("cifra10"))
                .isInstanceOf(DataException.class)
                .hasMessageStartingWith(
                        "cifra10: no such file or folder, and no data set of that name: did you mean cifar10?")
                .hasMessageEndingWith("or a name: shapes, cifar10, cifar100, fashion-mnist");
        assertThatThrownBy(() -> Datasets.open("Fashion_MNIST"))
                .hasMessageContaining("did you mean fashion-mnist?");
        assertThatThrownBy(() -> Datasets.open(" "))
                .hasMessageStartingWith("data: no source given");
        assertThatThrownBy(() -> Datasets.open("a\0b")).isInstanceOf(DataException.class);
    }

    @Test
    void inflatesOnlySoMuch() throws Exception {
        byte[] tar = DataFixtures.tar(Map.of("a/zeros.png", new byte[1 << 20]));
        Path bomb = write("bomb.tar.gz", DataFixtures.gzip(tar));
        OpenOptions options = OpenOptions.standard().withInflatedLimit(1 << 20);

        assertThatThrownBy(() -> Datasets.open(bomb.toString(), options))
                .isInstanceOf(DataException.class)
                .hasMessage(bomb + ": inflates to more than the 1,048,576 bytes accepted");
    }

    @Test
    void readsTheEnvironment() {
        Path home = Path.of("home");

        OpenOptions standard = OpenOptions.of(Map.of(), home);
        OpenOptions set = OpenOptions.of(Map.of("XDG_CACHE_HOME", "x", "REPVGG_MIRROR", "m"), home);

        assertThat(standard.cacheFolder()).isEqualTo(home.resolve(".cache").resolve("repvgg"));
        assertThat(standard.mirror()).isEmpty();
        assertThat(set.cacheFolder()).isEqualTo(Path.of("x", "repvgg"));
        assertThat(set.mirror()).isEqualTo(Optional.of("m"));
    }
}
