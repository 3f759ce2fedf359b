package org.repvgg.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.repvgg.image.Image;

/// CIFAR-10 as a tar of 60,000 JPEG files, where it is at hand: named by the property
/// `repvgg.cifarJpegTar`, or `shared/data/cifar10-jpeg.tar` beside or above the checkout.
final class TestCifarJpegTar {
    /// Ten times what it takes on one slow, busy core.
    private static final Duration INDEX_LIMIT = Duration.ofSeconds(20);

    private static Optional<Path> tar() {
        String named = System.getProperty("repvgg.cifarJpegTar");
        if (named != null) {
            return Optional.of(Path.of(named));
        }
        return Stream.iterate(Path.of("").toAbsolutePath(), path -> path != null, Path::getParent)
                .map(path -> path.resolve("shared/data/cifar10-jpeg.tar"))
                .filter(Files::exists)
                .findFirst();
    }

    @Test
    void indexesAndReadsInPlace() throws Exception {
        Optional<Path> tar = tar();
        assumeTrue(tar.isPresent(), "skipped: no cifar10-jpeg.tar is at hand");
        long start = System.nanoTime();
        try (Dataset data = Datasets.open(tar.orElseThrow().toString())) {
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(INDEX_LIMIT);
            assertThat(data.train().size()).isEqualTo(50_000);
            assertThat(data.test().size()).isEqualTo(10_000);
            assertThat(data.test().classNames())
                    .containsExactly(
                            "airplane",
                            "automobile",
                            "bird",
                            "cat",
                            "deer",
                            "dog",
                            "frog",
                            "horse",
                            "ship",
                            "truck");
            assertThat(IntStream.range(0, 10_000).filter(i -> data.test().label(i) == 3).count())
                    .isEqualTo(1_000);
            checkConcurrentReads(data.test());
        }
    }

    private static void checkConcurrentReads(LabelledImages split) throws Exception {
        List<Future<Image>> images = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 2_000; i++) {
                int index = i * 5;
                images.add(pool.submit(() -> split.image(index)));
            }
        }
        for (int i = 0; i < 2_000; i++) {
            assertThat(images.get(i).get().width()).isEqualTo(32);
        }
        assertThat(images.get(77).get().unsafePixels())
                .isEqualTo(split.image(77 * 5).unsafePixels());
    }
}
