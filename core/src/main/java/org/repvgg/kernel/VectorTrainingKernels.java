package org.repvgg.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.repvgg.kernel.MatrixKernels.Rows;

/// [TrainingKernels] with vectors.
final class VectorTrainingKernels implements TrainingKernels {
    private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
    private static final int LANES = SPECIES.length();

    @Override
    public void moments(
            Rows x, int xAt, int rows, int width, float[] sums, float[] squares, int sumsAt) {
        for (int c = 0; c < width; c += LANES) {
            FloatVector sum = FloatVector.zero(SPECIES);
            FloatVector square = FloatVector.zero(SPECIES);
            for (int r = 0; r < rows; r++) {
                FloatVector value = FloatVector.fromArray(SPECIES, x.values, xAt + r * x.row + c);
                sum = sum.add(value);
                square = value.fma(value, square);
            }
            sum.intoArray(sums, sumsAt + c);
            square.intoArray(squares, sumsAt + c);
        }
    }

    @Override
    public void sums(float[] x, int xAt, int rows, int width, float[] sums, int sumsAt) {
        for (int c = 0; c < width; c += LANES) {
            FloatVector sum = FloatVector.zero(SPECIES);
            for (int r = 0; r < rows; r++) {
                sum = sum.add(FloatVector.fromArray(SPECIES, x, xAt + r * width + c));
            }
            sum.intoArray(sums, sumsAt + c);
        }
    }

    @Override
    public void products(
            float[] g, int gAt, float[] y, int yAt, int rows, int width, float[] sums, int sumsAt) {
        for (int c = 0; c < width; c += LANES) {
            FloatVector sum = FloatVector.zero(SPECIES);
            for (int r = 0; r < rows; r++) {
                int at = r * width + c;
                FloatVector gradient = FloatVector.fromArray(SPECIES, g, gAt + at);
                sum = gradient.fma(FloatVector.fromArray(SPECIES, y, yAt + at), sum);
            }
            sum.intoArray(sums, sumsAt + c);
        }
    }

    @Override
    public void rectify(float[] g, int gAt, float[] y, int yAt, int length) {
        int bound = SPECIES.loopBound(length);
        for (int i = 0; i < bound; i += LANES) {
            VectorMask<Float> on =
                    FloatVector.fromArray(SPECIES, y, yAt + i).compare(VectorOperators.GT, 0f);
            FloatVector gradient = FloatVector.fromArray(SPECIES, g, gAt + i);
            FloatVector.zero(SPECIES).blend(gradient, on).intoArray(g, gAt + i);
        }
        for (int i = bound; i < length; i++) { // scalar tail
            if (!(y[yAt + i] > 0)) {
                g[gAt + i] = 0;
            }
        }
    }

    @Override
    public void combine(
            float[] g,
            int gAt,
            float[] a,
            float[] y,
            int yAt,
            float[] b,
            float[] shift,
            float[] target,
            int targetAt,
            int rows,
            int width) {
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < width; c += LANES) {
                int i = r * width + c;
                FloatVector gradient = FloatVector.fromArray(SPECIES, g, gAt + i);
                FloatVector value = FloatVector.fromArray(SPECIES, y, yAt + i);
                FloatVector rest =
                        FloatVector.fromArray(SPECIES, b, c)
                                .fma(value, FloatVector.fromArray(SPECIES, shift, c));
                FloatVector.fromArray(SPECIES, a, c)
                        .fma(gradient, rest)
                        .intoArray(target, targetAt + i);
            }
        }
    }

    @Override
    public void descend(
            float[] w,
            float[] v,
            float[] g,
            int at,
            int length,
            float rate,
            float momentum,
            float decay,
            boolean nesterov) {
        FloatVector back = FloatVector.broadcast(SPECIES, -rate);
        FloatVector keep = FloatVector.broadcast(SPECIES, momentum);
        FloatVector pull = FloatVector.broadcast(SPECIES, decay);
        int bound = at + SPECIES.loopBound(length);
        for (int i = at; i < bound; i += LANES) {
            FloatVector weight = FloatVector.fromArray(SPECIES, w, i);
            FloatVector d = pull.fma(weight, FloatVector.fromArray(SPECIES, g, i));
            FloatVector velocity = keep.fma(FloatVector.fromArray(SPECIES, v, i), d);
            velocity.intoArray(v, i);
            FloatVector direction = nesterov ? keep.fma(velocity, d) : velocity;
            back.fma(direction, weight).intoArray(w, i);
        }
        for (int i = bound; i < at + length; i++) { // scalar tail
            float d = Math.fma(decay, w[i], g[i]);
            v[i] = Math.fma(momentum, v[i], d);
            float direction = nesterov ? Math.fma(momentum, v[i], d) : v[i];
            w[i] = Math.fma(-rate, direction, w[i]);
        }
    }
}
