package org.repvgg.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.kernel.Kernels;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.BranchedModel;
import org.repvgg.runtime.Classifier.BlockObserver;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestBranchedRuntime {
    private static final long SEED = 20261127;

    static Stream<Arguments> specsAndKernels() {
        return OddSpecs.branched().stream()
                .flatMap(
                        spec -> Kernels.all().stream().map(kernels -> Arguments.of(spec, kernels)));
    }

    @ParameterizedTest
    @MethodSource("specsAndKernels")
    void answersLikeTheDefinition(RepVggSpec spec, Kernels kernels) {
        BranchedModel model = RandomModels.branched(spec, SEED);
        try (Classifier classifier = BranchedRuntime.load(model, new RuntimeOptions(2), kernels)) {
            for (int size : new int[] {1, 6, 13}) {
                Tensor images = RandomModels.images(2, spec.inputChannels(), size, size + 2, SEED);
                NaiveNetwork expected = new NaiveNetwork(model, images);
                List<Tensor> blocks = new ArrayList<>();
                Tensor logits = classifier.logits(images, collect(blocks));
                for (int block = 0; block < blocks.size(); block++) {
                    NaiveNetwork.Maps maps = expected.blocks.get(block);
                    assertThat(maps.difference(blocks.get(block)))
                            .as("block %s, size %s, seed %s", block, size, SEED)
                            .isLessThanOrEqualTo(Tolerance.of(spec, maps.magnitude()));
                }
                assertThat(blocks).hasSameSizeAs(spec.blocks());
                assertThat(expected.logits.difference(logits))
                        .as("logits, size %s, seed %s", size, SEED)
                        .isLessThanOrEqualTo(Tolerance.of(spec, expected.logits.magnitude()));
            }
        }
    }

    private static BlockObserver collect(List<Tensor> blocks) {
        return new BlockObserver() {
            @Override
            public boolean wants(int block) {
                return true;
            }

            @Override
            public void blockOutput(int block, Tensor output) {
                assertThat(block).isEqualTo(blocks.size());
                blocks.add(output);
            }
        };
    }

    @Test
    void refusesWeightsOfAnotherKind() {
        BranchedModel model = RandomModels.branched(OddSpecs.branched().getFirst(), SEED);
        BranchedBlock stem = model.blocks().getFirst();
        Branch first = stem.branches().getFirst();
        assertThatThrownBy(() -> load(model, new Branch.Identity(first.norm())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("weights are of kind Identity")
                .hasMessageContaining("stage0 conv3x3");
        Tensor small = Tensor.zeros(Shape.of(5, 3, 1, 1));
        assertThatThrownBy(() -> load(model, new Branch.Convolution(small, first.norm())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("weight is [5,3,1,1], spec wants [5,3,3,3]: stage0 conv3x3");
        Tensor right = Tensor.zeros(Shape.of(5, 3, 3, 3));
        assertThatThrownBy(() -> load(model, new Branch.Convolution(right, null)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("spec says norm=true, weights say false");
    }

    /// Loads `model` with another first branch in the stem.
    private static void load(BranchedModel model, Branch other) {
        BranchedBlock stem = model.blocks().getFirst();
        List<Branch> branches = new ArrayList<>(stem.branches());
        branches.set(0, other);
        List<BranchedBlock> blocks = new ArrayList<>(model.blocks());
        blocks.set(0, new BranchedBlock(stem.spec(), branches, null, null));
        BranchedRuntime.load(
                        new BranchedModel(
                                model.spec(),
                                blocks,
                                model.head(),
                                List.of(),
                                model.input(),
                                model.provenance()),
                        new RuntimeOptions(1))
                .close();
    }
}
