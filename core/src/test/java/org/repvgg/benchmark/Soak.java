package org.repvgg.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RandomModels;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// Eight callers share one runtime of A0 for minutes, with images of changing sizes and batches:
/// every answer is compared, bit by bit, with the one of a caller alone; memory is told once a
/// minute; at the end the runtime is closed under them.
///
/// `java --add-modules jdk.incubator.vector -cp core/target/classes:core/target/test-classes
/// org.repvgg.benchmark.Soak [minutes]`
public final class Soak {
    private static final int CALLERS = 8;
    private static final int[][] SIZES = { // images, height, width
        {1, 32, 32},
        {2, 32, 32},
        {5, 32, 32},
        {32, 32, 32},
        {1, 64, 48},
        {3, 48, 64},
        {1, 224, 224},
        {2, 160, 160},
        {1, 33, 47},
        {7, 40, 40}
    };

    private final Classifier classifier;
    private final List<Tensor> inputs;
    private final List<float[]> expected;
    private final AtomicLong passes = new AtomicLong();
    private final AtomicLong wrong = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();

    private Soak(Classifier classifier, List<Tensor> inputs, List<float[]> expected) {
        this.classifier = classifier;
        this.inputs = inputs;
        this.expected = expected;
    }

    /// @param arguments minutes (default 10)
    public static void main(String[] arguments) throws IOException, InterruptedException {
        int minutes = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 10;
        RepVggSpec spec = RepVggFamily.A0.spec().toBuilder().classes(10).build();
        PlainModel model = RandomModels.plain(spec, 1);
        List<Tensor> inputs = new ArrayList<>();
        List<float[]> expected = new ArrayList<>();
        try (Classifier alone = PlainRuntime.load(model, new RuntimeOptions(1))) {
            for (int[] size : SIZES) {
                Tensor images = RandomModels.images(size[0], 3, size[1], size[2], inputs.size());
                inputs.add(images);
                expected.add(alone.logits(images).toArray());
            }
        }
        Classifier shared = PlainRuntime.load(model, RuntimeOptions.defaults());
        new Soak(shared, inputs, expected).run(minutes);
    }

    private void run(int minutes) throws IOException, InterruptedException {
        List<Thread> callers = new ArrayList<>();
        for (int caller = 0; caller < CALLERS; caller++) {
            SplittableRandom random = new SplittableRandom(caller);
            callers.add(Thread.ofPlatform().start(() -> call(random)));
        }
        System.out.println("minute,passes,wrong answers,heap MB after collection,process MB");
        tell(0);
        for (int minute = 1; minute <= minutes; minute++) {
            Thread.sleep(60_000);
            tell(minute);
        }
        classifier.close();
        for (Thread caller : callers) {
            caller.join(10_000);
            if (caller.isAlive()) {
                throw new AssertionError("a caller did not come back from a closed runtime");
            }
        }
        if (wrong.get() > 0 || refused.get() != CALLERS) {
            throw new AssertionError(
                    wrong + " wrong answers, " + refused + " callers of " + CALLERS + " refused");
        }
        System.out.println("closed under " + CALLERS + " callers");
    }

    private void call(SplittableRandom random) {
        while (true) {
            int i = random.nextInt(inputs.size());
            float[] answer;
            try {
                answer = classifier.logits(inputs.get(i)).toArray();
            } catch (IllegalStateException e) {
                if ("the classifier is closed".equals(e.getMessage())) {
                    refused.incrementAndGet();
                    return;
                }
                throw e;
            }
            passes.incrementAndGet();
            if (!Arrays.equals(answer, expected.get(i))) {
                wrong.incrementAndGet();
            }
        }
    }

    private void tell(int minute) throws IOException {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        System.out.printf(
                Locale.ROOT,
                "%d,%d,%d,%.1f,%.1f%n",
                minute,
                passes.get(),
                wrong.get(),
                (runtime.totalMemory() - runtime.freeMemory()) / 1e6,
                processMegabytes());
    }

    private static double processMegabytes() throws IOException {
        Path status = Path.of("/proc/self/status");
        return Files.isReadable(status)
                ? Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1e3)
                        .findFirst()
                        .orElse(Double.NaN)
                : Double.NaN;
    }
}
