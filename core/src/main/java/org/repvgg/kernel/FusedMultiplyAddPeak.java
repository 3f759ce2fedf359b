package org.repvgg.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// How many multiply-adds one core of this machine can do at all, from registers.
public final class FusedMultiplyAddPeak {
    private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
    private static final int ROUNDS = 2_000_000;
    private static final int CHAINS = 12;

    private FusedMultiplyAddPeak() {}

    /// GFLOP/s of one thread, the best of some tries; a multiply-add counts two.
    public static double gigaflops() {
        double best = 0;
        float[] sink = new float[SPECIES.length()];
        for (int i = 0; i < 30; i++) {
            long start = System.nanoTime();
            chains(sink);
            long nanos = System.nanoTime() - start;
            best = Math.max(best, 2.0 * CHAINS * ROUNDS * SPECIES.length() / nanos);
        }
        if (Float.isNaN(sink[0])) {
            throw new AssertionError("the sums of the peak loop must stay finite");
        }
        return best;
    }

    private static void chains(float[] sink) {
        FloatVector x = FloatVector.broadcast(SPECIES, 0.999f);
        FloatVector y = FloatVector.broadcast(SPECIES, 0.001f);
        FloatVector a = x;
        FloatVector b = x;
        FloatVector c = x;
        FloatVector d = x;
        FloatVector e = x;
        FloatVector f = x;
        FloatVector g = x;
        FloatVector h = x;
        FloatVector i = x;
        FloatVector j = x;
        FloatVector k = x;
        FloatVector l = x;
        for (int round = 0; round < ROUNDS; round++) {
            a = a.fma(x, y);
            b = b.fma(x, y);
            c = c.fma(x, y);
            d = d.fma(x, y);
            e = e.fma(x, y);
            f = f.fma(x, y);
            g = g.fma(x, y);
            h = h.fma(x, y);
            i = i.fma(x, y);
            j = j.fma(x, y);
            k = k.fma(x, y);
            l = l.fma(x, y);
        }
        FloatVector sum =
                a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).add(i).add(j).add(k).add(l);
        sum.intoArray(sink, 0);
    }
}
