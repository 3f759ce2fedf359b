package org.repvgg.serve;

import java.util.List;
import java.util.stream.IntStream;
import org.repvgg.format.Json;
import org.repvgg.model.InputSpec;
import org.repvgg.serve.inference.ServedModel;
import org.repvgg.spec.Form;
import org.repvgg.spec.LayerTable;
import org.repvgg.tensor.Shape;

/// What a network is, for people and pages: size, layers of both forms, where it comes from.
final class ModelFacts {
    private ModelFacts() {}

    /// @param engine what runs it
    static Json brief(ServedModel model, String engine) {
        return start(model, engine).build();
    }

    /// Likewise, with both forms layer by layer.
    static Json whole(ServedModel model, String engine) {
        return start(model, engine)
                .put("spec", Json.object().put("name", model.spec().name()).build())
                .put("classNames", model.input().classNames())
                .put("training", form(model, Form.TRAIN))
                .put("plain", form(model, Form.PLAIN))
                .put("provenance", model.model().provenance().facts())
                .build();
    }

    private static Json.Builder start(ServedModel model, String engine) {
        InputSpec input = model.input();
        return Json.object()
                .put("name", model.name())
                .put("version", model.version())
                .put("classes", model.spec().classes())
                .put(
                        "input",
                        Json.object()
                                .put("channels", input.channels())
                                .put("height", input.height())
                                .put("width", input.width())
                                .build())
                .put("engine", engine);
    }

    private static Json form(ServedModel model, Form form) {
        InputSpec input = model.input();
        LayerTable table = LayerTable.of(model.spec(), form, input.height(), input.width());
        return Json.object()
                .put("parameters", table.parameters())
                .put("multiplyAdds", table.multiplyAdds())
                .put(
                        "layers",
                        table.rows().stream()
                                .filter(row -> !row.auxiliary())
                                .map(ModelFacts::layer)
                                .toList())
                .build();
    }

    private static Json layer(LayerTable.Row row) {
        return Json.object()
                .put("name", row.place())
                .put("type", row.kind())
                .put("output", withoutBatch(row.output()))
                .put("parameters", row.parameters())
                .put("multiplyAdds", row.multiplyAdds())
                .build();
    }

    private static List<Integer> withoutBatch(Shape output) {
        return IntStream.range(1, output.rank()).mapToObj(output::dimension).toList();
    }
}
