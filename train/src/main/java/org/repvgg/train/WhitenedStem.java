package org.repvgg.train;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.repvgg.data.DataException;
import org.repvgg.data.LabelledImages;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// A first layer that gives what it sees in uncorrelated parts of one size.
///
/// Patches `p` of 3x3 pixels in all channels have second moments `E[p pᵀ] = Σ λ_k e_k e_kᵀ`, the
/// largest `λ` first. Filters `2k` and `2k + 1` of the stem's 3x3 convolution become
///
/// ```
/// e_k / sqrt(λ_k + ε)   and   -e_k / sqrt(λ_k + ε),   ε = 5e-4
/// ```
///
/// so that the ReLU behind loses neither sign; kernels of the other branches become zero. Filters
/// beyond the pairs, of which three channels have 27, stay as they were drawn. A stem with such
/// filters has nothing to learn, and is frozen.
///
/// Source: Jordan, 2024, arXiv 2404.00498, section 3.2, after Page's "How to train your ResNet".
public final class WhitenedStem {
    private static final double SMALLEST = 5e-4;
    private static final int SIDE = 3;
    private static final int IMAGES = 1000;
    private static final int PATCHES = 1024; // of an image, about

    private WhitenedStem() {}

    /// Checks that the stem can be whitened.
    ///
    /// @throws IllegalArgumentException unless its branches are convolutions, one of them 3x3 and
    ///   of all channels
    public static void check(RepVggSpec spec) {
        BlockSpec stem = spec.blocks().getFirst();
        boolean fits =
                kernel(stem) >= 0
                        && stem.inPerGroup() == stem.in()
                        && stem.branches().stream()
                                .allMatch(BranchSpec.Convolution.class::isInstance);
        checkArgument(
                fits,
                "a whitened stem has convolutions alone, one of them 3x3 and of all channels, but that of %s"
                        + " has %s",
                spec.name(),
                stem.branches());
    }

    /// Which branch takes the filters, -1 if there is none.
    private static int kernel(BlockSpec stem) {
        return stem.branches().indexOf(BranchSpec.convolution(SIDE, SIDE));
    }

    /// The same network with such a stem.
    ///
    /// @param fresh not modified; the result shares all tensors but the stem's kernels
    /// @param split of which up to 1,000 images are looked at, spread evenly; broken ones are
    ///   passed over
    /// @throws IllegalArgumentException as [#check]
    /// @throws DataException if no image can be read
    public static BranchedModel of(BranchedModel fresh, LabelledImages split) throws IOException {
        check(fresh.spec());
        float[][] filters = filters(moments(split, new Preprocessing(fresh.input())));
        BranchedBlock stem = fresh.blocks().getFirst();
        int whitened = kernel(stem.spec());
        List<Branch> branches = new ArrayList<>();
        for (int i = 0; i < stem.branches().size(); i++) {
            var branch = (Branch.Convolution) stem.branches().get(i);
            Tensor weight =
                    i == whitened
                            ? begin(branch.weight(), filters)
                            : Tensor.zeros(branch.weight().shape());
            branches.add(new Branch.Convolution(weight, branch.norm()));
        }
        List<BranchedBlock> blocks = new ArrayList<>(fresh.blocks());
        blocks.set(
                0, new BranchedBlock(stem.spec(), branches, stem.postNorm(), stem.squeezeExcite()));
        return new BranchedModel(
                fresh.spec(),
                blocks,
                fresh.head(),
                fresh.auxiliary(),
                fresh.input(),
                fresh.provenance());
    }

    private static Tensor begin(Tensor drawn, float[][] filters) {
        float[] values = drawn.toArray();
        int taps = filters[0].length;
        int pairs = Math.min(filters.length, drawn.shape().dimension(0) / 2);
        for (int k = 0; k < pairs; k++) {
            for (int i = 0; i < taps; i++) {
                values[2 * k * taps + i] = filters[k][i];
                values[(2 * k + 1) * taps + i] = -filters[k][i];
            }
        }
        return Tensor.ofOwned(drawn.shape(), values);
    }

    /// `E[p pᵀ]` of patches `p`, channels first, as the network sees the images.
    private static DMatrixRMaj moments(LabelledImages split, Preprocessing preprocessing)
            throws IOException {
        InputSpec input = preprocessing.input();
        checkArgument(
                input.height() >= SIDE && input.width() >= SIDE,
                "a whitened stem needs patches of 3x3 pixels, images have %sx%s",
                input.height(),
                input.width());
        int taps = input.channels() * SIDE * SIDE;
        var sum = new DMatrixRMaj(taps, taps);
        float[] pixels = new float[preprocessing.elements()];
        int count = Math.min(IMAGES, split.size());
        int patches = 0;
        for (int i = 0; i < count; i++) {
            int index = (int) ((long) i * split.size() / count);
            try {
                preprocessing.into(preprocessing.fit(split.image(index)), pixels, 0);
                patches += addPatches(pixels, input, sum);
            } catch (IOException _) {
                // the trainer names and counts broken images
            }
        }
        if (patches == 0) {
            throw new DataException("whitening", "no image could be read");
        }
        CommonOps_DDRM.divide(sum, patches);
        return sum;
    }

    /// Adds `p pᵀ` of an image's patches; of a large image some rows and columns.
    ///
    /// @return how many
    private static int addPatches(float[] pixels, InputSpec input, DMatrixRMaj sum) {
        int height = input.height();
        int width = input.width();
        int step = (int) Math.ceil(Math.sqrt((double) height * width / PATCHES));
        var patch = new DMatrixRMaj(sum.getNumRows(), 1);
        int patches = 0;
        for (int top = 0; top + SIDE <= height; top += step) {
            for (int left = 0; left + SIDE <= width; left += step) {
                for (int i = 0; i < patch.getNumRows(); i++) {
                    int row = i / (SIDE * SIDE) * height + top + i / SIDE % SIDE;
                    patch.data[i] = pixels[row * width + left + i % SIDE];
                }
                CommonOps_DDRM.multAddTransB(patch, patch, sum);
                patches++;
            }
        }
        return patches;
    }

    /// `e_k / sqrt(λ_k + ε)`, the largest `λ_k` first.
    private static float[][] filters(DMatrixRMaj moments) {
        int taps = moments.getNumRows();
        EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(taps, true, true);
        checkArgument(eigen.decompose(moments), "second moments of patches are not finite");
        return IntStream.range(0, taps)
                .boxed()
                .sorted(Comparator.comparingDouble(k -> -eigen.getEigenvalue(k).getReal()))
                .map(k -> scaled(eigen.getEigenVector(k), eigen.getEigenvalue(k).getReal()))
                .toArray(float[][]::new);
    }

    private static float[] scaled(DMatrixRMaj vector, double eigenvalue) {
        double scale = 1 / Math.sqrt(Math.max(0, eigenvalue) + SMALLEST);
        float[] filter = new float[vector.getNumElements()];
        for (int i = 0; i < filter.length; i++) {
            filter[i] = (float) (vector.data[i] * scale);
        }
        return filter;
    }
}
