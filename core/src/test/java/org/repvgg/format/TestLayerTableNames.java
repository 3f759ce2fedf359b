package org.repvgg.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.repvgg.format.TensorEntry.Role;
import org.repvgg.spec.Form;
import org.repvgg.spec.LayerTable;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;

/// The layer table counts what a checkpoint holds, under the checkpoint's names.
final class TestLayerTableNames {

    @ParameterizedTest
    @EnumSource
    void testTableAndCheckpointAreOne(RepVggFamily variant) {
        RepVggSpec spec = variant.spec();
        for (Form form : Form.values()) {
            Map<String, Long> counted =
                    LayerTable.of(spec, form, 64, 64).rows().stream()
                            .filter(row -> row.parameters() > 0)
                            .collect(
                                    Collectors.toMap(
                                            LayerTable.Row::place, LayerTable.Row::parameters));
            Map<String, Long> stored =
                    ReferenceNames.entries(spec, form).stream()
                            .filter(entry -> entry.role() == Role.TRAINABLE)
                            .collect(
                                    Collectors.groupingBy(
                                            entry -> module(entry.name()),
                                            Collectors.summingLong(e -> e.shape().elements())));
            assertThat(counted).isEqualTo(stored);
        }
    }

    private static String module(String tensor) {
        return tensor.substring(0, tensor.lastIndexOf('.'));
    }
}
