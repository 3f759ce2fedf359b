package org.repvgg.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// [TransformKernels] with channels across the lanes. A transform in two dimensions is one along
/// each column, then one along each row; each of these lines is a few loads, sums and stores.
///
/// Bodies stay small and loop over the lines: unrolled, C1 runs out of virtual registers, and what
/// C2 makes of the method without a profile boxes its vectors.
final class VectorTransformKernels implements TransformKernels {
    private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
    private static final int LANES = SPECIES.length();

    private final TransformKernels few = new ScalarTransformKernels();

    @Override
    public int scratch() {
        return Math.max(few.scratch(), 6 * 6 * LANES);
    }

    @Override
    public void input(
            Winograd algorithm,
            float[] x,
            int xAt,
            int row,
            int column,
            float[] v,
            int vAt,
            int position,
            int channels,
            float[] scratch) {
        if (channels < LANES) {
            few.input(algorithm, x, xAt, row, column, v, vAt, position, channels, scratch);
            return;
        }
        int inputs = algorithm.inputs();
        int products = algorithm.products();
        for (int c = 0; c < channels; c += LANES) {
            int channel = Math.min(c, channels - LANES); // the last may overlap the one before
            for (int s = 0; s < inputs; s++) {
                int at = xAt + s * column + channel;
                inputLine(algorithm, x, at, row, scratch, s * LANES, inputs * LANES);
            }
            for (int i = 0; i < products; i++) {
                int at = vAt + i * products * position + channel;
                inputLine(algorithm, scratch, i * inputs * LANES, LANES, v, at, position);
            }
        }
    }

    @Override
    public void output(
            Winograd algorithm,
            float[] m,
            int mAt,
            int position,
            float[] bias,
            int biasAt,
            Activation activation,
            float[] y,
            int yAt,
            int row,
            int column,
            int rows,
            int columns,
            int channels,
            float[] scratch) {
        if (channels < LANES) {
            few.output(
                    algorithm,
                    m,
                    mAt,
                    position,
                    bias,
                    biasAt,
                    activation,
                    y,
                    yAt,
                    row,
                    column,
                    rows,
                    columns,
                    channels,
                    scratch);
            return;
        }
        int outputs = algorithm.outputs();
        int products = algorithm.products();
        for (int c = 0; c < channels; c += LANES) {
            int channel = Math.min(c, channels - LANES);
            for (int j = 0; j < products; j++) {
                int at = mAt + j * position + channel;
                int apart = products * position;
                outputLine(algorithm, m, at, apart, scratch, j * LANES, products * LANES);
            }
            // Row r of the results takes the place of row r of what it comes from.
            for (int r = 0; r < rows; r++) {
                int at = r * products * LANES;
                outputLine(algorithm, scratch, at, LANES, scratch, at, LANES);
            }
            FloatVector term = FloatVector.fromArray(SPECIES, bias, biasAt + channel);
            float floor = activation.floor;
            for (int r = 0; r < rows; r++) {
                int from = r * products * LANES;
                int to = yAt + r * row + channel;
                for (int s = 0; s < columns; s++) {
                    FloatVector value =
                            FloatVector.fromArray(SPECIES, scratch, from + s * LANES).add(term);
                    value.blend(floor, value.compare(VectorOperators.LT, floor))
                            .intoArray(y, to + s * column);
                }
            }
        }
    }

    private static void inputLine(
            Winograd algorithm, float[] x, int at, int step, float[] y, int to, int toStep) {
        switch (algorithm) {
            case WHOLE_2X2 -> inputWhole(x, at, step, y, to, toStep);
            case F2 -> input2(x, at, step, y, to, toStep);
            case F3 -> input3(x, at, step, y, to, toStep);
            case F4 -> input4(x, at, step, y, to, toStep);
        }
    }

    private static void outputLine(
            Winograd algorithm, float[] x, int at, int step, float[] y, int to, int toStep) {
        switch (algorithm) {
            case WHOLE_2X2 -> outputWhole(x, at, step, y, to, toStep);
            case F2 -> output2(x, at, step, y, to, toStep);
            case F3 -> output3(x, at, step, y, to, toStep);
            case F4 -> output4(x, at, step, y, to, toStep);
        }
    }

    static void inputWhole(float[] x, int at, int step, float[] y, int to, int toStep) {
        FloatVector d0 = FloatVector.fromArray(SPECIES, x, at);
        FloatVector d1 = FloatVector.fromArray(SPECIES, x, at + step);
        d0.sub(d1).intoArray(y, to);
        d1.intoArray(y, to + toStep);
        d0.intoArray(y, to + 2 * toStep);
    }

    static void outputWhole(float[] x, int at, int step, float[] y, int to, int toStep) {
        FloatVector m0 = FloatVector.fromArray(SPECIES, x, at);
        FloatVector m1 = FloatVector.fromArray(SPECIES, x, at + step);
        FloatVector m2 = FloatVector.fromArray(SPECIES, x, at + 2 * step);
        m0.add(m1).intoArray(y, to);
        m2.sub(m0).intoArray(y, to + toStep);
    }

    private static void input2(float[] x, int at, int step, float[] y, int to, int toStep) {
        FloatVector d0 = FloatVector.fromArray(SPECIES, x, at);
        FloatVector d1 = FloatVector.fromArray(SPECIES, x, at + step);
        FloatVector d2 = FloatVector.fromArray(SPECIES, x, at + 2 * step);
        FloatVector d3 = FloatVector.fromArray(SPECIES, x, at + 3 * step);
        d0.sub(d2).intoArray(y, to);
        d1.add(d2).intoArray(y, to + toStep);
        d2.sub(d1).intoArray(y, to + 2 * toStep);
        d3.sub(d1).intoArray(y, to + 3 * toStep);
    }

    private static void output2(float[] x, int at, int step, float[] y, int to, int toStep) {
        FloatVector m0 = FloatVector.fromArray(SPECIES, x, at);
        FloatVector m1 = FloatVector.fromArray(SPECIES, x, at + step);
        FloatVector m2 = FloatVector.fromArray(SPECIES, x, at + 2 * step);
        FloatVector m3 = FloatVector.fromArray(SPECIES, x, at + 3 * step);
        m0.add(m1.add(m2)).intoArray(y, to);
        m1.sub(m2).add(m3).intoArray(y, to + toStep);
    }

    private static void input3(float[] x, int at, int step, float[] y, int to, int toStep) {
        FloatVector d0 = FloatVector.fromArray(SPECIES, x, at);
        FloatVector d1 = FloatVector.fromArray(SPECIES, x, at + step);
        FloatVector d2 = FloatVector.fromArray(SPECIES, x, at + 2 * step);
        FloatVector d3 = FloatVector.fromArray(SPECIES, x, at + 3 * step);
        FloatVector d4 = FloatVector.fromArray(SPECIES, x, at + 4 * step);
        FloatVector d31 = d3.sub(d1);
        FloatVector d32 = d3.sub(d2);
        d0.sub(d2).fma(FloatVector.broadcast(SPECIES, 2), d31).intoArray(y, to);
        d1.fma(FloatVector.broadcast(SPECIES, -2), d32).intoArray(y, to + toStep);
        FloatVector d12 = d1.sub(d2);
        d12.fma(FloatVector.broadcast(SPECIES, 2), d32).intoArray(y, to + 2 * toStep);
        d31.intoArray(y, to + 3 * toStep);
        FloatVector d42 = d4.sub(d2);
        d31.fma(FloatVector.broadcast(SPECIES, -2), d42).intoArray(y, to + 4 * toStep);
    }

    private static void output3(float[] x, int at, int step, float[] y, int to, int toStep) {
        FloatVector m0 = FloatVector.fromArray(SPECIES, x, at);
        FloatVector m1 = FloatVector.fromArray(SPECIES, x, at + step);
        FloatVector m2 = FloatVector.fromArray(SPECIES, x, at + 2 * step);
        FloatVector m3 = FloatVector.fromArray(SPECIES, x, at + 3 * step);
        FloatVector m4 = FloatVector.fromArray(SPECIES, x, at + 4 * step);
        FloatVector sum = m1.add(m2);
        m0.add(sum).add(m3).intoArray(y, to);
        m3.fma(FloatVector.broadcast(SPECIES, 2), m1.sub(m2)).intoArray(y, to + toStep);
        m3.fma(FloatVector.broadcast(SPECIES, 4), sum).add(m4).intoArray(y, to + 2 * toStep);
    }

    static void input4(float[] x, int at, int step, float[] y, int to, int toStep) {
        FloatVector d0 = FloatVector.fromArray(SPECIES, x, at);
        FloatVector d1 = FloatVector.fromArray(SPECIES, x, at + step);
        FloatVector d2 = FloatVector.fromArray(SPECIES, x, at + 2 * step);
        FloatVector d3 = FloatVector.fromArray(SPECIES, x, at + 3 * step);
        FloatVector d4 = FloatVector.fromArray(SPECIES, x, at + 4 * step);
        FloatVector d5 = FloatVector.fromArray(SPECIES, x, at + 5 * step);
        FloatVector four = FloatVector.broadcast(SPECIES, 4);
        FloatVector five = FloatVector.broadcast(SPECIES, -5);
        d0.fma(four, d2.fma(five, d4)).intoArray(y, to);
        d1.fma(four, d3.fma(five, d5)).intoArray(y, to + 5 * toStep);
        FloatVector minusFour = FloatVector.broadcast(SPECIES, -4);
        FloatVector even = d2.fma(minusFour, d4);
        FloatVector odd = d1.fma(minusFour, d3);
        even.add(odd).intoArray(y, to + toStep);
        even.sub(odd).intoArray(y, to + 2 * toStep);
        FloatVector d42 = d4.sub(d2);
        FloatVector d31 = d3.sub(d1);
        FloatVector twice = d31.add(d31);
        d42.add(twice).intoArray(y, to + 3 * toStep);
        d42.sub(twice).intoArray(y, to + 4 * toStep);
    }

    static void output4(float[] x, int at, int step, float[] y, int to, int toStep) {
        FloatVector m0 = FloatVector.fromArray(SPECIES, x, at);
        FloatVector m1 = FloatVector.fromArray(SPECIES, x, at + step);
        FloatVector m2 = FloatVector.fromArray(SPECIES, x, at + 2 * step);
        FloatVector m3 = FloatVector.fromArray(SPECIES, x, at + 3 * step);
        FloatVector m4 = FloatVector.fromArray(SPECIES, x, at + 4 * step);
        FloatVector m5 = FloatVector.fromArray(SPECIES, x, at + 5 * step);
        FloatVector sum = m1.add(m2);
        FloatVector difference = m1.sub(m2);
        FloatVector sum2 = m3.add(m4);
        FloatVector difference2 = m3.sub(m4);
        m0.add(sum).add(sum2).intoArray(y, to);
        FloatVector two = FloatVector.broadcast(SPECIES, 2);
        difference2.fma(two, difference).intoArray(y, to + toStep);
        sum2.fma(FloatVector.broadcast(SPECIES, 4), sum).intoArray(y, to + 2 * toStep);
        FloatVector eight = FloatVector.broadcast(SPECIES, 8);
        difference2.fma(eight, difference).add(m5).intoArray(y, to + 3 * toStep);
    }
}
