package org.repvgg.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.repvgg.format.Checkpoint;
import org.repvgg.kernel.Kernels;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.torch.TorchEngine;
import org.repvgg.train.torch.TorchOptions;
import org.repvgg.train.torch.TorchOptions.Layout;
import org.repvgg.train.torch.TorchOptions.Precision;
import org.repvgg.train.torch.TorchPlain;

/// A network on an engine, ready for what is timed.
interface Contender extends AutoCloseable {
    /// One line for people: version and settings.
    String description();

    /// Images `[n,c,h,w]` of any batch in, logits `[n,classes]` out or a training step's loss,
    /// copied both ways as a caller has and wants them.
    Tensor call(Tensor images);

    @Override
    void close();

    /// Loads a network.
    ///
    /// @param file safetensors of the engine's form, or ONNX for ONNX Runtime
    /// @param options its threads are everybody's, the rest is for our own runtime
    static Contender load(Competitor competitor, Path file, RuntimeOptions options)
            throws IOException {
        return switch (competitor) {
            case Engine engine -> answering(engine, file, options);
            case StepEngine engine -> TrainingContender.load(engine, file, options.threads());
        };
    }

    private static Contender answering(Engine engine, Path file, RuntimeOptions options)
            throws IOException {
        int threads = options.threads();
        return switch (engine) {
            case REPVGG, REPVGG_BRANCHED ->
                    new Ours(Runtimes.load(Checkpoint.read(file), options), options);
            case ONNXRUNTIME -> new OnnxRuntime(OnnxSession.load(file, threads));
            case LIBTORCH -> LibtorchPlain.load((PlainModel) Checkpoint.read(file), threads);
            case LIBTORCH_BRANCHED -> LibtorchBranched.load(Checkpoint.readBranched(file), threads);
        };
    }

    /// This project.
    record Ours(Classifier classifier, RuntimeOptions options) implements Contender {
        @Override
        public String description() {
            return "%s kernels, %s, Java %s"
                    .formatted(
                            Kernels.fastest().name(),
                            options.plan() == null ? "estimated" : "tuned",
                            Runtime.version());
        }

        @Override
        public Tensor call(Tensor images) {
            return classifier.logits(images);
        }

        @Override
        public void close() {
            classifier.close();
        }
    }

    /// Its default session but for the threads: all graph optimisations are on.
    record OnnxRuntime(OnnxSession session) implements Contender {
        @Override
        public String description() {
            return session.version();
        }

        @Override
        public Tensor call(Tensor images) {
            return session.answer(images).values().iterator().next();
        }

        @Override
        public void close() {
            session.close();
        }
    }

    /// Of two layouts in memory, the faster one for the first images it sees.
    final class LibtorchPlain implements Contender {
        private static final int TRIES = 4;

        private final Map<Layout, TorchPlain> candidates;
        private Layout chosen = Layout.AUTO;

        private LibtorchPlain(Map<Layout, TorchPlain> candidates) {
            this.candidates = candidates;
        }

        static LibtorchPlain load(PlainModel model, int threads) {
            return new LibtorchPlain(
                    Map.of(
                            Layout.NCHW, TorchPlain.load(model, Layout.NCHW, threads),
                            Layout.CHANNELS_LAST,
                                    TorchPlain.load(model, Layout.CHANNELS_LAST, threads)));
        }

        @Override
        public String description() {
            return "libtorch 2.10, " + chosen.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }

        @Override
        public Tensor call(Tensor images) {
            if (chosen == Layout.AUTO) {
                chosen =
                        fastest(Layout.NCHW, images) < fastest(Layout.CHANNELS_LAST, images)
                                ? Layout.NCHW
                                : Layout.CHANNELS_LAST;
            }
            return network(chosen).logits(images);
        }

        private long fastest(Layout layout, Tensor images) {
            long fastest = Long.MAX_VALUE;
            for (int i = 0; i < TRIES; i++) {
                long start = System.nanoTime();
                network(layout).logits(images);
                fastest = Math.min(fastest, System.nanoTime() - start);
            }
            return fastest;
        }

        private TorchPlain network(Layout layout) {
            return Objects.requireNonNull(candidates.get(layout), layout.name());
        }

        @Override
        public void close() {
            candidates.values().forEach(TorchPlain::close);
        }
    }

    /// The module as it is trained, in evaluation mode.
    record LibtorchBranched(TorchEngine engine) implements Contender {
        static LibtorchBranched load(BranchedModel model, int threads) {
            TorchOptions options =
                    TorchOptions.defaults()
                            .withPrecision(Precision.FP32)
                            .withLayout(Layout.CHANNELS_LAST)
                            .withThreads(threads);
            return new LibtorchBranched(TorchEngine.start(model, options));
        }

        @Override
        public String description() {
            return engine.description();
        }

        @Override
        public Tensor call(Tensor images) {
            return engine.logits(images);
        }

        @Override
        public void close() {
            engine.close();
        }
    }
}
