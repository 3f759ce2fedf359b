package org.repvgg.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;

final class TestSpecJson {
    @ParameterizedTest
    @EnumSource
    void readsBackTheFamily(RepVggFamily variant) {
        String text = SpecJson.write(variant.spec()).pretty();
        assertThat(SpecJson.read(Json.parse(text))).isEqualTo(variant.spec());
    }

    @Test
    void readsBackEveryKindOfBranch() {
        List<List<BranchSpec>> cycle =
                List.of(
                        List.of(
                                BranchSpec.parse("conv3x3-relu"),
                                BranchSpec.parse("conv1x3"),
                                BranchSpec.parse("dirac-nobn"),
                                BranchSpec.parse("identity-nobn")),
                        List.of(BranchSpec.parse("conv3x3"), BranchSpec.parse("identity@1")));
        RepVggSpec spec =
                RepVggFamily.B1G2.spec().toBuilder().branchCycle(cycle).postNorm(true).build();
        assertThat(SpecJson.read(SpecJson.write(spec))).isEqualTo(spec);
    }

    @Test
    void fillsInThePapersValues() {
        RepVggSpec spec = read("{'widths':[8,16],'depths':[1,2]}");
        assertThat(spec.name()).isEqualTo("custom");
        assertThat(spec.strides()).containsExactly(2, 2);
        assertThat(spec.branches()).containsExactly(RepVggSpec.PAPER_BRANCHES);
        assertThat(spec.groups()).isEqualTo(Map.of());
        assertThat(spec.inputChannels()).isEqualTo(3);
        assertThat(spec.squeezeExcite()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[]|spec: wanted an object, found an array",
                "{'widths':[8]}|spec: field 'depths' is missing",
                "{'widths':[8],'depths':[1],'stride':[2]}|spec: unknown field 'stride' (did you mean 'strides'?)",
                "{'widths':[8],'depths':[1],'zzz':1}|spec: unknown field 'zzz'",
                "{'widths':['8'],'depths':[1]}|spec: field 'widths': wanted a whole number, found \"8\"",
                "{'widths':[8],'depths':[1],'branches':['conv5x5']}|field 'branches': unknown branch 'conv5x5'",
                "{'widths':[8],'depths':[1],'branches':[]}|at least one branch",
                "{'widths':[8],'depths':[1],'groups':{'a':2}}|'a' is not a block's index",
                "{'widths':[8],'depths':[1],'groups':{'0':0}}|groups must be positive: 0",
                "{'widths':[8],'depths':[1],'squeezeExcite':{'reduction':16}}|field 'placement' is missing",
                "{'widths':[8],'depths':[1],'squeezeExcite':{'reduction':4,'placement':'after'}}|wanted before-relu",
                "{'widths':[8],'depths':[2]}|the stem (stage0) has depth 1, not 2",
                "{'widths':[8,8],'depths':[1,2147483647]}|at most 1000 blocks",
                "{'widths':[0],'depths':[1]}|every width must be in",
                "{'name':'a\\u001b','widths':[8],'depths':[1]}|field 'name': wanted a line of text",
            })
    void refusesWhatMakesNoSense(String text, String why) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    private static RepVggSpec read(String text) {
        return SpecJson.read(Json.parse(text.replace('\'', '"')));
    }
}
