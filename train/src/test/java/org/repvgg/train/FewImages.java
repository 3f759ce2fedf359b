package org.repvgg.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.repvgg.data.Dataset;
import org.repvgg.format.Checkpoint;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggFamily;

/// A small network that has learnt five kinds of shapes from many images learns the other five from
/// few; and how fast its body and its head should learn then.
///
/// `java --add-modules jdk.incubator.vector -cp … org.repvgg.train.FewImages FILE [threads]` trains
/// the network into a FILE.safetensors, [#BODY] among the resources, or compares rates in a
/// FILE.csv.
public final class FewImages {
    static final int KINDS = 5;
    static final int SIDE = 32;

    private static final Path BODY =
            Path.of("src/test/resources/golden/few-images/trained.safetensors");
    private static final double[] RATES = {0.03, 0.1, 0.3};
    private static final double[] BODY_RATES = {0, 0.03, 0.1, 0.3, 1};
    private static final int IMAGES = 10;
    private static final int TEST_IMAGES = 20;
    private static final int SEEDS = 3;

    private FewImages() {}

    /// The kinds that are learnt first.
    ///
    /// @param train images of each kind
    /// @param test likewise
    static Dataset firstKinds(int train, int test) {
        return ShapeKinds.dataset(0, KINDS, 1, train, test);
    }

    /// The others, other images for another `seed`.
    static Dataset otherKinds(long seed, int train, int test) {
        return ShapeKinds.dataset(KINDS, 2 * KINDS, seed, train, test);
    }

    static BranchedModel fresh(Dataset data, long seed) {
        var spec =
                RepVggFamily.A0.spec().toBuilder()
                        .name("small")
                        .classes(KINDS)
                        .widths(List.of(8, 16, 32, 64, 64))
                        .depths(List.of(1, 1, 2, 1, 1))
                        .strides(List.of(1, 2, 2, 2, 1))
                        .build();
        InputSpec input = InputSpec.centred(3, SIDE, SIDE);
        return InitialWeights.random(spec, input.withClassNames(data.train().classNames()), seed);
    }

    /// What ten epochs of 10,000 images of the first kinds have made.
    static Pretrained trained() throws IOException {
        return new Pretrained("trained.safetensors", Checkpoint.readBranched(BODY));
    }

    static TrainResult run(String engine, Trainer.Job job, Path folder, boolean resume)
            throws IOException {
        EngineFactory engines =
                Engines.of(engine, "cpu", "fp32", job.threads(), job.recipe().batchSize());
        return TinyTraining.run(job, folder, engines, resume, new TrainListener() {});
    }

    static double top1(TrainResult result) {
        return result.history().getLast().top1();
    }

    /// @param arguments file to write, perhaps threads
    public static void main(String[] arguments) throws IOException {
        Path file = Path.of(arguments[0]);
        int threads = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2;
        if (arguments[0].endsWith(".safetensors")) {
            train(file, threads);
        } else {
            compare(file, threads);
        }
    }

    private static void train(Path file, int threads) throws IOException {
        Dataset many = firstKinds(2000, 50);
        Recipe recipe = Recipe.quick().withEpochs(10);
        var job = new Trainer.Job(fresh(many, 1), many, recipe, 1, threads);
        TrainResult result = run("java", job, Files.createTempDirectory("trained"), false);
        Checkpoint.write(file, result.model());
        System.out.println(top1(result));
    }

    private static void compare(Path file, int threads) throws IOException {
        StringBuilder csv = new StringBuilder("learning_rate,begins,body_rate,top1\n");
        for (double rate : RATES) {
            csv.append(line(rate, null, 1, threads));
            for (double bodyRate : BODY_RATES) {
                csv.append(line(rate, trained(), bodyRate, threads));
            }
        }
        Files.writeString(file, csv);
    }

    /// Mean accuracy after the last epoch.
    private static String line(
            double rate, @Nullable Pretrained trained, double bodyRate, int threads)
            throws IOException {
        Recipe recipe =
                Recipe.finetune().toBuilder().peakLearningRate(rate).bodyRate(bodyRate).build();
        double sum = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            Dataset few = otherKinds(seed, IMAGES, TEST_IMAGES);
            List<String> names = few.train().classNames();
            BranchedModel initial =
                    trained == null ? fresh(few, seed) : trained.initial(SIDE, SIDE, names, seed);
            var job = new Trainer.Job(initial, few, recipe, trained, null, seed, threads);
            sum += top1(run("java", job, Files.createTempDirectory("few"), false));
        }
        String begins = trained == null ? "fresh" : "trained";
        String line =
                String.format(Locale.ROOT, "%s,%s,%s,%.4f%n", rate, begins, bodyRate, sum / SEEDS);
        System.out.print(line);
        return line;
    }
}
