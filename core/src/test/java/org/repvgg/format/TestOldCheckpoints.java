package org.repvgg.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Model;
import org.repvgg.model.Provenance;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;
import org.repvgg.tensor.Tensor;

/// A file of every format version that was ever released must load for ever: never rewrite these.
final class TestOldCheckpoints {
    @Test
    void readsVersion1() throws IOException, URISyntaxException {
        Path file =
                Path.of(
                        TestOldCheckpoints.class
                                .getResource("/checkpoints/v1.safetensors")
                                .toURI());
        Model model = Checkpoint.read(file);
        assertThat(model).isInstanceOf(BranchedModel.class);
        assertThat(model.spec()).isEqualTo(version1Spec());
        assertThat(model.input()).isEqualTo(version1Input());
        assertThat(model.provenance()).isEqualTo(new Provenance(Map.of("seed", "7")));
        assertThat(ReferenceNames.tensors(model))
                .hasSize(111)
                .allSatisfy(
                        (name, tensor) -> {
                            Tensor wanted = version1Tensor(name, tensor);
                            assertThat(tensor.unsafeArray()).isEqualTo(wanted.unsafeArray());
                        });
    }

    static RepVggSpec version1Spec() {
        List<BranchSpec> first =
                List.of(
                        BranchSpec.parse("conv3x3"),
                        BranchSpec.parse("conv1x1-nobn"),
                        BranchSpec.parse("identity"));
        List<BranchSpec> second =
                List.of(BranchSpec.parse("conv3x3-relu"), BranchSpec.parse("identity@1"));
        return RepVggFamily.A0.spec().toBuilder()
                .name("old")
                .classes(2)
                .widths(List.of(2, 2, 4, 4, 6))
                .depths(List.of(1, 2, 2, 1, 1))
                .strides(List.of(1, 1, 2, 2, 1))
                .groups(Map.of(2, 2))
                .branchCycle(List.of(first, second))
                .postNorm(true)
                .squeezeExcite(new SqueezeExciteSpec(2, Placement.AFTER_RELU))
                .build();
    }

    static InputSpec version1Input() {
        return InputSpec.imageNet().withSize(32, 48).withClassNames(List.of("cat", "dog"));
    }

    /// Small whole numbers and fractions, different in every tensor.
    static Tensor version1Tensor(String name, Tensor like) {
        float[] values = new float[like.shape().elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = name.length() + i / 4f;
        }
        return Tensor.ofOwned(like.shape(), values);
    }
}
