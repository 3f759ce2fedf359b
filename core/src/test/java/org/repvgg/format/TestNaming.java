package org.repvgg.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Model;
import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;

final class TestNaming {
    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({
        "stage0.rbr_dense.conv.weight, stem.conv_kxk.conv.weight, backbone.stem.branch_3x3.conv.weight",
        "stage1.0.rbr_1x1.bn.running_var, stages.0.0.conv_1x1.bn.running_var,"
                + " backbone.stage_1.0.branch_1x1.norm.running_var",
        "stage3.13.rbr_identity.bias, stages.2.13.identity.bias, backbone.stage_3.13.branch_norm.bias",
        "stage4.0.rbr_reparam.bias, stages.3.0.reparam_conv.bias,"
                + " backbone.stage_4.0.branch_reparam.bias",
        "stage2.1.se.down.weight, stages.1.1.attn.fc1.weight,"
                + " backbone.stage_2.1.se_layer.conv1.conv.weight",
        "stage2.1.se.up.bias, stages.1.1.attn.fc2.bias, backbone.stage_2.1.se_layer.conv2.conv.bias",
        "linear.weight, head.fc.weight, head.fc.weight"
    })
    void namesAreTheTables(String reference, String timm, String mmpretrain) {
        assertThat(Naming.TIMM.fromReference(reference)).isEqualTo(timm);
        assertThat(Naming.TIMM.toReference(timm)).contains(reference);
        assertThat(Naming.MMPRETRAIN.fromReference(reference)).isEqualTo(mmpretrain);
        assertThat(Naming.MMPRETRAIN.toReference(mmpretrain)).contains(reference);
        assertThat(Naming.REFERENCE.fromReference(reference)).isEqualTo(reference);
    }

    @ParameterizedTest
    @EnumSource
    void everyTensorOfTheFamilyHasAName(Naming naming) {
        for (RepVggFamily variant : RepVggFamily.values()) {
            RepVggSpec spec = variant.spec();
            if (spec.auxiliaryHeads() && naming != Naming.REFERENCE) {
                continue; // only the reference has these
            }
            for (Form form : Form.values()) {
                for (TensorEntry entry : ReferenceNames.entries(spec, form)) {
                    String name = naming.fromReference(entry.name());
                    assertThat(naming.toReference(name).orElse(name)).isEqualTo(entry.name());
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aModelComesBackFromEveryNaming(Naming naming) throws IOException {
        RepVggSpec spec =
                RepVggFamily.find("D2se").orElseThrow().spec().toBuilder()
                        .classes(3)
                        .widths(List.of(16, 16, 16, 32, 32))
                        .depths(List.of(1, 2, 2, 3, 1))
                        .build();
        Model model = InitialWeights.random(spec, InputSpec.imageNet(), 5);
        Path path = folder.resolve("a.safetensors");
        Checkpoint.write(path, model, naming);
        Model read = Checkpoint.read(path);
        assertThat(read.spec()).isEqualTo(spec);
        ReferenceNames.tensors(model)
                .forEach(
                        (name, tensor) ->
                                assertThat(ReferenceNames.tensors(read).get(name).toArray())
                                        .as(name)
                                        .containsExactly(tensor.toArray()));
    }

    @Test
    void whatANamingDoesNotHaveIsRefused() {
        assertThatThrownBy(() -> Naming.TIMM.fromReference("stage1_aux.3.weight"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("timm has no name for stage1_aux.3.weight");
        assertThatThrownBy(() -> Naming.MMPRETRAIN.fromReference("stage1.0.rbr_3x1.conv.weight"))
                .hasMessage("mmpretrain has no name for stage1.0.rbr_3x1.conv.weight");
    }

    @Test
    void aPrefixIsCutIfAllHaveIt() {
        assertThat(Naming.of(List.of("module.stem.conv_kxk.conv.weight", "module.head.fc.bias")))
                .isEqualTo(new Naming.Found(Naming.TIMM, "module."));
        assertThat(Naming.of(List.of("model.stage0.rbr_reparam.bias", "linear.bias")))
                .isEqualTo(new Naming.Found(Naming.REFERENCE, ""));
        assertThat(Naming.of(List.of("backbone.stem.branch_norm.bias", "head.fc.bias")))
                .isEqualTo(new Naming.Found(Naming.MMPRETRAIN, ""));
    }
}
