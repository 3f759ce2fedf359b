package org.repvgg.train;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.BitSet;
import java.util.SplittableRandom;

/// Mixup (Zhang et al., ICLR 2018): an image becomes `λ x + (1 - λ) x'` with the next image `x'` of
/// the batch, its target `λ t + (1 - λ) t'`, with `λ` from Beta(α, α), drawn for each image.
///
/// Images that [CutMix] has mixed are left as they are.
///
/// @param alpha small for images close to one of the two (the paper: 0.1 to 0.4 on ImageNet, 1 on
///   CIFAR-10), 1 for `λ` uniform, large for halves; 0 for no mixing
public record Mixup(double alpha) {
    static final Mixup NONE = new Mixup(0);

    /// Beyond these, `λ` is 0 or 1, or a half, to single precision.
    private static final double SMALLEST = 1e-3;

    private static final double LARGEST = 1e3;

    public Mixup {
        checkArgument(
                alpha == 0 || alpha >= SMALLEST && alpha <= LARGEST,
                "mixup takes an alpha of 0 or in [%s,%s]: %s",
                SMALLEST,
                LARGEST,
                alpha);
    }

    /// Images and targets, one after the other.
    ///
    /// @param share of a batch that they are
    /// @param pixels `[count,elements]`, and of the image behind the share
    /// @param targets `[count,classes]`, likewise
    record Images(BatchShare share, float[] pixels, int elements, float[] targets, int classes) {
        Images copy() {
            return new Images(share, pixels.clone(), elements, targets.clone(), classes);
        }
    }

    boolean isNone() {
        return alpha == 0;
    }

    /// Mixes a batch.
    ///
    /// @param originals before anything was mixed; not modified
    /// @param batch changed, each row of the targets keeps its sum
    /// @param mixed images of the whole batch that stay as they are
    /// @param random decides for all of its images; the same state gives the same change
    void apply(Images originals, Images batch, BitSet mixed, SplittableRandom random) {
        if (isNone()) {
            return;
        }
        for (int i = 0; i < batch.share.batch(); i++) {
            if (mixed.get(i)) {
                continue;
            }
            float part = (float) draw(random);
            if (batch.share.has(i)) {
                int own = i - batch.share.first();
                int next = batch.share.next(own);
                blend(originals.pixels, batch.pixels, own, next, batch.elements, part);
                blend(originals.targets, batch.targets, own, next, batch.classes, part);
            }
        }
    }

    private static void blend(float[] from, float[] to, int i, int next, int width, float part) {
        for (int k = 0; k < width; k++) {
            to[i * width + k] = part * from[i * width + k] + (1 - part) * from[next * width + k];
        }
    }

    /// `λ` from Beta(α, α), `X / (X + Y)` of two values from Gamma(α).
    double draw(SplittableRandom random) {
        double x = logGamma(random);
        double y = logGamma(random);
        return 1 / (1 + Math.exp(y - x));
    }

    /// The logarithm of a value from Gamma(α), which itself would underflow for a small α: one from
    /// Gamma(α + 1) by Marsaglia and Tsang (2000), times `u^(1/α)`.
    private double logGamma(SplittableRandom random) {
        double d = alpha + 2.0 / 3;
        double c = 1 / Math.sqrt(9 * d);
        while (true) {
            double x = random.nextGaussian();
            double v = Math.pow(1 + c * x, 3);
            double log = Math.log(1 - random.nextDouble()); // of a number above 0
            if (v > 0 && log < x * x / 2 + d - d * v + d * Math.log(v)) {
                return Math.log(d * v) + Math.log(1 - random.nextDouble()) / alpha;
            }
        }
    }

    @Override
    public String toString() {
        return isNone() ? "none" : "alpha " + alpha;
    }
}
