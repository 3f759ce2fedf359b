package org.repvgg.format;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;

/// The JSON form of a [RepVggSpec], in checkpoints and in files for `--model`.
///
/// ```json
/// {"name": "A0", "inputChannels": 3, "classes": 10,
///  "widths": [48, 48, 96, 192, 1280], "depths": [1, 2, 4, 14, 1], "strides": [2, 2, 2, 2, 2],
///  "groups": {"2": 2}, "branches": ["conv3x3", "conv1x1", "identity"], "postNorm": false,
///  "squeezeExcite": {"reduction": 16, "placement": "before-relu"}, "auxiliaryHeads": false}
/// ```
///
/// `widths` and `depths` are needed; every other field has the paper's value where it is left out.
/// `branches` may also be a list of lists, which the blocks of a stage take in turn.
public final class SpecJson {
    private static final int IMAGENET_CLASSES = 1000;

    /// More than any block of the literature; keeps a hostile file small.
    private static final int MAX_BRANCHES = 64;

    private SpecJson() {}

    /// Reads a spec.
    ///
    /// @throws IllegalArgumentException naming the field that is unknown, missing or wrong
    public static RepVggSpec read(Json json) {
        JsonFields fields = JsonFields.of("spec", json);
        List<Integer> depths = fields.need("depths", SpecJson::integers);
        var spec =
                new RepVggSpec(
                        fields.get("name", Json::asLine, "custom"),
                        fields.get("inputChannels", Json::asInt, 3),
                        fields.get("classes", Json::asInt, IMAGENET_CLASSES),
                        fields.need("widths", SpecJson::integers),
                        depths,
                        fields.get(
                                "strides",
                                SpecJson::integers,
                                depths.stream().map(_ -> 2).toList()),
                        fields.get("groups", SpecJson::groups, Map.of()),
                        fields.get(
                                "branches", SpecJson::branches, List.of(RepVggSpec.PAPER_BRANCHES)),
                        fields.get("postNorm", Json::asBoolean, false),
                        fields.getOrNull("squeezeExcite", SpecJson::squeezeExcite),
                        fields.get("auxiliaryHeads", Json::asBoolean, false));
        fields.refuseOthers();
        return spec;
    }

    /// Writes every field, also those that have the paper's value.
    public static Json write(RepVggSpec spec) {
        return Json.object()
                .put("name", spec.name())
                .put("inputChannels", spec.inputChannels())
                .put("classes", spec.classes())
                .put("widths", spec.widths())
                .put("depths", spec.depths())
                .put("strides", spec.strides())
                .put("groups", new TreeMap<>(spec.groups()))
                .put("branches", branches(spec.branches()))
                .put("postNorm", spec.postNorm())
                .put("squeezeExcite", squeezeExcite(spec.squeezeExcite()))
                .put("auxiliaryHeads", spec.auxiliaryHeads())
                .build();
    }

    static List<Integer> integers(Json json) {
        return json.asList().stream().map(Json::asInt).toList();
    }

    private static Map<Integer, Integer> groups(Json json) {
        Map<Integer, Integer> groups = new LinkedHashMap<>();
        json.asObject()
                .fields()
                .forEach((block, count) -> groups.put(blockIndex(block), count.asInt()));
        return groups;
    }

    private static int blockIndex(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new JsonException("'" + text + "' is not a block's index");
        }
    }

    private static List<List<BranchSpec>> branches(Json json) {
        List<Json> items = json.asList();
        boolean cycle = !items.isEmpty() && items.getFirst() instanceof Json.Array;
        return cycle
                ? items.stream().map(SpecJson::branchList).toList()
                : List.of(branchList(json));
    }

    private static List<BranchSpec> branchList(Json json) {
        List<Json> items = json.asList();
        if (items.size() > MAX_BRANCHES) {
            throw new JsonException(
                    "a block has at most " + MAX_BRANCHES + " branches, not " + items.size());
        }
        return items.stream().map(item -> BranchSpec.parse(item.asText())).toList();
    }

    private static Json branches(List<List<BranchSpec>> cycle) {
        List<Json> lists = cycle.stream().map(SpecJson::spelled).toList();
        return lists.size() == 1 ? lists.getFirst() : Json.of(lists);
    }

    private static Json spelled(List<BranchSpec> branches) {
        return Json.of(branches.stream().map(BranchSpec::toString).toList());
    }

    private static SqueezeExciteSpec squeezeExcite(Json json) {
        JsonFields fields = JsonFields.of("squeezeExcite", json);
        var gain =
                new SqueezeExciteSpec(
                        fields.need("reduction", Json::asInt),
                        fields.need("placement", SpecJson::placement));
        fields.refuseOthers();
        return gain;
    }

    private static @Nullable Json squeezeExcite(@Nullable SqueezeExciteSpec gain) {
        return gain == null
                ? null
                : Json.object()
                        .put("reduction", gain.reduction())
                        .put("placement", spelled(gain.placement()))
                        .build();
    }

    private static Placement placement(Json json) {
        for (Placement placement : Placement.values()) {
            if (spelled(placement).equals(json.asText())) {
                return placement;
            }
        }
        throw new JsonException("wanted before-relu or after-relu, found " + json.compact());
    }

    private static String spelled(Placement placement) {
        return placement.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
