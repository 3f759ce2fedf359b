package org.repvgg.benchmark;

import java.time.Duration;
import java.util.Locale;
import org.repvgg.fold.Fold;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// How long loading RepVGG-A0 takes with a warm-up, and each of the first answers after it.
///
/// `java --add-modules jdk.incubator.vector -cp core/target/classes:core/target/test-classes
/// org.repvgg.benchmark.BenchmarkWarmUp SECONDS THREADS`, once for each longest warm-up.
public final class BenchmarkWarmUp {
    private static final int ANSWERS = 200;

    private BenchmarkWarmUp() {}

    /// @param arguments longest warm-up in seconds, 0 for none, and threads
    public static void main(String[] arguments) throws Exception {
        int seconds = Integer.parseInt(arguments[0]);
        RuntimeOptions options =
                new RuntimeOptions(Integer.parseInt(arguments[1]))
                        .withWarmUp(Duration.ofSeconds(seconds));
        InputSpec input = InputSpec.imageNet();
        PlainModel model = Fold.fold(InitialWeights.random(RepVggFamily.A0.spec(), input, 1));
        Tensor image = Tensor.filled(Shape.of(1, 3, input.height(), input.width()), 0.5f);
        long start = System.nanoTime();
        try (PlainRuntime runtime = PlainRuntime.load(model, options)) {
            double load = millis(start);
            double[] answers = new double[ANSWERS];
            for (int i = 0; i < ANSWERS; i++) {
                start = System.nanoTime();
                if (runtime.logits(image).shape().dimension(0) != 1) {
                    throw new AssertionError("one image has one answer");
                }
                answers[i] = millis(start);
            }
            System.out.println("warm-up s,threads,load ms,answer 1 ms,2,3,5,10,20,50,100,200");
            System.out.printf(
                    Locale.ROOT,
                    "%d,%d,%.0f,%.1f,%.1f,%.1f,%.1f,%.1f,%.1f,%.1f,%.1f,%.1f%n",
                    seconds,
                    options.threads(),
                    load,
                    answers[0],
                    answers[1],
                    answers[2],
                    answers[4],
                    answers[9],
                    answers[19],
                    answers[49],
                    answers[99],
                    answers[199]);
        }
    }

    private static double millis(long start) {
        return (System.nanoTime() - start) * 1e-6;
    }
}
