package org.repvgg.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.repvgg.format.TensorEntry.Role;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainModel;
import org.repvgg.model.Provenance;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

final class TestReferenceNames {
    private static final RepVggSpec A0 = RepVggFamily.A0.spec();

    @Test
    void spellsThePapersBlock() {
        assertThat(names(A0, Form.TRAIN))
                .startsWith(
                        "stage0.rbr_dense.conv.weight",
                        "stage0.rbr_dense.bn.weight",
                        "stage0.rbr_dense.bn.bias",
                        "stage0.rbr_dense.bn.running_mean",
                        "stage0.rbr_dense.bn.running_var",
                        "stage0.rbr_1x1.conv.weight",
                        "stage0.rbr_1x1.bn.weight")
                .contains("stage1.1.rbr_identity.weight", "stage1.1.rbr_identity.running_var")
                .doesNotContain("stage1.0.rbr_identity.weight")
                .endsWith("linear.weight", "linear.bias");
        assertThat(names(A0, Form.PLAIN))
                .startsWith("stage0.rbr_reparam.weight", "stage0.rbr_reparam.bias")
                .contains("stage3.13.rbr_reparam.weight")
                .hasSize(22 * 2 + 2);
    }

    @Test
    void tellsStatisticsFromTrainableTensors() {
        assertThat(ReferenceNames.entries(A0, Form.TRAIN))
                .allSatisfy(
                        entry ->
                                assertThat(entry.role() == Role.STATISTIC)
                                        .isEqualTo(entry.name().contains(".running_")));
        assertThat(ReferenceNames.trainable(A0)).noneMatch(name -> name.contains("running"));
    }

    /// The counts of the paper's table, to the digit.
    @ParameterizedTest
    @CsvSource({
        "A0, 9108968, 8309384",
        "A2, 28210600, 25499944",
        "B1G4, 39966056, 36125416",
        "B3G2, 96911848, 87404776",
        "D2SE, 133334836, 120387572",
        "PLUS_L2PSE, 146062864, 127151960",
    })
    void holdsAsManyParametersAsThePaperSays(RepVggFamily variant, long train, long plain) {
        assertThat(parameters(variant.spec(), Form.TRAIN)).isEqualTo(train);
        assertThat(parameters(variant.spec(), Form.PLAIN)).isEqualTo(plain);
    }

    @Test
    void spellsRepVggPlus() {
        RepVggSpec plus = RepVggFamily.PLUS_L2PSE.spec();
        assertThat(names(plus, Form.TRAIN))
                .contains(
                        "stage0.rbr_dense.conv.weight",
                        "stage0.post_se.down.weight",
                        "stage1.blocks.7.rbr_identity.weight",
                        "stage3_first.blocks.11.rbr_dense.conv.weight",
                        "stage3_second.blocks.0.rbr_identity.weight",
                        "stage4.blocks.0.rbr_1x1.conv.weight",
                        "stage1_aux.0.conv.weight",
                        "stage2_aux.0.bn.running_var",
                        "stage3_first_aux.3.weight")
                .doesNotContain("stage3_first.blocks.12.rbr_dense.conv.weight");
        assertThat(names(plus, Form.PLAIN))
                .contains(
                        "stage3_second.blocks.11.rbr_reparam.bias",
                        "stage4.blocks.0.post_se.up.bias")
                .noneMatch(name -> name.contains("_aux"));
    }

    @Test
    void spellsBranchesTheReferenceDoesNotHave() {
        List<BranchSpec> branches =
                List.of(
                        BranchSpec.parse("conv3x3"),
                        BranchSpec.parse("conv3x3"),
                        BranchSpec.parse("conv1x3"),
                        BranchSpec.parse("conv3x1-nobn"),
                        BranchSpec.parse("dirac"),
                        BranchSpec.parse("identity-nobn"),
                        BranchSpec.parse("identity"));
        RepVggSpec spec = small(branches).postNorm(true).build();
        assertThat(names(spec, Form.TRAIN))
                .contains(
                        "stage1.1.rbr_dense.conv.weight",
                        "stage1.1.rbr_dense_2.bn.weight",
                        "stage1.1.rbr_1x3.bn.bias",
                        "stage1.1.rbr_3x1.conv.weight",
                        "stage1.1.rbr_dirac.conv.weight",
                        "stage1.1.rbr_dirac.identity_scale",
                        "stage1.1.rbr_dirac.normalised_scale",
                        "stage1.1.rbr_dirac.bn.running_mean",
                        "stage1.1.rbr_identity_2.weight",
                        "stage1.1.bn.running_var")
                .doesNotContain("stage1.1.rbr_3x1.bn.weight", "stage1.1.rbr_identity.weight");
    }

    @Test
    void spellsBranchesThatReachBack() {
        RepVggSpec spec =
                small(List.of(BranchSpec.parse("conv3x3")))
                        .branchCycle(
                                List.of(
                                        List.of(BranchSpec.parse("conv3x3")),
                                        List.of(
                                                BranchSpec.parse("conv3x3"),
                                                BranchSpec.parse("identity@1"))))
                        .build();
        assertThat(ReferenceNames.entries(spec, Form.TRAIN))
                .anySatisfy(
                        entry -> {
                            assertThat(entry.name())
                                    .isEqualTo("stage1.1.rbr_1x1_from_1.conv.weight");
                            assertThat(entry.shape()).hasToString("[6,4,1,1]");
                        });
    }

    @Test
    void takesAModelApartAndPutsItTogetherAgain() {
        for (RepVggSpec spec :
                List.of(
                        small(RepVggSpec.PAPER_BRANCHES).build(),
                        RepVggFamily.PLUS_L2PSE.spec().toBuilder().scaleWidths(0.02).build())) {
            BranchedModel model = InitialWeights.random(spec, InputSpec.imageNet(), 1);
            Map<String, Tensor> tensors = ReferenceNames.tensors(model);
            BranchedModel again =
                    ReferenceNames.assemble(
                            spec,
                            model.input(),
                            model.provenance(),
                            (name, shape) -> {
                                assertThat(tensors.get(name).shape()).isEqualTo(shape);
                                return tensors.get(name);
                            });
            assertThat(values(ReferenceNames.tensors(again))).isEqualTo(values(tensors));
            assertThat(again.blocks().getLast().branches().getFirst())
                    .usingRecursiveComparison()
                    .isEqualTo(model.blocks().getLast().branches().getFirst());
        }
    }

    @Test
    void takesAPlainModelApartInTheSameWay() {
        RepVggSpec spec = RepVggFamily.D2SE.spec().toBuilder().scaleWidths(0.05).build();
        PlainModel model =
                ReferenceNames.assemblePlain(
                        spec,
                        InputSpec.imageNet(),
                        Provenance.UNKNOWN,
                        (name, shape) -> Tensor.filled(shape, name.length()));
        Map<String, Tensor> tensors = ReferenceNames.tensors(model);
        assertThat(tensors.keySet()).containsExactlyElementsOf(names(spec, Form.PLAIN));
        assertThat(tensors).allSatisfy((name, t) -> assertThat(t.get(0)).isEqualTo(name.length()));
    }

    @Test
    void refusesATensorOfAnotherShape() {
        assertThatThrownBy(
                        () ->
                                ReferenceNames.assemble(
                                        A0,
                                        InputSpec.imageNet(),
                                        Provenance.UNKNOWN,
                                        (name, shape) -> Tensor.vector(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("weight is [1], spec wants [48,3,3,3]: stage0.rbr_dense.conv.weight");
    }

    private static RepVggSpec.Builder small(List<BranchSpec> branches) {
        return A0.toBuilder()
                .name("small")
                .classes(3)
                .widths(List.of(4, 6))
                .depths(List.of(1, 2))
                .strides(List.of(2, 2))
                .branches(branches);
    }

    private static List<String> names(RepVggSpec spec, Form form) {
        return ReferenceNames.entries(spec, form).stream().map(TensorEntry::name).toList();
    }

    private static long parameters(RepVggSpec spec, Form form) {
        return ReferenceNames.entries(spec, form).stream()
                .filter(entry -> entry.role() == Role.TRAINABLE)
                .mapToLong(entry -> entry.shape().elements())
                .sum();
    }

    private static Map<String, List<Float>> values(Map<String, Tensor> tensors) {
        Map<String, List<Float>> values = new LinkedHashMap<>();
        tensors.forEach(
                (name, tensor) -> {
                    List<Float> list = new ArrayList<>();
                    for (float value : tensor.unsafeArray()) {
                        list.add(value);
                    }
                    values.put(name, list);
                });
        return values;
    }
}
