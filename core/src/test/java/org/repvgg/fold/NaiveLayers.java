package org.repvgg.fold;

import org.jspecify.annotations.Nullable;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.Linear;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;
import org.repvgg.model.SqueezeExcite;
import org.repvgg.spec.BlockSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Layers by their definition, in double, as slow as they are obvious: the yardstick of the fold.
///
/// Images are `[n][c][h][w]`.
final class NaiveLayers {
    private NaiveLayers() {}

    /// The sum of a block's branches and the norm after it: what the ReLU sees.
    static double[][][][] branches(BranchedBlock block, double[][][][] x) {
        BlockSpec spec = block.spec();
        double[][][][] sum = null;
        for (Branch branch : block.branches()) {
            double[][][][] y = norm(linear(branch, spec, x), branch.norm());
            sum = sum == null ? y : plus(sum, y);
        }
        return norm(sum, block.postNorm());
    }

    private static double[][][][] linear(Branch branch, BlockSpec spec, double[][][][] x) {
        return switch (branch) {
            case Branch.Convolution c ->
                    convolution(x, c.weight(), null, spec.stride(), spec.groups());
            case Branch.Identity _ -> x;
            case Branch.Dirac d -> dirac(d, spec, x);
        };
    }

    /// `a[o] x[o's own input] + b[o] conv(x, V)[o] / ‖V[o]‖`, without building the kernel.
    private static double[][][][] dirac(Branch.Dirac dirac, BlockSpec spec, double[][][][] x) {
        Tensor v = dirac.weight();
        double[][][][] y = convolution(x, v, null, spec.stride(), spec.groups());
        int inPerGroup = spec.in() / spec.groups();
        int outPerGroup = spec.out() / spec.groups();
        int filter = inPerGroup * 9;
        for (double[][][] image : y) {
            for (int o = 0; o < spec.out(); o++) {
                double squares = 0;
                for (int i = 0; i < filter; i++) {
                    squares += (double) v.get(o * filter + i) * v.get(o * filter + i);
                }
                double b = dirac.normalisedScale().get(o) / Math.sqrt(squares);
                for (double[] row : image[o]) {
                    for (int i = 0; i < row.length; i++) {
                        row[i] *= b;
                    }
                }
            }
        }
        for (int n = 0; n < y.length; n++) {
            for (int o = 0; o < spec.out(); o++) {
                int group = o / outPerGroup;
                int within = o % outPerGroup;
                if (within < inPerGroup) {
                    double[][] from = x[n][group * inPerGroup + within];
                    double a = dirac.identityScale().get(o);
                    for (int h = 0; h < y[n][o].length; h++) {
                        for (int w = 0; w < y[n][o][h].length; w++) {
                            y[n][o][h][w] += a * from[h * spec.stride()][w * spec.stride()];
                        }
                    }
                }
            }
        }
        return y;
    }

    /// Any odd kernel, padded to keep the size at stride 1.
    static double[][][][] convolution(
            double[][][][] x, Tensor weight, @Nullable Tensor bias, int stride, int groups) {
        Shape shape = weight.shape();
        int out = shape.dimension(0);
        int inPerGroup = shape.dimension(1);
        int kh = shape.dimension(2);
        int kw = shape.dimension(3);
        int height = x[0][0].length;
        int width = x[0][0][0].length;
        var y =
                new double[x.length][out][(height + stride - 1) / stride]
                        [(width + stride - 1) / stride];
        for (int n = 0; n < x.length; n++) {
            for (int o = 0; o < out; o++) {
                int firstInput = o / (out / groups) * inPerGroup;
                for (int h = 0; h < y[n][o].length; h++) {
                    for (int w = 0; w < y[n][o][h].length; w++) {
                        double sum = bias == null ? 0 : bias.get(o);
                        for (int i = 0; i < inPerGroup; i++) {
                            for (int r = 0; r < kh; r++) {
                                for (int s = 0; s < kw; s++) {
                                    int ih = h * stride + r - kh / 2;
                                    int iw = w * stride + s - kw / 2;
                                    if (ih >= 0 && ih < height && iw >= 0 && iw < width) {
                                        int tap = ((o * inPerGroup + i) * kh + r) * kw + s;
                                        sum += weight.get(tap) * x[n][firstInput + i][ih][iw];
                                    }
                                }
                            }
                        }
                        y[n][o][h][w] = sum;
                    }
                }
            }
        }
        return y;
    }

    private static double[][][][] norm(double[][][][] x, @Nullable BatchNorm norm) {
        if (norm == null) {
            return x;
        }
        var y = new double[x.length][x[0].length][x[0][0].length][x[0][0][0].length];
        for (int n = 0; n < x.length; n++) {
            for (int c = 0; c < x[n].length; c++) {
                double deviation = Math.sqrt((double) norm.variance().get(c) + norm.epsilon());
                for (int h = 0; h < x[n][c].length; h++) {
                    for (int w = 0; w < x[n][c][h].length; w++) {
                        y[n][c][h][w] =
                                (x[n][c][h][w] - norm.mean().get(c))
                                                / deviation
                                                * norm.weight().get(c)
                                        + norm.bias().get(c);
                    }
                }
            }
        }
        return y;
    }

    private static double[][][][] plus(double[][][][] a, double[][][][] b) {
        var sum = new double[a.length][a[0].length][a[0][0].length][a[0][0][0].length];
        for (int n = 0; n < a.length; n++) {
            for (int c = 0; c < a[n].length; c++) {
                for (int h = 0; h < a[n][c].length; h++) {
                    for (int w = 0; w < a[n][c][h].length; w++) {
                        sum[n][c][h][w] = a[n][c][h][w] + b[n][c][h][w];
                    }
                }
            }
        }
        return sum;
    }

    /// Runs a whole plain form.
    ///
    /// @param images `[n,c,h,w]`
    /// @return `[n][classes]`
    static double[][] logits(PlainModel model, Tensor images) {
        double[][][][] x = unpack(images);
        double[][] features = new double[0][];
        for (PlainLayer layer : model.layers()) {
            switch (layer) {
                case PlainLayer.Conv3x3 c ->
                        x = convolution(x, c.weight(), c.bias(), c.stride(), c.groups());
                case PlainLayer.Relu _ -> relu(x);
                case PlainLayer.Gain g -> gain(x, g.weights());
                case PlainLayer.GlobalAveragePool _ -> features = pool(x);
                case PlainLayer.Classify c -> features = linear(features, c.weights());
            }
        }
        return features;
    }

    private static void relu(double[][][][] x) {
        for (double[][][] image : x) {
            for (double[][] plane : image) {
                for (double[] row : plane) {
                    for (int i = 0; i < row.length; i++) {
                        row[i] = Math.max(row[i], 0);
                    }
                }
            }
        }
    }

    private static double[][] pool(double[][][][] x) {
        var means = new double[x.length][x[0].length];
        for (int n = 0; n < x.length; n++) {
            for (int c = 0; c < x[n].length; c++) {
                double sum = 0;
                for (double[] row : x[n][c]) {
                    for (double value : row) {
                        sum += value;
                    }
                }
                means[n][c] = sum / (x[n][c].length * x[n][c][0].length);
            }
        }
        return means;
    }

    private static void gain(double[][][][] x, SqueezeExcite weights) {
        double[][] hidden = linear(pool(x), new Linear(weights.downWeight(), weights.downBias()));
        for (double[] row : hidden) {
            for (int i = 0; i < row.length; i++) {
                row[i] = Math.max(row[i], 0);
            }
        }
        double[][] up = linear(hidden, new Linear(weights.upWeight(), weights.upBias()));
        for (int n = 0; n < x.length; n++) {
            for (int c = 0; c < x[n].length; c++) {
                double factor = 1 / (1 + Math.exp(-up[n][c]));
                for (double[] row : x[n][c]) {
                    for (int i = 0; i < row.length; i++) {
                        row[i] *= factor;
                    }
                }
            }
        }
    }

    private static double[][] linear(double[][] x, Linear weights) {
        int out = weights.weight().shape().dimension(0);
        int in = weights.weight().shape().dimension(1);
        var y = new double[x.length][out];
        for (int n = 0; n < x.length; n++) {
            for (int o = 0; o < out; o++) {
                double sum = weights.bias().get(o);
                for (int i = 0; i < in; i++) {
                    sum += weights.weight().get(o * in + i) * x[n][i];
                }
                y[n][o] = sum;
            }
        }
        return y;
    }

    private static double[][][][] unpack(Tensor images) {
        Shape s = images.shape();
        var x = new double[s.dimension(0)][s.dimension(1)][s.dimension(2)][s.dimension(3)];
        int next = 0;
        for (double[][][] image : x) {
            for (double[][] plane : image) {
                for (double[] row : plane) {
                    for (int i = 0; i < row.length; i++) {
                        row[i] = images.get(next++);
                    }
                }
            }
        }
        return x;
    }
}
