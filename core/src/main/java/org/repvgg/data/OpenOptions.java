package org.repvgg.data;

import static org.repvgg.tensor.Checks.checkArgument;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// How to open a data set.
///
/// @param cacheFolder where downloads are kept
/// @param mirror instead of the official addresses: an `http(s)://` address or a local folder that
///   holds the files under their names
/// @param holdout where a source has one split only, the part to set aside as test split, in [0,1);
///   0: nothing, both splits are the same images
/// @param seed of the holdout and of the drawn shapes
/// @param inflatedLimit bytes a `.tar.gz` may inflate to
/// @param shapesTrain images drawn for `shapes`' training split
/// @param shapesTest images drawn for `shapes`' test split
/// @param progress told about downloads
public record OpenOptions(
        Path cacheFolder,
        Optional<String> mirror,
        double holdout,
        long seed,
        long inflatedLimit,
        int shapesTrain,
        int shapesTest,
        DownloadProgress progress) {
    private static final long EIGHT_GIB = 8L << 30;

    public OpenOptions {
        checkArgument(holdout >= 0 && holdout < 1, "the holdout must be in [0,1): %s", holdout);
        checkArgument(inflatedLimit > 0, "the limit must be positive: %s bytes", inflatedLimit);
        checkArgument(
                shapesTrain >= 10 && shapesTest >= 10,
                "shapes need an image of each of ten classes: train=%s, test=%s",
                shapesTrain,
                shapesTest);
    }

    /// The user's cache, the mirror named by `REPVGG_MIRROR` if any, no holdout, seed 0.
    public static OpenOptions standard() {
        return of(System.getenv(), Path.of(System.getProperty("user.home", ".")));
    }

    static OpenOptions of(Map<String, String> environment, Path home) {
        String xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
        Path cache = xdg.isBlank() ? home.resolve(".cache") : Path.of(xdg);
        return new OpenOptions(
                cache.resolve("repvgg"),
                Optional.ofNullable(environment.get("REPVGG_MIRROR")).filter(m -> !m.isBlank()),
                0,
                0,
                EIGHT_GIB, // ImageNet's validation split is 6.7 GB
                10_000,
                2_000,
                DownloadProgress.NONE);
    }

    public OpenOptions withCacheFolder(Path folder) {
        return new OpenOptions(
                folder, mirror, holdout, seed, inflatedLimit, shapesTrain, shapesTest, progress);
    }

    public OpenOptions withMirror(String addressOrFolder) {
        return new OpenOptions(
                cacheFolder,
                Optional.of(addressOrFolder),
                holdout,
                seed,
                inflatedLimit,
                shapesTrain,
                shapesTest,
                progress);
    }

    public OpenOptions withHoldout(double fraction) {
        return new OpenOptions(
                cacheFolder,
                mirror,
                fraction,
                seed,
                inflatedLimit,
                shapesTrain,
                shapesTest,
                progress);
    }

    public OpenOptions withSeed(long newSeed) {
        return new OpenOptions(
                cacheFolder,
                mirror,
                holdout,
                newSeed,
                inflatedLimit,
                shapesTrain,
                shapesTest,
                progress);
    }

    public OpenOptions withInflatedLimit(long bytes) {
        return new OpenOptions(
                cacheFolder, mirror, holdout, seed, bytes, shapesTrain, shapesTest, progress);
    }

    public OpenOptions withShapes(int train, int test) {
        return new OpenOptions(
                cacheFolder, mirror, holdout, seed, inflatedLimit, train, test, progress);
    }

    public OpenOptions withProgress(DownloadProgress newProgress) {
        return new OpenOptions(
                cacheFolder,
                mirror,
                holdout,
                seed,
                inflatedLimit,
                shapesTrain,
                shapesTest,
                newProgress);
    }
}
