package org.repvgg.format;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Model;
import org.repvgg.model.Provenance;
import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggSpec;

/// What a checkpoint says about its tensors, or what they show; in our files one JSON text under
/// the key `repvgg` of the file's metadata.
///
/// ```json
/// {"formatVersion": 1, "form": "train", "spec": {…}, "provenance": {"seed": "1"},
///  "input": {"channels": 3, "height": 32, "width": 32, "mean": [0.5, 0.5, 0.5],
///            "std": [0.25, 0.25, 0.25], "cropFraction": 1.0, "classNames": ["cat", "dog"]}}
/// ```
public record CheckpointMetadata(
        Form form, RepVggSpec spec, InputSpec input, Provenance provenance) {
    static final String KEY = "repvgg";

    private static final int VERSION = 1;
    private static final int MAX_SIDE = 1 << 14;

    static CheckpointMetadata of(Model model) {
        return new CheckpointMetadata(
                model.form(), model.spec(), model.input(), model.provenance());
    }

    String write() {
        return Json.object()
                .put("formatVersion", VERSION)
                .put("form", spelled(form))
                .put("spec", SpecJson.write(spec))
                .put("input", write(input))
                .put("provenance", provenance.facts())
                .build()
                .compact();
    }

    /// @throws IllegalArgumentException naming the field that is wrong
    static CheckpointMetadata read(String text) {
        JsonFields fields = JsonFields.of("metadata", parse(text));
        int version = fields.need("formatVersion", Json::asInt);
        if (version != VERSION) {
            throw new JsonException(
                    "metadata: formatVersion is " + version + ", this program reads " + VERSION);
        }
        var metadata =
                new CheckpointMetadata(
                        fields.need("form", CheckpointMetadata::form),
                        fields.need("spec", SpecJson::read),
                        fields.need("input", CheckpointMetadata::input),
                        fields.get(
                                "provenance", CheckpointMetadata::provenance, Provenance.UNKNOWN));
        fields.refuseOthers();
        metadata.checkInput();
        return metadata;
    }

    private static Json parse(String text) {
        try {
            return Json.parse(text);
        } catch (JsonException e) {
            throw new JsonException("metadata is not sound JSON: " + e.getMessage());
        }
    }

    private void checkInput() {
        if (input.channels() != spec.inputChannels()) {
            throw new JsonException(
                    "metadata: input has %s channels, spec wants %s"
                            .formatted(input.channels(), spec.inputChannels()));
        }
        int names = input.classNames().size();
        if (names != 0 && names != spec.classes()) {
            throw new JsonException(
                    "metadata: %s class names, spec has %s classes"
                            .formatted(names, spec.classes()));
        }
    }

    private static String spelled(Form form) {
        return form.name().toLowerCase(Locale.ROOT);
    }

    private static Form form(Json json) {
        for (Form form : Form.values()) {
            if (spelled(form).equals(json.asText())) {
                return form;
            }
        }
        throw new JsonException("wanted train or plain, found " + json.compact());
    }

    private static Json write(InputSpec input) {
        return Json.object()
                .put("channels", input.channels())
                .put("height", input.height())
                .put("width", input.width())
                .put("mean", input.mean())
                .put("std", input.std())
                .put("cropFraction", input.cropFraction())
                .put("classNames", input.classNames())
                .build();
    }

    private static InputSpec input(Json json) {
        JsonFields fields = JsonFields.of("input", json);
        var input =
                new InputSpec(
                        fields.need("channels", Json::asInt),
                        fields.need("height", CheckpointMetadata::side),
                        fields.need("width", CheckpointMetadata::side),
                        fields.need("mean", CheckpointMetadata::floats),
                        fields.need("std", CheckpointMetadata::floats),
                        fields.get("cropFraction", Json::asDouble, 1.0),
                        fields.get("classNames", CheckpointMetadata::lines, List.of()));
        fields.refuseOthers();
        return input;
    }

    private static int side(Json json) {
        int side = json.asInt();
        if (side > MAX_SIDE) {
            throw new JsonException("at most " + MAX_SIDE + ", not " + side);
        }
        return side;
    }

    private static List<Float> floats(Json json) {
        return json.asList().stream().map(CheckpointMetadata::finite).toList();
    }

    private static float finite(Json json) {
        float value = (float) json.asDouble();
        if (!Float.isFinite(value)) {
            throw new JsonException("beyond a float's range: " + json.compact());
        }
        return value;
    }

    private static List<String> lines(Json json) {
        return json.asList().stream().map(Json::asLine).toList();
    }

    private static Provenance provenance(Json json) {
        Map<String, String> facts = new LinkedHashMap<>();
        json.asObject().fields().forEach((name, value) -> facts.put(name, value.asText()));
        return new Provenance(facts);
    }
}
