package org.repvgg.runtime;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.repvgg.model.InputSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Runs a fresh network until Java has compiled it, so that its first callers need not wait for
/// that.
final class WarmUp {
    /// Nothing was compiled for so long: nothing will be.
    private static final long QUIET_NANOS = 300_000_000;

    /// And in so many calls: a large network's take longer than that.
    private static final int QUIET_CALLS = 10;

    private WarmUp() {}

    /// Asks for single images of the network's size, at most for `longest`.
    static void run(Classifier classifier, Duration longest) {
        if (longest.isZero()) {
            return;
        }
        InputSpec input = classifier.input();
        Tensor image = noise(Shape.of(1, input.channels(), input.height(), input.width()));
        @Nullable CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
        long end = System.nanoTime() + longest.toNanos();
        long compiled = -1;
        long quietSince = 0;
        int quietCalls = 0;
        for (long now = System.nanoTime(); now < end; now = System.nanoTime()) {
            classifier.logits(image);
            long total = totalMillis(compiler);
            if (total != compiled) {
                compiled = total;
                quietSince = System.nanoTime();
                quietCalls = 0;
            } else if (++quietCalls >= QUIET_CALLS
                    && System.nanoTime() - quietSince > QUIET_NANOS) {
                return;
            }
        }
    }

    /// Time spent compiling so far; counts up for ever where the JVM does not tell.
    private static long totalMillis(@Nullable CompilationMXBean compiler) {
        return compiler != null && compiler.isCompilationTimeMonitoringSupported()
                ? compiler.getTotalCompilationTime()
                : System.nanoTime();
    }

    static Tensor noise(Shape shape) {
        SplittableRandom random = new SplittableRandom(1);
        float[] pixels = new float[shape.elements()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextGaussian();
        }
        return Tensor.ofOwned(shape, pixels);
    }
}
