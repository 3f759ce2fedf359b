package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestPretrained {
    private static final List<String> OLD = List.of("a", "b", "c");
    private static final List<String> NEW = List.of("d", "e", "f");

    private static final InputSpec INPUT =
            new InputSpec(
                    3, 8, 8, List.of(0.1f, 0.2f, 0.3f), List.of(0.4f, 0.5f, 0.6f), 0.875, OLD);

    /// With everything that a network may have, and no two tensors alike.
    private static BranchedModel trained() {
        RepVggSpec spec =
                TinyTraining.spec(OLD.size()).toBuilder()
                        .widths(List.of(4, 4, 8, 8, 16))
                        .depths(List.of(1, 2, 1, 2, 1))
                        .strides(List.of(1, 2, 1, 2, 1))
                        .squeezeExcite(new SqueezeExciteSpec(2, Placement.AFTER_RELU))
                        .auxiliaryHeads(true)
                        .build();
        BranchedModel fresh = InitialWeights.random(spec, INPUT, 1);
        return ReferenceNames.assemble(
                spec,
                INPUT,
                fresh.provenance(),
                (name, shape) -> Tensor.filled(shape, 1 + (name.hashCode() & 0xFFFF)));
    }

    private static Pretrained pretrained() {
        return new Pretrained("trained.safetensors", trained());
    }

    @Test
    void aNewHeadStandsOnTheOldBody() {
        BranchedModel initial = pretrained().initial(12, 16, List.of("x", "y"), 7);
        Map<String, Tensor> before = ReferenceNames.tensors(trained());
        Map<String, Tensor> after = ReferenceNames.tensors(initial);

        assertThat(after.keySet()).isEqualTo(before.keySet());
        before.forEach(
                (name, tensor) -> {
                    boolean drawn = name.matches("linear\\..*|.*_aux\\.3\\..*");
                    if (drawn) {
                        int[] shape = tensor.shape().toArray();
                        shape[0] = 2;
                        assertThat(after.get(name).shape()).as(name).isEqualTo(Shape.of(shape));
                        assertThat(after.get(name).toArray()).as(name).doesNotHaveDuplicates();
                    } else {
                        assertThat(after.get(name).toArray()).as(name).isEqualTo(tensor.toArray());
                    }
                });
        assertThat(initial.spec()).isEqualTo(trained().spec().toBuilder().classes(2).build());
    }

    @Test
    void theInputKeepsItsNormalisation() {
        assertThat(pretrained().initial(12, 16, NEW, 7).input())
                .isEqualTo(INPUT.withSize(12, 16).withClassNames(NEW));
    }

    @Test
    void theHeadFollowsTheSeed() {
        BranchedModel one = pretrained().initial(8, 8, NEW, 1);

        assertThat(head(pretrained().initial(8, 8, NEW, 1))).isEqualTo(head(one));
        assertThat(head(pretrained().initial(8, 8, NEW, 2))).isNotEqualTo(head(one));
    }

    @Test
    void theHeadStaysForTheVeryClasses() {
        assertThat(pretrained().knows(OLD)).isTrue();
        assertThat(head(pretrained().initial(8, 8, OLD, 1))).isEqualTo(head(trained()));
        for (List<String> others : List.of(NEW, List.of("a", "c", "b"), List.of("a", "b"))) {
            assertThat(pretrained().knows(others)).as("%s", others).isFalse();
            assertThat(head(pretrained().initial(8, 8, others, 1)))
                    .as("%s", others)
                    .isNotEqualTo(head(trained()));
        }
    }

    @Test
    void aHeadWithoutNamesStaysForAsManyClasses() {
        var nameless =
                new Pretrained("x.pth", trained().withInput(INPUT.withClassNames(List.of())));

        assertThat(nameless.knows(NEW)).isTrue();
        assertThat(nameless.knows(List.of("x", "y"))).isFalse();
        assertThat(nameless.initial(8, 8, NEW, 1).input().classNames()).isEqualTo(NEW);
    }

    @Test
    void factsTellWeightsApart() {
        Map<String, String> facts = pretrained().facts();

        assertThat(facts).containsEntry("init", "trained.safetensors").containsKey("init digest");
        assertThat(pretrained().facts()).isEqualTo(facts);
        assertThat(new Pretrained("x", pretrained().initial(8, 8, NEW, 1)).facts())
                .extractingByKey("init digest")
                .isNotEqualTo(facts.get("init digest"));
    }

    private static float[] head(BranchedModel model) {
        return model.head().weight().toArray();
    }
}
