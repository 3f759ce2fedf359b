package org.repvgg.benchmark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.repvgg.export.ExportOptions;
import org.repvgg.export.Onnx;
import org.repvgg.format.Checkpoint;
import org.repvgg.kernel.FusedMultiplyAddPeak;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.TunedPlan;
import org.repvgg.spec.Form;
import org.repvgg.spec.LayerTable;
import org.repvgg.tensor.Shape;

/// Times engines side by side: each in a process of its own, all with the same threads, images and
/// weights, taking turns round by round, so that a busy machine slows them alike.
public final class Benchmark {
    /// Between two engines' turns: pools of threads that spin come to rest.
    private static final Duration PAUSE = Duration.ofMillis(30);

    private final Network network;
    private final Plan plan;
    private final Consumer<String> listener;

    /// What to run.
    ///
    /// @param name for the results
    /// @param plain its plain form
    /// @param branched its training form, for the engines that run that; may be absent where none
    ///   does
    public record Network(String name, PlainModel plain, @Nullable BranchedModel branched) {}

    /// How to run it.
    ///
    /// @param engines who takes turns
    /// @param others networks that ONNX Runtime runs beside
    /// @param shapes of images, `[n,c,h,w]`
    /// @param threads numbers of them, one after the other
    /// @param rounds turns of each engine
    /// @param turn how long one takes, at least
    /// @param warmUp how long each engine runs before the first turn
    /// @param tuned what was tuned, for our plain form; without, its algorithms are estimated
    public record Plan(
            List<Engine> engines,
            List<OtherNetwork> others,
            List<Shape> shapes,
            List<Integer> threads,
            int rounds,
            Duration turn,
            Duration warmUp,
            @Nullable TunedPlan tuned) {}

    private Benchmark(Network network, Plan plan, Consumer<String> listener) {
        this.network = network;
        this.plan = plan;
        this.listener = listener;
    }

    /// Runs the plan.
    ///
    /// @param listener hears what is being measured
    /// @return one measurement for each number of threads, shape and engine, in this order
    /// @throws IOException if a process ends early, with what it said, or files cannot be written
    public static List<Measurement> run(Network network, Plan plan, Consumer<String> listener)
            throws IOException {
        Path folder = Files.createTempDirectory("repvgg-benchmark");
        Thread interrupted = new Thread(() -> stop(folder, listener), "benchmark-stop");
        Runtime.getRuntime().addShutdownHook(interrupted);
        try {
            return new Benchmark(network, plan, listener).run(folder);
        } finally {
            if (!isEnding(interrupted)) {
                delete(folder);
            }
        }
    }

    /// Ctrl-C: the contenders go with us, and so does their folder.
    private static void stop(Path folder, Consumer<String> listener) {
        listener.accept("stopped; nothing is written");
        ProcessHandle.current().children().forEach(ProcessHandle::destroyForcibly);
        delete(folder);
    }

    /// Takes the hook back, unless it runs already.
    private static boolean isEnding(Thread hook) {
        try {
            return !Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            return true;
        }
    }

    /// One process and what it runs.
    private record Running(
            String network, Engine engine, ContenderProcess process, long multiplyAdds) {}

    private List<Measurement> run(Path folder) throws IOException {
        double peak = FusedMultiplyAddPeak.gigaflops();
        List<Measurement> all = new ArrayList<>();
        for (int threads : plan.threads) {
            for (Shape shape : plan.shapes) {
                listener.accept(
                        "%s, %s, %s thread%s"
                                .formatted(network.name, shape, threads, threads == 1 ? "" : "s"));
                all.addAll(measure(shape, threads, peak * threads, folder));
            }
        }
        return all;
    }

    private List<Measurement> measure(Shape shape, int threads, double peak, Path folder)
            throws IOException {
        List<Running> running = new ArrayList<>();
        try {
            start(running, shape, threads, folder);
            double[] exact = ExactAnswer.logits(network.plain, ContenderMain.noise(shape));
            List<ContenderProcess.First> firsts = new ArrayList<>();
            List<long[]> warmUps = new ArrayList<>();
            for (Running one : running) {
                firsts.add(one.process.first(shape, folder.resolve("logits.npy")));
                warmUps.add(one.process.round(plan.warmUp));
            }
            List<List<long[]>> rounds = takeTurns(running);
            List<Measurement> measurements = new ArrayList<>();
            for (int i = 0; i < running.size(); i++) {
                Running one = running.get(i);
                long[] nanos =
                        rounds.get(i).stream().flatMapToLong(LongStream::of).sorted().toArray();
                measurements.add(
                        new Measurement(
                                one.network,
                                one.engine.title(),
                                one.process.description(),
                                threads,
                                shape.dimension(0),
                                shape.dimension(2),
                                shape.dimension(3),
                                one.multiplyAdds,
                                firsts.get(i).millis(),
                                Measurement.steadyAfter(warmUps.get(i), nanos[nanos.length / 2]),
                                nanos,
                                peak,
                                one.network.equals(network.name)
                                        ? ExactAnswer.relativeError(exact, firsts.get(i).logits())
                                        : Double.NaN,
                                one.process.peakMemory()));
            }
            return measurements;
        } finally {
            running.forEach(one -> one.process.close());
        }
    }

    private List<List<long[]>> takeTurns(List<Running> running) throws IOException {
        List<List<long[]>> rounds = new ArrayList<>();
        running.forEach(_ -> rounds.add(new ArrayList<>()));
        for (int round = 0; round < plan.rounds; round++) {
            for (int i = 0; i < running.size(); i++) {
                rounds.get(i).add(running.get(i).process.round(plan.turn));
                pause();
            }
        }
        return rounds;
    }

    private void start(List<Running> running, Shape shape, int threads, Path folder)
            throws IOException {
        int height = shape.dimension(2);
        int width = shape.dimension(3);
        long multiplyAdds =
                LayerTable.of(network.plain.spec(), Form.PLAIN, height, width).multiplyAdds();
        for (Engine engine : plan.engines) {
            Path file = file(engine, shape, folder);
            running.add(
                    new Running(
                            network.name,
                            engine,
                            start(engine, file, threads, folder),
                            multiplyAdds));
        }
        for (OtherNetwork other : plan.others) {
            Path file = folder.resolve(other.title() + ".onnx");
            long theirs = other.write(file, height, width);
            running.add(
                    new Running(
                            other.title(),
                            Engine.ONNXRUNTIME,
                            ContenderProcess.start(Engine.ONNXRUNTIME, file, threads, folder),
                            theirs));
        }
    }

    private ContenderProcess start(Engine engine, Path file, int threads, Path folder)
            throws IOException {
        if (plan.tuned == null || engine != Engine.REPVGG) {
            return ContenderProcess.start(engine, file, threads, folder);
        }
        Path tuned = folder.resolve("plan.json");
        Files.writeString(tuned, plan.tuned.json());
        return ContenderProcess.start(engine, file, threads, folder, tuned);
    }

    private Path file(Engine engine, Shape shape, Path folder) throws IOException {
        if (engine == Engine.ONNXRUNTIME) {
            Path file = folder.resolve("plain.onnx");
            PlainModel sized =
                    network.plain.withInput(
                            network.plain.input().withSize(shape.dimension(2), shape.dimension(3)));
            Onnx.write(sized, file, ExportOptions.defaults().withFixedSize(true));
            return file;
        }
        Path file =
                folder.resolve(engine.branched() ? "branched.safetensors" : "plain.safetensors");
        if (!Files.exists(file)) {
            Checkpoint.write(file, engine.branched() ? branched() : network.plain);
        }
        return file;
    }

    private BranchedModel branched() {
        if (network.branched == null) {
            throw new IllegalArgumentException(
                    network.name + " is the plain form: the training form cannot be had from it");
        }
        return network.branched;
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(
                            file -> {
                                try {
                                    Files.deleteIfExists(file);
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            });
        } catch (IOException | UncheckedIOException _) {
            return; // it is the system's folder for what nobody needs
        }
    }
}
