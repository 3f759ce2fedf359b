package org.repvgg.benchmark;

import java.util.Arrays;
import java.util.Locale;
import org.repvgg.fold.Fold;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainModel;
import org.repvgg.spec.RepVggFamily;

/// Milliseconds to fold RepVGG-A0 with 1000 classes, model to model, no files.
///
/// `java -cp core/target/classes:core/target/test-classes org.repvgg.benchmark.BenchmarkFold
/// [folds]`
public final class BenchmarkFold {
    private static final int WARM_UP = 20;

    private BenchmarkFold() {}

    /// @param arguments folds counted (default 50), after 20 that are not
    public static void main(String[] arguments) {
        int folds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 50;
        BranchedModel model =
                InitialWeights.random(RepVggFamily.A0.spec(), InputSpec.centred(3, 224, 224), 1);
        double first = millis(model);
        for (int i = 1; i < WARM_UP; i++) {
            double _ = millis(model);
        }
        double[] all = new double[folds];
        for (int i = 0; i < folds; i++) {
            all[i] = millis(model);
        }
        Arrays.sort(all);
        System.out.println("folds,first ms,fastest ms,median ms,slowest ms");
        System.out.printf(
                Locale.ROOT,
                "%d,%.1f,%.1f,%.1f,%.1f%n",
                folds,
                first,
                all[0],
                all[folds / 2],
                all[folds - 1]);
    }

    private static double millis(BranchedModel model) {
        long start = System.nanoTime();
        PlainModel plain = Fold.fold(model);
        double millis = (System.nanoTime() - start) * 1e-6;
        if (plain.layers().isEmpty()) {
            throw new AssertionError("nothing was folded");
        }
        return millis;
    }
}
