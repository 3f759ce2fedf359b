package org.repvgg.cli;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.repvgg.benchmark.BarChart;
import org.repvgg.benchmark.Benchmark;
import org.repvgg.benchmark.Engine;
import org.repvgg.benchmark.Measurement;
import org.repvgg.benchmark.OtherNetwork;
import org.repvgg.benchmark.Schedule;
import org.repvgg.benchmark.Tables;
import org.repvgg.benchmark.TrainingBenchmark;
import org.repvgg.fold.Fold;
import org.repvgg.format.AtomicFile;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.DidYouMean;
import org.repvgg.format.Json;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.Profiler;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.TunedPlan;
import org.repvgg.runtime.Tuner;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.train.java.StepProfiler;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "benchmark",
        header = "How fast is the plain form, or a training step, side by side with other engines?",
        description =
                "Times whole passes, images in and logits out. Every engine has a process of its own and the"
                        + " same weights, images and threads; they take turns, so that a busy machine"
                        + " slows them alike. Ratios are the engine's median over ours. A name of"
                        + " the family gets random weights: they do not change the time.",
        footer = {
            "  repvgg benchmark A0",
            "  repvgg benchmark A0 --input 1x3x224x224,8x3x224x224 --threads 1,2 --output a0.csv",
            "  repvgg benchmark A0 --threads 2 --plan a0.json",
            "  repvgg benchmark runs/a0/trained.safetensors --versus repvgg-branched,libtorch-branched",
            "  repvgg benchmark B1g4 --versus onnxruntime,resnet50,resnet101,vgg16",
            "  repvgg benchmark A0 --training --classes 10 --input 3x32x32 --threads 1,2 --layers"
        })
final class BenchmarkVerb extends Verb {
    private static final Pattern BATCH =
            Pattern.compile("(?:(\\d{1,6})x)?(\\d+x\\d+x\\d+|\\d+x\\d+|\\d+)");
    private static final int LONGEST = 60; // seconds
    private static final double WARM_UP = 3; // seconds
    private static final double TRAINING_WARM_UP = 10; // the first step alone takes five
    private static final List<String> RIVALS = List.of("onnxruntime", "libtorch");
    private static final long MAX_PLAN_BYTES = 1 << 20;

    @Parameters(
            paramLabel = "M",
            description =
                    "A checkpoint, a name such as A0 or that of a trained network ('repvgg models' lists both), or a"
                            + " spec's .json file.",
            completionCandidates = Candidates.Networks.class)
    String network = "";

    @Option(
            names = "--versus",
            split = ",",
            completionCandidates = Candidates.Rivals.class,
            paramLabel = "WHO",
            description = {
                "Who takes turns with the plain runtime: onnxruntime and libtorch run the plain form,"
                        + " repvgg-branched and libtorch-branched the training form; resnet18, resnet34,"
                        + " resnet50, resnet101 and vgg16 are run by ONNX Runtime. 'none' for nobody;"
                        + " onnxruntime,libtorch unless given.",
                "With --training, libtorch or none; libtorch unless given."
            })
    @Nullable List<String> versus;

    @Option(
            names = "--threads",
            split = ",",
            paramLabel = "N",
            description =
                    "Measure with this many threads, one number after the other; all processors unless given.")
    List<Integer> threads = List.of(Runtime.getRuntime().availableProcessors());

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "9",
            description = "Turns that each engine takes; 9 unless given.")
    int rounds = 9;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "0.5",
            description = "How long a turn takes, at least; 0.5 unless given.")
    double seconds = 0.5;

    @Option(
            names = "--warm-up",
            paramLabel = "S",
            description =
                    "How long each engine runs before the first turn; 3 unless given, 10 with --training: Java"
                            + " compiles meanwhile.")
    @Nullable Double warmUp;

    @Option(
            names = "--plan",
            paramLabel = "FILE.json",
            description =
                    "Run the plain form by the plan in FILE; if there is none yet, tune for every input"
                            + " first, ten seconds or more each, and write it. For one number of"
                            + " threads.")
    @Nullable Path tuned;

    @Option(
            names = "--layers",
            description =
                    "Show, too, where our time goes, for the first input and number of threads: layer by layer,"
                            + " or that of a training step by kind of work.")
    boolean layers;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "OUT.csv",
            description = "Write all figures there, and a chart to OUT.svg beside it.")
    @Nullable Path out;

    @ArgGroup(validate = false, heading = StepOptions.HEADING)
    StepOptions steps = new StepOptions();

    @ArgGroup(
            validate = false,
            heading =
                    "%nVary the network; --input takes a batch in front, and several:"
                            + " 1x3x224x224,8x3x224x224:%n")
    ModelOptions options = new ModelOptions();

    @Override
    int run(Console console) throws IOException {
        if (steps.training) {
            return train(console);
        }
        steps.checkNotGiven();
        List<String> inputs = inputs();
        Benchmark.Network chosen = network();
        if (out != null) {
            Outputs.check(out, ".csv", Path.of(""));
        }
        List<Shape> shapes = shapes(inputs, chosen.plain().spec(), chosen.plain().input(), 1);
        Benchmark.Plan plan = plan(shapes, null);
        if (plan.engines().stream().anyMatch(Engine::branched) && chosen.branched() == null) {
            throw new UserError(
                    "%s is the plain form; the engines that run branches want the training form",
                    network);
        }
        if (tuned != null) {
            plan = plan(shapes, tuned(tuned, chosen.plain(), shapes, console));
        }
        List<Measurement> measured = Benchmark.run(chosen, plan, console::note);
        if (out != null) {
            write(out, measured);
        }
        List<Profiler.Row> profile = layers ? profile(chosen, plan) : List.of();
        if (json) {
            Json.Builder answer =
                    Json.object()
                            .put(
                                    "measurements",
                                    measured.stream()
                                            .map(m -> BenchmarkText.json(m, measured))
                                            .toList());
            if (layers) {
                answer.put("layers", profile.stream().map(BenchmarkText::json).toList());
            }
            console.result(answer.build());
        } else {
            console.result(BenchmarkText.table(measured));
            if (layers) {
                console.result("");
                console.result(BenchmarkText.table(profile, plan.shapes().getFirst()));
            }
        }
        return ExitCode.DONE;
    }

    private int train(Console console) throws IOException {
        if (tuned != null) {
            throw new UserError("--plan is for the plain form, not for --training");
        }
        int batch = steps.batch();
        List<String> inputs = inputs();
        for (String input : inputs) {
            if (!input.strip().equals(image(input))) {
                throw new UserError(
                        "--training takes its batch from --batch: --input %s", image(input));
            }
        }
        BranchedModel model = StepBenchmark.model(network, options);
        if (out != null) {
            Outputs.check(out, ".csv", Path.of(""));
        }
        checkThreads();
        var plan =
                new TrainingBenchmark.Plan(
                        model,
                        StepBenchmark.engines(
                                model,
                                versus == null ? List.of("libtorch") : versus,
                                steps.precisions()),
                        shapes(inputs, model.spec(), model.input(), batch),
                        threads,
                        schedule(TRAINING_WARM_UP));
        List<Measurement> measured = TrainingBenchmark.run(plan, console::note);
        if (out != null) {
            write(out, measured);
        }
        List<StepProfiler.Row> phases = layers ? TrainingBenchmark.profile(plan) : List.of();
        if (json) {
            console.result(StepBenchmark.json(measured, phases));
        } else {
            StepBenchmark.print(plan, measured, phases, console);
        }
        return ExitCode.DONE;
    }

    /// Reads the plan, or makes and writes it.
    private TunedPlan tuned(Path file, PlainModel plain, List<Shape> shapes, Console console)
            throws IOException {
        if (threads.size() != 1) {
            throw new UserError(
                    "a plan is for one number of threads; --threads says %s",
                    String.join(",", threads.stream().map(String::valueOf).toList()));
        }
        var options = new RuntimeOptions(threads.getFirst());
        if (Files.exists(file)) {
            TunedPlan plan = read(file);
            if (plan.threads() != options.threads()) {
                throw new UserError(
                        "%s: was tuned for %s threads, --threads says %s",
                        file, plan.threads(), options.threads());
            }
            PlainRuntime.load(plain, options.withPlan(plan)).close(); // refuses what does not fit
            return plan;
        }
        Outputs.check(file, ".json", Path.of(""));
        console.note("tuning for %s", shapes);
        TunedPlan plan = Tuner.tune(plain, options, shapes);
        Outputs.write(file, () -> AtomicFile.write(file, bytes(plan.json())));
        return plan;
    }

    private static TunedPlan read(Path file) throws IOException {
        long bytes = Files.size(file);
        if (bytes > MAX_PLAN_BYTES) {
            throw new UserError("%s: %s are too much for a plan", file, Numbers.megabytes(bytes));
        }
        try {
            return TunedPlan.parse(Files.readString(file));
        } catch (IllegalArgumentException e) {
            throw new UserError("%s: %s", file, String.valueOf(e.getMessage()));
        }
    }

    private Benchmark.Plan plan(List<Shape> shapes, @Nullable TunedPlan tunedPlan) {
        checkThreads();
        List<Engine> engines = new ArrayList<>(List.of(Engine.REPVGG));
        List<OtherNetwork> others = new ArrayList<>();
        for (String name : versus == null ? RIVALS : versus) {
            if (name.equals("none")) {
                continue;
            }
            Engine.find(name)
                    .ifPresentOrElse(
                            engine -> {
                                if (!engines.contains(engine)) {
                                    engines.add(engine);
                                }
                            },
                            () -> others.add(other(name)));
        }
        return new Benchmark.Plan(engines, others, shapes, threads, schedule(WARM_UP), tunedPlan);
    }

    private void checkThreads() {
        for (int count : threads) {
            if (count < 1 || count > 1024) {
                throw new UserError("--threads must be from 1 to 1024, not %s", count);
            }
        }
    }

    private Schedule schedule(double usualWarmUp) {
        if (rounds < 1) {
            throw new UserError("--rounds must be at least 1, not %s", rounds);
        }
        return new Schedule(
                rounds,
                millis("--seconds", seconds),
                millis("--warm-up", warmUp == null ? usualWarmUp : warmUp));
    }

    private static Duration millis(String flag, double seconds) {
        if (!(seconds > 0 && seconds <= LONGEST)) {
            throw new UserError(
                    "%s must be above 0 and at most %s, not %s",
                    flag,
                    LONGEST,
                    BigDecimal.valueOf(seconds).stripTrailingZeros().toPlainString());
        }
        return Duration.ofMillis(Math.max(1, Math.round(1000 * seconds)));
    }

    private static OtherNetwork other(String name) {
        List<String> known = rivals();
        return OtherNetwork.find(name)
                .orElseThrow(
                        () ->
                                new UserError(
                                        "--versus knows no '%s'%s: use %s, or none",
                                        name,
                                        DidYouMean.hint(name, known),
                                        String.join(", ", known)));
    }

    static List<String> rivals() {
        return Stream.concat(
                        Stream.of(Engine.values())
                                .filter(engine -> engine != Engine.REPVGG)
                                .map(Engine::title),
                        Stream.of(OtherNetwork.values()).map(OtherNetwork::title))
                .toList();
    }

    /// The texts between the commas of `--input`; leaves the first one's image to the other flags.
    private List<String> inputs() {
        if (options.input == null) {
            return List.of();
        }
        List<String> inputs = List.of(options.input.split(",", -1));
        for (String input : inputs) {
            if (!BATCH.matcher(input.strip()).matches()) {
                throw new UserError(
                        "--input wants images, channels, height and width, such as 1x3x224x224, not"
                                + " '%s'",
                        input);
            }
        }
        options.input = image(inputs.getFirst());
        return inputs;
    }

    /// Without the batch.
    private static String image(String input) {
        return input.strip().replaceFirst("^\\d+x(\\d+x\\d+x\\d+)$", "$1");
    }

    /// @param usualBatch where the text does not say
    private static List<Shape> shapes(
            List<String> inputs, RepVggSpec spec, InputSpec usual, int usualBatch) {
        int channels = spec.inputChannels();
        if (inputs.isEmpty()) {
            return List.of(Shape.of(usualBatch, channels, usual.height(), usual.width()));
        }
        return inputs.stream()
                .map(
                        input -> {
                            ImageSize size = ImageSize.parse(image(input), channels);
                            if (size.channels() != channels) {
                                throw new UserError(
                                        "--input says %s channels, the network takes %s",
                                        size.channels(), channels);
                            }
                            return Shape.of(
                                    batch(input, usualBatch),
                                    channels,
                                    size.height(),
                                    size.width());
                        })
                .toList();
    }

    private static int batch(String input, int usual) {
        Matcher matcher = Pattern.compile("(\\d+)x\\d+x\\d+x\\d+").matcher(input.strip());
        int batch = matcher.matches() ? Integer.parseInt(matcher.group(1)) : usual;
        if (batch < 1) {
            throw new UserError("--input wants at least one image, not '%s'", input);
        }
        return batch;
    }

    private Benchmark.Network network() throws IOException {
        Network.Named named = Network.find(network, options);
        String name = named.spec().name();
        if (Network.isFresh(network)) {
            BranchedModel fresh = InitialWeights.random(named.spec(), named.input(), 1);
            return new Benchmark.Network(name, Fold.fold(fresh), fresh);
        }
        Model model = Checkpoint.read(WeightOptions.file(network), options.readOptions());
        return switch (model) {
            case PlainModel plain -> new Benchmark.Network(name, plain, null);
            case BranchedModel branched ->
                    new Benchmark.Network(name, Fold.fold(branched), branched);
        };
    }

    private static void write(Path out, List<Measurement> measured) {
        Outputs.write(out, () -> AtomicFile.write(out, bytes(Tables.csv(measured))));
        String name = out.getFileName().toString();
        Path chart =
                out.resolveSibling(name.substring(0, name.length() - ".csv".length()) + ".svg");
        Outputs.write(chart, () -> AtomicFile.write(chart, bytes(BarChart.svg(measured))));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<Profiler.Row> profile(Benchmark.Network chosen, Benchmark.Plan plan) {
        var options = new RuntimeOptions(plan.threads().getFirst());
        TunedPlan tunedPlan = plan.tuned();
        return Profiler.profile(
                chosen.plain(),
                tunedPlan == null ? options : options.withPlan(tunedPlan),
                plan.shapes().getFirst());
    }
}
