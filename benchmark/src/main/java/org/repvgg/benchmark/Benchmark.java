package org.repvgg.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
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
    /// @param tuned what was tuned, for our plain form; without, its algorithms are estimated
    public record Plan(
            List<Engine> engines,
            List<OtherNetwork> others,
            List<Shape> shapes,
            List<Integer> threads,
            Schedule schedule,
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
        try (TemporaryFolder folder = TemporaryFolder.create(listener)) {
            return new Benchmark(network, plan, listener).run(folder.path());
        }
    }

    /// A network and who runs it.
    private record Entry(String network, Engine engine, long multiplyAdds) {}

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
        try (var contest = new Contest(folder, threads)) {
            List<Entry> entries = enter(contest, shape, folder);
            double[] exact = ExactAnswer.logits(network.plain, ContenderMain.noise(shape));
            List<Contest.Timed> timed = contest.run(shape, plan.schedule);
            List<Measurement> measurements = new ArrayList<>();
            for (int i = 0; i < timed.size(); i++) {
                Entry entry = entries.get(i);
                double error =
                        entry.network.equals(network.name)
                                ? ExactAnswer.relativeError(exact, timed.get(i).answer())
                                : Double.NaN;
                measurements.add(
                        Measurement.of(
                                entry.network,
                                entry.engine,
                                timed.get(i),
                                threads,
                                shape,
                                entry.multiplyAdds,
                                peak,
                                new Measurement.Logits(error)));
            }
            return measurements;
        }
    }

    private List<Entry> enter(Contest contest, Shape shape, Path folder) throws IOException {
        int height = shape.dimension(2);
        int width = shape.dimension(3);
        long multiplyAdds =
                LayerTable.of(network.plain.spec(), Form.PLAIN, height, width).multiplyAdds();
        List<Entry> entries = new ArrayList<>();
        for (Engine engine : plan.engines) {
            contest.add(engine, file(engine, shape, folder), tuned(engine, folder));
            entries.add(new Entry(network.name, engine, multiplyAdds));
        }
        for (OtherNetwork other : plan.others) {
            Path file = folder.resolve(other.title() + ".onnx");
            long theirs = other.write(file, height, width);
            contest.add(Engine.ONNXRUNTIME, file);
            entries.add(new Entry(other.title(), Engine.ONNXRUNTIME, theirs));
        }
        return entries;
    }

    /// The tuned plan's file, if there is one and the engine takes it.
    private Path[] tuned(Engine engine, Path folder) throws IOException {
        if (plan.tuned == null || engine != Engine.REPVGG) {
            return new Path[0];
        }
        return new Path[] {Files.writeString(folder.resolve("plan.json"), plan.tuned.json())};
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
}
