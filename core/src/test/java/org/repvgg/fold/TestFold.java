package org.repvgg.fold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// A folded block answers as its branches do.
///
/// Both are computed in double by definition. The only difference allowed is that of rounding each
/// folded weight to float once: half a unit in the last place of every product, `2⁻²⁴ (Σ |W| |x| +
/// |b|)`.
final class TestFold {
    private static final double HALF_ULP = 0x1p-24;

    /// Rounding of the double arithmetic itself, on values up to about 1e4.
    private static final double DOUBLE_ROUNDING = 1e-11;

    private static final int SEEDS = 300;

    /// Shapes, tensors, iterators, what is given to checks that do not fail.
    private static final int SMALL_OBJECTS = 8192;

    static LongStream seeds() {
        return LongStream.range(0, SEEDS);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void answersAsItsBranchesDo(long seed) {
        var random = new SplittableRandom(seed);
        var blocks = new RandomBlocks(random);
        BlockSpec spec = blocks.anySpec();
        assertAnswersAlike(blocks.block(spec), blocks, random, "seed " + seed + ": " + spec);
    }

    /// The blocks of the literature, in every place they can stand.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "paper | conv3x3,conv1x1,identity | false",
                "identity without norm | conv3x3,conv1x1,identity-nobn | false",
                "post-addition norm | conv3x3-nobn,conv1x1-nobn,identity-nobn | true",
                "trivial | conv3x3,identity-nobn | false",
                "DiracNet | dirac | false",
                "ACB | conv3x3,conv1x3,conv3x1 | false",
                "MobileOne | conv3x3,conv3x3,conv3x3,conv3x3,conv1x1,identity | false",
                "QARepVGG | conv3x3,conv1x1-nobn,identity-nobn | true",
                "only identity | identity | false",
            })
    void foldsTheBlocksOfTheLiterature(String name, String texts, boolean postNorm) {
        for (int groups : new int[] {1, 2, 4}) {
            for (int stride = 1; stride <= 2; stride++) {
                for (int out : new int[] {8, 12}) {
                    List<BranchSpec> branches = new ArrayList<>();
                    for (String text : texts.split(",", -1)) {
                        BranchSpec branch = BranchSpec.parse(text);
                        if (!(branch instanceof BranchSpec.Identity) || (out == 8 && stride == 1)) {
                            branches.add(branch);
                        }
                    }
                    if (!branches.isEmpty()) {
                        var random = new SplittableRandom(groups * 100L + stride * 10L + out);
                        var blocks = new RandomBlocks(random);
                        var spec = new BlockSpec(8, out, stride, groups, branches, postNorm, null);
                        assertAnswersAlike(blocks.block(spec), blocks, random, name + " " + spec);
                    }
                }
            }
        }
    }

    private static void assertAnswersAlike(
            BranchedBlock block, RandomBlocks blocks, SplittableRandom random, String what) {
        int height = 1 + random.nextInt(7);
        int width = 1 + random.nextInt(7);
        double[][][][] x = blocks.images(2, block.spec().in(), height, width);
        PlainLayer.Conv3x3 folded = Fold.fold(block, "here");
        double[][][][] wanted = NaiveLayers.branches(block, x);
        double[][][][] got = run(folded, x);
        double[][][][] sizes = run(magnitudes(folded), magnitudes(x));
        for (int n = 0; n < x.length; n++) {
            for (int o = 0; o < folded.out(); o++) {
                for (int h = 0; h < wanted[n][o].length; h++) {
                    for (int w = 0; w < wanted[n][o][h].length; w++) {
                        double allowed = HALF_ULP * sizes[n][o][h][w] + DOUBLE_ROUNDING;
                        assertThat(Math.abs(got[n][o][h][w] - wanted[n][o][h][w]))
                                .as("%s at [%s,%s,%s,%s] of %sx%s", what, n, o, h, w, height, width)
                                .isLessThanOrEqualTo(allowed);
                    }
                }
            }
        }
    }

    private static double[][][][] run(PlainLayer.Conv3x3 layer, double[][][][] x) {
        return NaiveLayers.convolution(
                x, layer.weight(), layer.bias(), layer.stride(), layer.groups());
    }

    private static PlainLayer.Conv3x3 magnitudes(PlainLayer.Conv3x3 layer) {
        return new PlainLayer.Conv3x3(
                magnitudes(layer.weight()),
                magnitudes(layer.bias()),
                layer.stride(),
                layer.groups());
    }

    private static Tensor magnitudes(Tensor tensor) {
        float[] values = tensor.toArray();
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.abs(values[i]);
        }
        return Tensor.ofOwned(tensor.shape(), values);
    }

    private static double[][][][] magnitudes(double[][][][] x) {
        return Arrays.stream(x)
                .map(
                        image ->
                                Arrays.stream(image)
                                        .map(
                                                plane ->
                                                        Arrays.stream(plane)
                                                                .map(
                                                                        row ->
                                                                                Arrays.stream(row)
                                                                                        .map(
                                                                                                Math
                                                                                                        ::abs)
                                                                                        .toArray())
                                                                .toArray(double[][]::new))
                                        .toArray(double[][][]::new))
                .toArray(double[][][][]::new);
    }

    @Test
    void spellsOutTheIdentity() {
        var spec =
                new BlockSpec(4, 4, 1, 2, List.of(BranchSpec.parse("identity-nobn")), false, null);
        PlainLayer.Conv3x3 folded =
                Fold.fold(new RandomBlocks(new SplittableRandom(1)).block(spec), "here");
        assertThat(folded.weight().shape()).isEqualTo(Shape.of(4, 2, 3, 3));
        for (int o = 0; o < 4; o++) {
            for (int i = 0; i < 2; i++) {
                for (int tap = 0; tap < 9; tap++) {
                    float wanted = i == o % 2 && tap == 4 ? 1 : 0;
                    assertThat(folded.weight().get((o * 2 + i) * 9 + tap)).isEqualTo(wanted);
                }
            }
        }
    }

    /// A large network's weights in double would be four times its file.
    @Test
    void takesNoMemoryButForItsAnswer() {
        BlockSpec spec =
                new BlockSpec(
                        64,
                        64,
                        1,
                        1,
                        Stream.of("conv3x3", "conv1x1", "identity").map(BranchSpec::parse).toList(),
                        false,
                        null);
        BranchedBlock block = new RandomBlocks(new SplittableRandom(1)).block(spec);
        int answer = Float.BYTES * (64 * 64 * 9 + 64);
        int filters = 2 * Double.BYTES * 64 * 9;
        ThreadMXBean threadBean = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
        assertThat(Fold.fold(block, "loads classes").out()).isEqualTo(64);

        long before = threadBean.getCurrentThreadAllocatedBytes();
        PlainLayer.Conv3x3 folded = Fold.fold(block, "here");
        long bytes = threadBean.getCurrentThreadAllocatedBytes() - before;

        assertThat(folded.out()).isEqualTo(64);
        assertThat(bytes).isLessThanOrEqualTo(answer + filters + SMALL_OBJECTS);
    }

    @Test
    void keepsGainsAndDropsAuxiliaryHeads() {
        PlainModel before = fold(RepVggFamily.D2SE);
        assertThat(before.layers().subList(0, 3))
                .extracting(layer -> layer.getClass().getSimpleName())
                .containsExactly("Conv3x3", "Gain", "Relu");
        PlainModel after = fold(RepVggFamily.PLUS_L2PSE);
        assertThat(after.layers().subList(0, 3))
                .extracting(layer -> layer.getClass().getSimpleName())
                .containsExactly("Conv3x3", "Relu", "Gain");
        assertThat(after.layers()).hasSize(3 * after.spec().blocks().size() + 2);
    }

    private static PlainModel fold(RepVggFamily variant) {
        RepVggSpec thin = variant.spec().toBuilder().scaleWidths(0.05).classes(3).build();
        BranchedModel model = InitialWeights.random(thin, InputSpec.imageNet(), 5);
        PlainModel plain = Fold.fold(model);
        assertThat(plain.input()).isEqualTo(model.input());
        assertThat(plain.provenance()).isEqualTo(model.provenance());
        return plain;
    }

    @Test
    void refusesAReluInABranch() {
        assertThatThrownBy(() -> fold("conv3x3", "conv1x1-relu", "identity"))
                .isInstanceOf(NotFoldableException.class)
                .hasMessageStartingWith(
                        "stage0, branch conv1x1-relu: a ReLU inside a branch is not linear");
    }

    @Test
    void refusesABranchThatReachesBack() {
        RepVggSpec spec =
                RepVggFamily.A0.spec().toBuilder()
                        .scaleWidths(0.05)
                        .branchCycle(
                                List.of(
                                        List.of(BranchSpec.parse("conv3x3")),
                                        List.of(
                                                BranchSpec.parse("conv3x3"),
                                                BranchSpec.parse("identity@1"))))
                        .build();
        assertThatThrownBy(() -> Fold.checkFoldable(spec))
                .isInstanceOf(NotFoldableException.class)
                .hasMessageStartingWith(
                        "stage1.1, branch conv1x1@1: it takes the input of an earlier block")
                .message()
                .doesNotContain("\n");
        assertThatThrownBy(() -> Fold.fold(InitialWeights.random(spec, InputSpec.imageNet(), 1)))
                .isInstanceOf(NotFoldableException.class);
    }

    private static PlainModel fold(String... texts) {
        List<BranchSpec> branches = Arrays.stream(texts).map(BranchSpec::parse).toList();
        RepVggSpec spec =
                RepVggFamily.A0.spec().toBuilder().scaleWidths(0.05).branches(branches).build();
        return Fold.fold(InitialWeights.random(spec, InputSpec.imageNet(), 1));
    }
}
