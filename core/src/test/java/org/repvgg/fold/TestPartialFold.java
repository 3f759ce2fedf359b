package org.repvgg.fold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.assertj.core.data.Percentage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.Golden;
import org.repvgg.format.Naming;
import org.repvgg.format.ReferenceNames;
import org.repvgg.format.SafetensorsWriter;
import org.repvgg.format.TensorFile;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.PlainLayer;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestPartialFold {
    private static final String PLACE = "backbone.neck.3";

    private final RandomBlocks random = new RandomBlocks(new SplittableRandom(1));
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    @TempDir Path folder;

    private Path in() {
        return folder.resolve("in.safetensors");
    }

    private Path out() {
        return folder.resolve("out.safetensors");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "official-small/train.safetensors",
                "official-small/train.pth",
                "official-small-legacy/train.pth",
                "official-groups/train.pth",
                "official-se/train.pth",
                "timm-small/train.safetensors",
                "plus-post-se/train.pth"
            })
    void aWholeNetworkBecomesItsPlainForm(String name) throws IOException {
        Path file = Golden.file(name);
        Map<String, Tensor> wanted =
                ReferenceNames.tensors(Fold.fold(Checkpoint.readBranched(file)));
        PartialFold fold = fold(file, BatchNorm.EPSILON);

        assertThat(fold.left()).isEmpty();
        Map<String, Tensor> found = ReferenceNames.tensors(Checkpoint.read(out()));
        assertThat(found.keySet()).isEqualTo(wanted.keySet());
        wanted.forEach(
                (tensor, weights) ->
                        assertThat(found.get(tensor).toArray())
                                .as(tensor)
                                .containsExactly(weights.toArray()));
    }

    /// Names of programs for a block of three branches; `%s` is the block's.
    @ParameterizedTest
    @CsvSource({
        "rbr_dense.conv, rbr_dense.bn, rbr_1x1.conv, rbr_1x1.bn, rbr_identity, rbr_reparam",
        "rbr_dense.0, rbr_dense.1, rbr_1x1.0, rbr_1x1.1, rbr_identity, rbr_reparam",
        "rbr_conv.0.conv, rbr_conv.0.bn, rbr_scale.conv, rbr_scale.bn, rbr_skip, reparam_conv",
        "conv_kxk.conv, conv_kxk.bn, conv_1x1.conv, conv_1x1.bn, identity, reparam_conv",
        "conv_kxk.0.conv, conv_kxk.0.bn, conv_scale.conv, conv_scale.bn, identity, reparam_conv",
        "branch_3x3.conv, branch_3x3.norm, branch_1x1.conv, branch_1x1.norm, branch_norm,"
                + " branch_reparam",
        "branch_conv_list.0.conv, branch_conv_list.0.norm, branch_scale.conv, branch_scale.norm,"
                + " branch_norm, branch_reparam",
    })
    void knowsTheNamesOf(
            String dense,
            String denseNorm,
            String pointwise,
            String pointwiseNorm,
            String identity,
            String plain)
            throws IOException {
        BranchedBlock block = random.block(block(6, 6, 2, "conv3x3", "conv1x1", "identity"));
        tensors.put("head.weight", Tensor.vector(1, 2, 3));
        put(dense, denseNorm, block.branches().get(0));
        put(pointwise, pointwiseNorm, block.branches().get(1));
        put(null, identity, block.branches().get(2));
        tensors.put(PLACE + ".se.down.weight", Tensor.vector(4));
        write();

        PartialFold fold = fold(in(), BatchNorm.EPSILON);
        assertThat(fold.left()).isEmpty();
        assertThat(fold.untouched()).isEqualTo(2);
        PartialFold.Folded folded = fold.folded().getFirst();
        assertThat(folded.place()).isEqualTo(PLACE);
        assertThat(folded.branches()).isEqualTo(3);
        assertThat(folded.kernel()).isEqualTo(Shape.of(6, 3, 3, 3));
        PlainLayer.Conv3x3 wanted = Fold.fold(block, PLACE);
        try (TensorFile file = TensorFile.open(out())) {
            assertThat(file.entries().keySet())
                    .containsExactly(
                            "head.weight",
                            PLACE + "." + plain + ".weight",
                            PLACE + "." + plain + ".bias",
                            PLACE + ".se.down.weight");
            assertThat(file.read(PLACE + "." + plain + ".weight").toArray())
                    .containsExactly(wanted.weight().toArray());
            assertThat(file.read(PLACE + "." + plain + ".bias").toArray())
                    .containsExactly(wanted.bias().toArray());
            assertThat(file.read("head.weight").toArray()).containsExactly(1, 2, 3);
        }
    }

    @Test
    void aPointwiseBlockBecomesAPointwiseConvolution() throws IOException {
        BranchedBlock block = random.block(block(5, 5, 1, "conv1x1", "conv1x1", "identity"));
        put("rbr_conv.0.conv", "rbr_conv.0.bn", block.branches().get(0));
        put("rbr_conv.1.conv", "rbr_conv.1.bn", block.branches().get(1));
        put(null, "rbr_skip", block.branches().get(2));
        write();

        PartialFold fold = fold(in(), BatchNorm.EPSILON);
        assertThat(fold.folded().getFirst().kernel()).isEqualTo(Shape.of(5, 5, 1, 1));
        Tensor wanted = Fold.fold(block, PLACE).weight();
        try (TensorFile file = TensorFile.open(out())) {
            float[] found = file.read(PLACE + ".reparam_conv.weight").toArray();
            for (int i = 0; i < found.length; i++) {
                assertThat(found[i]).isEqualTo(wanted.get(9 * i + 4));
            }
        }
    }

    @Test
    void epsilonIsTheCallers() throws IOException {
        BranchedBlock block = random.block(block(4, 4, 1, "conv3x3", "conv1x1"));
        put("rbr_dense.conv", "rbr_dense.bn", block.branches().get(0));
        put("rbr_1x1.conv", "rbr_1x1.bn", block.branches().get(1));
        write();
        float[] usual = plainWeight(BatchNorm.EPSILON);
        float[] larger = plainWeight(1e-3f);
        assertThat(larger).isNotEqualTo(usual);
        float[] scale = {0, 0, 0, 0};
        BatchNorm norm = block.branches().getFirst().norm();
        Branch.Convolution dense = (Branch.Convolution) block.branches().getFirst();
        for (int o = 0; o < 4; o++) { // a corner is the 3x3 branch's alone
            scale[o] = (float) (norm.weight().get(o) / Math.sqrt(norm.variance().get(o) + 1e-3));
            assertThat(larger[o * 36]).isCloseTo(scale[o] * dense.weight().get(o * 36), within());
        }
    }

    private static Percentage within() {
        return withPercentage(1e-3);
    }

    private float[] plainWeight(float epsilon) throws IOException {
        fold(in(), epsilon);
        try (TensorFile file = TensorFile.open(out())) {
            return file.read(PLACE + ".rbr_reparam.weight").toArray();
        }
    }

    @Test
    void leavesWhatItCannotTell() throws IOException {
        BranchedBlock norms = random.block(block(4, 4, 1, "conv3x3", "conv1x1-nobn"));
        put("rbr_dense.conv", "rbr_dense.bn", norms.branches().get(0));
        put("rbr_1x1", null, norms.branches().get(1));
        assertThat(left()).contains("an identity without a norm has no tensors");

        put("rbr_avg.conv", "rbr_avg.bn", norms.branches().get(0));
        assertThat(left()).contains(".rbr_avg.", "is no branch that is known");
        tensors.clear();

        put("rbr_dense.conv", "rbr_dense.bn", norms.branches().get(0));
        tensors.put(PLACE + ".rbr_reparam.weight", Tensor.vector(1));
        assertThat(left()).contains("rbr_reparam.weight");
        tensors.clear();

        put("rbr_dense.conv", "rbr_dense.bn", norms.branches().get(0));
        tensors.put(PLACE + ".rbr_dense.bn.bias", Tensor.vector(1, 2));
        assertThat(left()).contains("rbr_dense.bn.bias is [2], its convolution [4,4,3,3]");
        tensors.remove(PLACE + ".rbr_dense.bn.bias");
        assertThat(left()).contains("there is no " + PLACE + ".rbr_dense.bn.bias");
        tensors.clear();

        put("rbr_dense.conv", "rbr_dense.bn", norms.branches().get(0));
        tensors.put(PLACE + ".rbr_dense.bn.running_var", Tensor.vector(-1, -1, -1, -1));
        assertThat(left()).contains("does not answer alike", "NaN");
    }

    private String left() throws IOException {
        write();
        try (TensorFile file = TensorFile.open(in())) {
            PartialFold fold = PartialFold.of(file, BatchNorm.EPSILON);
            assertThat(fold.folded()).isEmpty();
            assertThat(fold.untouched()).isEqualTo(tensors.size());
            assertThat(fold.left()).hasSize(1);
            return fold.left().getFirst().reason();
        }
    }

    /// MobileViT has a `conv_kxk` and a `conv_1x1`, one after the other.
    @Test
    void anotherBlockOfTheSameNamesIsNone() throws IOException {
        BranchedBlock block = random.block(block(4, 4, 1, "conv3x3", "conv1x1-nobn"));
        put("conv_kxk.conv", "conv_kxk.bn", block.branches().get(0));
        write();
        try (TensorFile file = TensorFile.open(in())) {
            PartialFold fold = PartialFold.of(file, BatchNorm.EPSILON);
            assertThat(fold.folded()).isEmpty();
            assertThat(fold.left()).isEmpty();
        }
        put("conv_1x1", null, block.branches().get(1));
        assertThat(left()).contains("an identity without a norm");
    }

    /// QARepVGG where the channels change: there is no identity for certain.
    @Test
    void foldsANormAfterTheSum() throws IOException {
        BlockSpec spec =
                new BlockSpec(
                        4,
                        6,
                        1,
                        1,
                        List.of(BranchSpec.parse("conv3x3"), BranchSpec.parse("conv1x1-nobn")),
                        true,
                        null);
        BranchedBlock block = random.block(spec);
        put("rbr_dense.conv", "rbr_dense.bn", block.branches().get(0));
        put("rbr_1x1", null, block.branches().get(1));
        putNorm("bn", block.postNorm());
        write();
        PartialFold fold = fold(in(), BatchNorm.EPSILON);
        assertThat(fold.untouched()).isZero();
        try (TensorFile file = TensorFile.open(out())) {
            assertThat(file.read(PLACE + ".rbr_reparam.weight").toArray())
                    .containsExactly(Fold.fold(block, PLACE).weight().toArray());
        }
    }

    @Test
    void answersOfOurOwnNamings() throws IOException {
        for (Naming naming : Naming.values()) {
            Checkpoint.write(
                    in(), Checkpoint.read(Golden.file("official-se/train.safetensors")), naming);
            PartialFold fold = fold(in(), BatchNorm.EPSILON);
            assertThat(fold.left()).as(naming.label()).isEmpty();
            assertThat(fold.folded()).isNotEmpty();
        }
    }

    private PartialFold fold(Path in, float epsilon) throws IOException {
        try (TensorFile file = TensorFile.open(in)) {
            PartialFold fold = PartialFold.of(file, epsilon);
            fold.write(out());
            return fold;
        }
    }

    private static BlockSpec block(int in, int out, int groups, String... branches) {
        return new BlockSpec(
                in,
                out,
                1,
                groups,
                List.of(branches).stream().map(BranchSpec::parse).toList(),
                false,
                null);
    }

    private void put(@Nullable String convolution, @Nullable String norm, Branch branch) {
        if (convolution != null && branch instanceof Branch.Convolution(Tensor weight, _)) {
            tensors.put(PLACE + "." + convolution + ".weight", weight);
        }
        if (norm != null) {
            putNorm(norm, branch.norm());
        }
    }

    private void putNorm(String name, @Nullable BatchNorm norm) {
        if (norm != null) {
            tensors.put(PLACE + "." + name + ".weight", norm.weight());
            tensors.put(PLACE + "." + name + ".bias", norm.bias());
            tensors.put(PLACE + "." + name + ".running_mean", norm.mean());
            tensors.put(PLACE + "." + name + ".running_var", norm.variance());
        }
    }

    private void write() throws IOException {
        var writer = new SafetensorsWriter();
        tensors.forEach(writer::add);
        writer.write(in());
    }
}
