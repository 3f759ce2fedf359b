package org.repvgg.kernel;

/// Bilinear algorithms for a 3x3 convolution of stride 1: a tile of `outputs x outputs` results
/// from `inputs x inputs` values with `products x products` products instead of `9 * outputs *
/// outputs`.
///
/// `Y = Aᵀ ((G g Gᵀ) * (Bᵀ d B)) A`, the product element by element (Lavin and Gray, Fast
/// Algorithms for Convolutional Neural Networks, 2016, section 4). In one dimension `y = Aᵀ ((G g)
/// * (Bᵀ d))`.
public enum Winograd {
    /// A whole map of 2x2, with zeros around it that are never multiplied: `[y0 y1] = [g1 g2; g0
    /// g1] [d0 d1]`, a Toeplitz matrix, in three products instead of four; nine instead of sixteen
    /// in two dimensions. Behind a ReLU the inputs are not negative, so their difference rounds
    /// less than their sum would, which does as well.
    WHOLE_2X2(
            2,
            0,
            new double[][] {{1, -1}, {0, 1}, {1, 0}},
            new double[][] {{0, 1, 0}, {0, 1, 1}, {1, 1, 0}},
            new double[][] {{1, 1, 0}, {-1, 0, 1}}),

    /// F(2x2,3x3), at the points 0, 1, -1 and infinity: 16 products for 4 results.
    F2(
            2,
            1,
            new double[][] {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, -1, 0, 1}},
            new double[][] {{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}},
            new double[][] {{1, 1, 1, 0}, {0, 1, -1, 1}}),

    /// F(3x3,3x3), at 0, 1, -1, 2 and infinity: 25 products for 9 results.
    F3(
            3,
            1,
            new double[][] {
                {2, -1, -2, 1, 0},
                {0, -2, -1, 1, 0},
                {0, 2, -3, 1, 0},
                {0, -1, 0, 1, 0},
                {0, 2, -1, -2, 1}
            },
            new double[][] {
                {1 / 2., 0, 0},
                {-1 / 2., -1 / 2., -1 / 2.},
                {-1 / 6., 1 / 6., -1 / 6.},
                {1 / 6., 1 / 3., 2 / 3.},
                {0, 0, 1}
            },
            new double[][] {{1, 1, 1, 1, 0}, {0, 1, -1, 2, 0}, {0, 1, 1, 4, 1}}),

    /// F(4x4,3x3), at 0, 1, -1, 2, -2 and infinity: 36 products for 16 results.
    F4(
            4,
            1,
            new double[][] {
                {4, 0, -5, 0, 1, 0},
                {0, -4, -4, 1, 1, 0},
                {0, 4, -4, -1, 1, 0},
                {0, -2, -1, 2, 1, 0},
                {0, 2, -1, -2, 1, 0},
                {0, 4, 0, -5, 0, 1}
            },
            new double[][] {
                {1 / 4., 0, 0},
                {-1 / 6., -1 / 6., -1 / 6.},
                {-1 / 6., 1 / 6., -1 / 6.},
                {1 / 24., 1 / 12., 1 / 6.},
                {1 / 24., -1 / 12., 1 / 6.},
                {0, 0, 1}
            },
            new double[][] {
                {1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}
            });

    /// What an algorithm does along one dimension, each a matrix; a gradient takes the transposed
    /// matrix back: with `M = U * V` and `Y = Aᵀ M A`, `dM = A dY Aᵀ`, `dV = U * dM`, `dX = B dV
    /// Bᵀ`, `dU = V * dM` and `dg = Gᵀ dU G`.
    public enum Map {
        /// `Bᵀ`, from inputs to products.
        INPUT,
        /// `G`, from taps to products.
        WEIGHT,
        /// `Aᵀ`, from products to outputs.
        OUTPUT,
        /// `B`, from products to inputs.
        INPUT_GRADIENT,
        /// `Gᵀ`, from products to taps.
        WEIGHT_GRADIENT,
        /// `A`, from outputs to products.
        OUTPUT_GRADIENT
    }

    /// The part of a tile that lies in the map: rows `[top,bottom)` and columns `[left,right)`.
    public record Window(int top, int bottom, int left, int right) {}

    private final int outputs;
    private final int before;
    private final double[][] b;
    private final double[][] g;
    private final double[][] a;

    /// @param before inputs before the first output's own place
    /// @param b `Bᵀ`, products by inputs
    /// @param g products by taps
    /// @param a `Aᵀ`, outputs by products
    Winograd(int outputs, int before, double[][] b, double[][] g, double[][] a) {
        this.outputs = outputs;
        this.before = before;
        this.b = b;
        this.g = g;
        this.a = a;
    }

    /// Results along one side of a tile.
    public int outputs() {
        return outputs;
    }

    /// Values read along one side of a tile.
    public int inputs() {
        return b[0].length;
    }

    /// Products along one side of a tile.
    public int products() {
        return g.length;
    }

    /// Products of a tile.
    public int positions() {
        return products() * products();
    }

    /// Tiles that cover a map of results.
    public int tiles(int height, int width) {
        return Math.ceilDiv(height, outputs) * Math.ceilDiv(width, outputs);
    }

    /// How far a tile's first input lies before its first output.
    public int before() {
        return before;
    }

    /// Bytes of the transformed weights of a convolution.
    public double bytes(ConvShape shape) {
        double pairs = (double) shape.inPerGroup() * shape.out();
        return Float.BYTES * pairs * positions();
    }

    /// Whether it computes maps of this size.
    public boolean fits(int height, int width) {
        return this != WHOLE_2X2 || (height == 2 && width == 2);
    }

    double[][] inputMatrix() {
        return b;
    }

    double[][] weightMatrix() {
        return g;
    }

    double[][] outputMatrix() {
        return a;
    }

    /// Values that a map takes along one dimension.
    public int from(Map map) {
        return switch (map) {
            case INPUT -> inputs();
            case WEIGHT -> 3;
            case OUTPUT_GRADIENT -> outputs;
            case OUTPUT, INPUT_GRADIENT, WEIGHT_GRADIENT -> products();
        };
    }

    /// Values that a map gives along one dimension.
    public int to(Map map) {
        return switch (map) {
            case INPUT, WEIGHT, OUTPUT_GRADIENT -> products();
            case OUTPUT -> outputs;
            case INPUT_GRADIENT -> inputs();
            case WEIGHT_GRADIENT -> 3;
        };
    }

    /// `G g Gᵀ` for `width` kernels side by side: `[3,3,width]` → `[products,products,width]`,
    /// computed in double and rounded once.
    void transform(float[] kernels, float[] transformed, int width) {
        int t = products();
        double[] row = new double[3 * width];
        for (int i = 0; i < t; i++) {
            for (int s = 0; s < 3; s++) {
                for (int l = 0; l < width; l++) {
                    row[s * width + l] =
                            g[i][0] * kernels[s * width + l]
                                    + g[i][1] * kernels[(3 + s) * width + l]
                                    + g[i][2] * kernels[(6 + s) * width + l];
                }
            }
            for (int j = 0; j < t; j++) {
                int to = (i * t + j) * width;
                for (int l = 0; l < width; l++) {
                    transformed[to + l] =
                            (float)
                                    (g[j][0] * row[l]
                                            + g[j][1] * row[width + l]
                                            + g[j][2] * row[2 * width + l]);
                }
            }
        }
    }
}
