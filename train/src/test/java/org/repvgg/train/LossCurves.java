package org.repvgg.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.repvgg.data.Dataset;
import org.repvgg.data.Datasets;
import org.repvgg.data.OpenOptions;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;

/// The losses of the baseline's first epoch with A0 at 32x32, on both engines and from two seeds:
/// whether engines differ by less than seeds do.
///
/// `java --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -Xmx6g -cp … \
/// org.repvgg.train.LossCurves cifar10.tar losses.csv [threads]`
public final class LossCurves {
    private static final List<String> ENGINES = List.of("java", "libtorch");
    private static final int SEEDS = 2;

    /// Steps whose losses are averaged: single ones tell more of their images than of the network.
    private static final int WINDOW = 10;

    private LossCurves() {}

    /// @param arguments data, file to write, perhaps threads
    public static void main(String[] arguments) throws IOException {
        int threads = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 2;
        Map<String, List<Double>> curves = new LinkedHashMap<>();
        try (Dataset data = Datasets.open(arguments[0], OpenOptions.standard())) {
            for (int seed = 0; seed < SEEDS; seed++) {
                for (String engine : ENGINES) {
                    curves.put(engine + " " + seed, windows(epoch(data, engine, seed, threads)));
                }
            }
        }
        Files.writeString(Path.of(arguments[1]), csv(curves));
        System.out.printf(
                Locale.ROOT,
                "root mean square difference of losses over %d steps: engines %.4f and %.4f, seeds"
                        + " %.4f and %.4f%n",
                WINDOW,
                difference(curves, "java 0", "libtorch 0"),
                difference(curves, "java 1", "libtorch 1"),
                difference(curves, "java 0", "java 1"),
                difference(curves, "libtorch 0", "libtorch 1"));
    }

    private static List<Double> epoch(Dataset data, String engine, int seed, int threads)
            throws IOException {
        List<String> names = data.train().classNames();
        RepVggSpec spec = RepVggFamily.A0.spec().toBuilder().classes(names.size()).build();
        InputSpec input = InputSpec.centred(3, 32, 32).withClassNames(names);
        BranchedModel initial = InitialWeights.random(spec, input, seed);
        Recipe recipe = Recipe.baseline();
        var job = new Trainer.Job(initial, data, recipe, seed, threads);
        EngineFactory engines = Engines.of(engine, "cpu", "fp32", threads, recipe.batchSize());
        List<Double> losses = new ArrayList<>();
        TrainListener untilTheFirstEpochEnds =
                new TrainListener() {
                    @Override
                    public void epochDone(EpochRecord epoch, int epochs, double etaSeconds) {
                        Thread.currentThread().interrupt();
                    }

                    @Override
                    public void message(String line) {
                        System.out.println(line);
                    }
                };
        try (RunFolder folder = RunFolder.open(Files.createTempDirectory("losses"))) {
            Trainer.train(
                    job,
                    (start, choices) -> new Recorder(engines.start(start, choices), losses),
                    folder,
                    false,
                    untilTheFirstEpochEnds);
        } catch (TrainException e) {
            if (!e.wasStopped()) {
                throw e;
            }
        }
        return losses;
    }

    private static List<Double> windows(List<Double> losses) {
        List<Double> means = new ArrayList<>();
        for (int at = 0; at + WINDOW <= losses.size(); at += WINDOW) {
            means.add(
                    losses.subList(at, at + WINDOW).stream()
                            .mapToDouble(Double::doubleValue)
                            .average()
                            .orElseThrow());
        }
        return means;
    }

    private static String csv(Map<String, List<Double>> curves) {
        StringBuilder csv = new StringBuilder("step");
        curves.keySet().forEach(name -> csv.append(',').append(name.replace(" ", " seed ")));
        int windows = curves.values().iterator().next().size();
        for (int i = 0; i < windows; i++) {
            csv.append('\n').append((i + 1) * WINDOW);
            for (List<Double> curve : curves.values()) {
                csv.append(String.format(Locale.ROOT, ",%.5f", curve.get(i)));
            }
        }
        return csv.append('\n').toString();
    }

    private static double difference(Map<String, List<Double>> curves, String one, String other) {
        List<Double> a = curves.get(one);
        List<Double> b = curves.get(other);
        double sum = 0;
        for (int i = 0; i < a.size(); i++) {
            sum += (a.get(i) - b.get(i)) * (a.get(i) - b.get(i));
        }
        return Math.sqrt(sum / a.size());
    }

    /// Writes down every loss.
    private static final class Recorder extends ForwardingEngine {
        private final List<Double> losses;

        Recorder(TrainingEngine engine, List<Double> losses) {
            super(engine);
            this.losses = losses;
        }

        @Override
        public double step(List<Batch> parts, StepSettings step) {
            double loss = super.step(parts, step);
            losses.add(loss);
            return loss;
        }
    }
}
