package org.repvgg.cli;

import java.nio.file.Path;

/// Files that the reference implementation wrote: a small network in both forms, its inputs and
/// what it answers. They are kept among the test resources of `core`.
final class Goldens {
    private static final Path FOLDER = Path.of("../core/src/test/resources/golden/official-small");

    static final String TRAIN = FOLDER.resolve("train.safetensors").toString();
    static final String PLAIN = FOLDER.resolve("deploy.safetensors").toString();
    static final String IMAGES = FOLDER.resolve("input-b2-31x45.npy").toString();
    static final Path LOGITS = FOLDER.resolve("logits-b2-31x45.npy");

    private Goldens() {}
}
