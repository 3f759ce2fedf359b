package org.repvgg.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.repvgg.format.Checkpoint;
import org.repvgg.kernel.FusedMultiplyAddPeak;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.Form;
import org.repvgg.spec.LayerTable;
import org.repvgg.tensor.Shape;
import org.repvgg.train.RandomBatch;
import org.repvgg.train.java.StepProfiler;
import org.repvgg.train.torch.TorchOptions.Precision;

/// Times training steps of engines side by side, as [Benchmark] does passes: forward, backward and
/// update on a batch of random images, from the same weights.
public final class TrainingBenchmark {
    /// Forward, the gradient of the weights and that of the input take as many multiply-adds each.
    private static final int PRODUCTS = 3;

    private TrainingBenchmark() {}

    /// What to run.
    ///
    /// @param model where every engine begins
    /// @param engines who takes turns, ours first
    /// @param shapes of batches, `[n,c,h,w]`
    /// @param threads numbers of them, one after the other
    public record Plan(
            BranchedModel model,
            List<StepEngine> engines,
            List<Shape> shapes,
            List<Integer> threads,
            Schedule schedule) {}

    /// Runs the plan.
    ///
    /// @param listener hears what is being measured
    /// @return one measurement for each number of threads, shape and engine, in this order
    /// @throws IOException if a process ends early, with what it said, or files cannot be written
    public static List<Measurement> run(Plan plan, Consumer<String> listener) throws IOException {
        double peak = FusedMultiplyAddPeak.gigaflops();
        List<Measurement> all = new ArrayList<>();
        try (TemporaryFolder folder = TemporaryFolder.create(listener)) {
            Checkpoint.write(file(folder), plan.model);
            for (int threads : plan.threads) {
                for (Shape shape : plan.shapes) {
                    listener.accept(
                            "steps of %s, %s, %s thread%s"
                                    .formatted(
                                            plan.model.spec().name(),
                                            shape,
                                            threads,
                                            threads == 1 ? "" : "s"));
                    all.addAll(measure(plan, shape, threads, peak * threads, folder));
                }
            }
        }
        return all;
    }

    private static Path file(TemporaryFolder folder) {
        return folder.path().resolve("branched.safetensors");
    }

    private static List<Measurement> measure(
            Plan plan, Shape shape, int threads, double peak, TemporaryFolder folder)
            throws IOException {
        try (var contest = new Contest(folder.path(), threads)) {
            for (StepEngine engine : plan.engines) {
                contest.add(engine, file(folder));
            }
            List<Contest.Timed> timed = contest.run(shape, plan.schedule);
            List<Measurement> measurements = new ArrayList<>();
            for (int i = 0; i < timed.size(); i++) {
                Contest.Timed one = timed.get(i);
                measurements.add(
                        Measurement.of(
                                plan.model.spec().name(),
                                plan.engines.get(i),
                                one,
                                threads,
                                shape,
                                multiplyAdds(plan.model, shape),
                                peak,
                                new Measurement.Loss(one.answer().get(0))));
            }
            return measurements;
        }
    }

    private static long multiplyAdds(BranchedModel model, Shape shape) {
        int height = shape.dimension(2);
        int width = shape.dimension(3);
        return PRODUCTS * LayerTable.of(model.spec(), Form.TRAIN, height, width).multiplyAdds();
    }

    /// Where the time of our steps goes, for the first shape and number of threads; in this
    /// process.
    public static List<StepProfiler.Row> profile(Plan plan) {
        Schedule schedule = plan.schedule;
        return StepProfiler.profile(
                plan.model,
                plan.threads.getFirst(),
                RandomBatch.of(plan.model.spec(), plan.shapes.getFirst(), TrainingContender.SEED),
                TrainingContender.STEP,
                schedule.warmUp(),
                schedule.turn().multipliedBy(schedule.rounds()));
    }

    /// libtorch in one precision, in the layout that was fastest.
    ///
    /// @param ratio its median over ours
    public record Rival(Precision precision, Measurement fastest, double ratio) {}

    /// libtorch's fastest for each case and precision, in the order of the measurements.
    public static List<Rival> rivals(List<Measurement> measurements) {
        List<Rival> rivals = new ArrayList<>();
        for (Measurement ours : measurements) {
            if (ours.engine().equals(StepEngine.JAVA.title())) {
                for (Precision precision : Precision.values()) {
                    measurements.stream()
                            .filter(one -> one.sameCase(ours) && isRival(one, precision))
                            .min(Comparator.comparingDouble(Measurement::medianMillis))
                            .map(one -> new Rival(precision, one, Tables.ratio(one, measurements)))
                            .ifPresent(rivals::add);
                }
            }
        }
        return rivals;
    }

    private static boolean isRival(Measurement one, Precision precision) {
        return StepEngine.find(one.engine())
                .filter(engine -> engine != StepEngine.JAVA && engine.precision() == precision)
                .isPresent();
    }
}
