package org.repvgg.benchmark;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.repvgg.kernel.FusedMultiplyAddPeak;
import org.repvgg.kernel.Kernels;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RandomModels;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// RepVGG-A0's plain form from images to logits. GFLOP/s count what direct convolution needs,
/// border included.
///
/// `java --add-modules jdk.incubator.vector -cp core/target/classes:core/target/test-classes
/// org.repvgg.benchmark.BenchmarkPlainRuntime [threads] [seconds a case]`
public final class BenchmarkPlainRuntime {
    /// The clock of a process ticks in 10 ms; a burst is long against that.
    private static final long BURST_NANOS = 300_000_000;

    private BenchmarkPlainRuntime() {}

    private record Case(String name, RepVggSpec spec, int batch, int size) {}

    /// @param arguments threads (default 1), seconds a case (default 2)
    public static void main(String[] arguments) {
        int threads = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1;
        double seconds = arguments.length > 1 ? Double.parseDouble(arguments[1]) : 2;
        double peak = FusedMultiplyAddPeak.gigaflops();
        System.out.printf(
                Locale.ROOT,
                "kernels %s, %d threads, peak of one core %.1f GFLOP/s, Java %s%n",
                Kernels.fastest().name(),
                threads,
                peak,
                Runtime.version());
        System.out.println(
                "case,median ms,best ms,CPU ms,images/s,GFLOP/s,share of peak,share by CPU time");
        RepVggSpec a0 = RepVggFamily.A0.spec();
        RepVggSpec ten = a0.toBuilder().classes(10).build();
        for (Case one :
                List.of(
                        new Case("A0 224 batch 1", a0, 1, 224),
                        new Case("A0 224 batch 8", a0, 8, 224),
                        new Case("A0 32 batch 1", ten, 1, 32),
                        new Case("A0 32 batch 256", ten, 256, 32))) {
            run(one, threads, seconds, peak * threads);
        }
    }

    private static void run(Case one, int threads, double seconds, double peak) {
        PlainModel model = RandomModels.plain(one.spec, 1);
        Tensor images = RandomModels.images(one.batch, 3, one.size, one.size, 2);
        try (Classifier classifier = PlainRuntime.load(model, new RuntimeOptions(threads))) {
            check(classifier.logits(images));
            time(classifier, images, seconds); // compiles
            double[] millis = time(classifier, images, seconds);
            double cpuMillis = cpuMillis(classifier, images, seconds);
            double median = millis[millis.length / 2];
            double gigaflop = 2e-9 * multiplyAdds(one);
            System.out.printf(
                    Locale.ROOT,
                    "%s,%.3f,%.3f,%.3f,%.1f,%.1f,%.0f %%,%.0f %%%n",
                    one.name,
                    median,
                    millis[0],
                    cpuMillis,
                    1000 * one.batch / median,
                    1000 * gigaflop / median,
                    100 * 1000 * gigaflop / median / peak,
                    100 * 1000 * gigaflop / cpuMillis / (peak / threads));
        }
    }

    private static void check(Tensor logits) {
        for (int i = 0; i < logits.shape().elements(); i++) {
            if (!Float.isFinite(logits.get(i))) {
                throw new AssertionError("logit " + i + " is " + logits.get(i));
            }
        }
    }

    /// Milliseconds of each call, sorted.
    private static double[] time(Classifier classifier, Tensor images, double seconds) {
        double[] millis = new double[100_000];
        int calls = 0;
        long end = System.nanoTime() + (long) (seconds * 1e9);
        while (calls < millis.length && System.nanoTime() < end) {
            long start = System.nanoTime();
            classifier.logits(images);
            millis[calls++] = (System.nanoTime() - start) * 1e-6;
        }
        double[] all = Arrays.copyOf(millis, calls);
        Arrays.sort(all);
        return all;
    }

    /// Processor milliseconds of one call, all threads together: what stays of a figure on a busy
    /// machine.
    private static double cpuMillis(Classifier classifier, Tensor images, double seconds) {
        com.sun.management.OperatingSystemMXBean system =
                ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class);
        double best = Double.POSITIVE_INFINITY;
        long end = System.nanoTime() + (long) (seconds * 1e9);
        do {
            int calls = 0;
            long start = system.getProcessCpuTime();
            long now = start;
            while (now - start < BURST_NANOS) {
                classifier.logits(images);
                calls++;
                now = system.getProcessCpuTime();
            }
            best = Math.min(best, (now - start) * 1e-6 / calls);
        } while (System.nanoTime() < end);
        return best;
    }

    private static double multiplyAdds(Case one) {
        double sum = (double) one.spec.features() * one.spec.classes();
        int size = one.size;
        for (BlockSpec block : one.spec.blocks()) {
            size = block.outputSize(size);
            sum += 9.0 * block.inPerGroup() * block.out() * size * size;
        }
        return sum * one.batch;
    }
}
