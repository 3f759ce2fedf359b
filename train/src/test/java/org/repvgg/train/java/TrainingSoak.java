package org.repvgg.train.java;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.train.RandomBatch;
import org.repvgg.train.TrainingEngine.StepSettings;

/// A0 at 32x32 trains on noise for minutes, in batches of changing sizes; the heap after a
/// collection is told once a minute.
///
/// `java --add-modules jdk.incubator.vector -cp … org.repvgg.train.java.TrainingSoak [minutes]
/// [threads]`
public final class TrainingSoak {
    private static final int[] BATCHES = {128, 128, 128, 128, 100, 128, 128, 7};
    private static final int CLASSES = 10;
    private static final StepSettings STEP = new StepSettings(0.01, 0.9, true, 5e-4, 0);

    private TrainingSoak() {}

    /// @param arguments minutes (default 30), threads (default 2)
    public static void main(String[] arguments) {
        int minutes = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 30;
        int threads = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2;
        RepVggSpec spec = RepVggFamily.A0.spec().toBuilder().classes(CLASSES).build();
        var initial = InitialWeights.random(spec, InputSpec.centred(3, 32, 32), 1);
        try (JavaEngine engine = JavaEngine.start(initial, threads)) {
            System.out.println("minute,images,images/s,loss,heap MB after collection");
            long images = 0;
            int step = 0;
            for (int minute = 1; minute <= minutes; minute++) {
                long start = System.nanoTime();
                long seconds = 0;
                long before = images;
                double loss = 0;
                while (seconds < 60) {
                    int count = BATCHES[step % BATCHES.length];
                    loss =
                            engine.step(
                                    RandomBatch.of(spec, Shape.of(count, 3, 32, 32), step), STEP);
                    images += count;
                    step++;
                    seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
                }
                System.out.printf(
                        Locale.ROOT,
                        "%d,%d,%d,%.4f,%.1f%n",
                        minute,
                        images,
                        (images - before) / seconds,
                        loss,
                        heapMegabytes());
            }
        }
    }

    private static double heapMegabytes() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return (runtime.totalMemory() - runtime.freeMemory()) / 1e6;
    }
}
