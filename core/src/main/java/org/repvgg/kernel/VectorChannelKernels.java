package org.repvgg.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// [ChannelKernels] with vectors: whole vectors of channels first, then the rest one by one.
final class VectorChannelKernels implements ChannelKernels {
    private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
    private static final int LANES = SPECIES.length();

    @Override
    public void affine(
            float[] x,
            int xAt,
            float[] scale,
            float[] shift,
            Activation activation,
            float[] y,
            int yAt,
            int pixels,
            int channels) {
        int bound = SPECIES.loopBound(channels);
        float floor = activation.floor;
        for (int p = 0; p < pixels; p++) {
            int from = xAt + p * channels;
            int to = yAt + p * channels;
            for (int c = 0; c < bound; c += LANES) {
                FloatVector factor = FloatVector.fromArray(SPECIES, scale, c);
                FloatVector term = FloatVector.fromArray(SPECIES, shift, c);
                FloatVector value = FloatVector.fromArray(SPECIES, x, from + c).fma(factor, term);
                FloatVector active = value.blend(floor, value.compare(VectorOperators.LT, floor));
                active.intoArray(y, to + c);
            }
            for (int c = bound; c < channels; c++) { // scalar tail
                y[to + c] = activation.apply(Math.fma(scale[c], x[from + c], shift[c]));
            }
        }
    }

    @Override
    public void addAffine(
            float[] x,
            int xAt,
            float[] scale,
            float[] shift,
            Activation activation,
            float[] y,
            int yAt,
            int pixels,
            int channels) {
        int bound = SPECIES.loopBound(channels);
        float floor = activation.floor;
        for (int p = 0; p < pixels; p++) {
            int from = xAt + p * channels;
            int to = yAt + p * channels;
            for (int c = 0; c < bound; c += LANES) {
                FloatVector factor = FloatVector.fromArray(SPECIES, scale, c);
                FloatVector term = FloatVector.fromArray(SPECIES, shift, c);
                FloatVector value = FloatVector.fromArray(SPECIES, x, from + c).fma(factor, term);
                FloatVector active = value.blend(floor, value.compare(VectorOperators.LT, floor));
                FloatVector sum = FloatVector.fromArray(SPECIES, y, to + c);
                sum.add(active).intoArray(y, to + c);
            }
            for (int c = bound; c < channels; c++) { // scalar tail
                y[to + c] += activation.apply(Math.fma(scale[c], x[from + c], shift[c]));
            }
        }
    }

    @Override
    public void add(float[] x, int xAt, float[] y, int yAt, int length) {
        int bound = SPECIES.loopBound(length);
        for (int i = 0; i < bound; i += LANES) {
            FloatVector sum = FloatVector.fromArray(SPECIES, y, yAt + i);
            sum.add(FloatVector.fromArray(SPECIES, x, xAt + i)).intoArray(y, yAt + i);
        }
        for (int i = bound; i < length; i++) { // scalar tail
            y[yAt + i] += x[xAt + i];
        }
    }

    @Override
    public void relu(float[] y, int yAt, int length) {
        int bound = SPECIES.loopBound(length);
        for (int i = 0; i < bound; i += LANES) {
            FloatVector value = FloatVector.fromArray(SPECIES, y, yAt + i);
            value.blend(0f, value.compare(VectorOperators.LT, 0f)).intoArray(y, yAt + i);
        }
        for (int i = bound; i < length; i++) { // scalar tail
            y[yAt + i] = Activation.RELU.apply(y[yAt + i]);
        }
    }

    @Override
    public void multiply(float[] gain, int gainAt, float[] y, int yAt, int pixels, int channels) {
        int bound = SPECIES.loopBound(channels);
        for (int p = 0; p < pixels; p++) {
            int to = yAt + p * channels;
            for (int c = 0; c < bound; c += LANES) {
                FloatVector factor = FloatVector.fromArray(SPECIES, gain, gainAt + c);
                FloatVector.fromArray(SPECIES, y, to + c).mul(factor).intoArray(y, to + c);
            }
            for (int c = bound; c < channels; c++) { // scalar tail
                y[to + c] *= gain[gainAt + c];
            }
        }
    }

    @Override
    public void sum(float[] x, int xAt, int pixels, int channels, float[] total, int totalAt) {
        int bound = SPECIES.loopBound(channels);
        for (int c = 0; c < bound; c += LANES) {
            FloatVector sum = FloatVector.fromArray(SPECIES, total, totalAt + c);
            for (int p = 0; p < pixels; p++) {
                sum = sum.add(FloatVector.fromArray(SPECIES, x, xAt + p * channels + c));
            }
            sum.intoArray(total, totalAt + c);
        }
        for (int c = bound; c < channels; c++) { // scalar tail
            for (int p = 0; p < pixels; p++) {
                total[totalAt + c] += x[xAt + p * channels + c];
            }
        }
    }
}
