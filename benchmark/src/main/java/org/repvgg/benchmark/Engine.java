package org.repvgg.benchmark;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/// Who computes. Each takes the same network from the file of its form.
public enum Engine implements Competitor {
    /// Our runtime, the plain form.
    REPVGG("repvgg"),
    /// Our runtime, the training form: what folding gains.
    REPVGG_BRANCHED("repvgg-branched"),
    /// ONNX Runtime, the plain form.
    ONNXRUNTIME("onnxruntime"),
    /// libtorch, the plain form.
    LIBTORCH("libtorch"),
    /// libtorch, the training form.
    LIBTORCH_BRANCHED("libtorch-branched");

    private final String title;

    Engine(String title) {
        this.title = title;
    }

    @Override
    public String title() {
        return title;
    }

    /// Whether it runs the training form.
    public boolean branched() {
        return this == REPVGG_BRANCHED || this == LIBTORCH_BRANCHED;
    }

    /// Finds an engine by its title.
    public static Optional<Engine> find(String title) {
        return Stream.of(values())
                .filter(engine -> engine.title.equals(title.toLowerCase(Locale.ROOT)))
                .findFirst();
    }
}
