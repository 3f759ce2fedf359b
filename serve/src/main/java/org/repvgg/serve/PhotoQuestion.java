package org.repvgg.serve;

import io.helidon.common.uri.UriQuery;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.repvgg.evaluate.Prediction;
import org.repvgg.format.Json;
import org.repvgg.image.Preprocessing.Crop;
import org.repvgg.serve.inference.Answer;
import org.repvgg.serve.inference.ServedModel;
import org.repvgg.serve.page.ActivationMap;
import org.repvgg.spec.StageNames;
import org.repvgg.tensor.Tensor;

/// What is asked about a photo.
///
/// @param top how many classes
/// @param map whose class activation map, [#BEST] for that of the most probable class
/// @param stage whose maps, averaged over their places, are the photo's embedding
record PhotoQuestion(int top, OptionalInt map, OptionalInt stage, ServedModel model) {
    private static final int BEST = -1;
    private static final int USUAL_TOP = 5;

    /// Reads `top`, `cam` and `features`.
    ///
    /// @throws HttpFailure if they make no sense for the network
    static PhotoQuestion of(UriQuery query, ServedModel model) {
        return new PhotoQuestion(
                top(query.first("top").asOptional()),
                map(query.first("cam").asOptional(), model),
                stage(query.first("features").asOptional(), model),
                model);
    }

    private static int top(Optional<String> text) {
        int top = text.map(value -> number("top", value)).orElse(USUAL_TOP);
        if (top < 1) {
            throw new HttpFailure(400, "top must be at least 1, not " + top);
        }
        return top;
    }

    private static OptionalInt map(Optional<String> text, ServedModel model) {
        if (text.isEmpty()) {
            return OptionalInt.empty();
        }
        if (text.get().equals("top")) {
            return OptionalInt.of(BEST);
        }
        int index = number("cam", text.get());
        int classes = model.spec().classes();
        if (index < 0 || index >= classes) {
            throw new HttpFailure(
                    400,
                    "cam is 'top' or a class from 0 to %s, not %s".formatted(classes - 1, index));
        }
        return OptionalInt.of(index);
    }

    private static OptionalInt stage(Optional<String> text, ServedModel model) {
        if (text.isEmpty()) {
            return OptionalInt.empty();
        }
        OptionalInt stage = StageNames.find(model.spec(), text.get());
        if (stage.isEmpty()) {
            throw new HttpFailure(
                    400,
                    "features wants stem, or stage1 to stage%s, not '%s'"
                            .formatted(model.spec().stages() - 1, text.get()));
        }
        return stage;
    }

    private static int number(String name, String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new HttpFailure(400, "%s wants a whole number, not '%s'".formatted(name, text));
        }
    }

    /// Blocks whose output the answer needs.
    Set<Integer> blocks() {
        Set<Integer> blocks = new TreeSet<>();
        if (map.isPresent()) {
            blocks.add(ActivationMap.lastBlock(model.spec()));
        }
        stage.ifPresent(number -> blocks.add(model.spec().lastBlock(number)));
        return blocks;
    }

    /// Nanoseconds.
    record Times(long decode, long queue, long total) {
        Json json() {
            return Json.object()
                    .put("decode", decode / 1e9)
                    .put("queue", queue / 1e9)
                    .put("total", total / 1e9)
                    .build();
        }
    }

    Json answer(Answer said, PhotoRoutes.Photo photo, Times times) {
        List<Prediction> best = Prediction.best(said.logits(), 0, model.input().classNames(), top);
        Json.Builder json =
                Json.object()
                        .put("model", model.name())
                        .put("version", model.version())
                        .put("classes", best.stream().map(PhotoQuestion::json).toList())
                        .put("seconds", times.json())
                        .put(
                                "image",
                                Json.object()
                                        .put("width", photo.width())
                                        .put("height", photo.height())
                                        .build())
                        .put("crop", json(photo.crop()));
        if (map.isPresent()) {
            Tensor features = block(said, ActivationMap.lastBlock(model.spec()));
            int index = map.getAsInt() == BEST ? best.getFirst().label() : map.getAsInt();
            json.put("activation", json(ActivationMap.of(model.model(), features, index)));
        }
        if (stage.isPresent()) {
            Tensor features = block(said, model.spec().lastBlock(stage.getAsInt()));
            json.put(
                    "features",
                    Json.object()
                            .put("stage", stage.getAsInt())
                            .put("values", means(features))
                            .build());
        }
        return json.build();
    }

    private static Tensor block(Answer said, int block) {
        @Nullable Tensor output = said.blocks().get(block);
        if (output == null) {
            throw new IllegalStateException("the network did not show block " + block);
        }
        return output;
    }

    private static Json json(Prediction prediction) {
        return Json.object()
                .put("index", prediction.label())
                .put("name", prediction.name())
                .put("probability", prediction.probability())
                .build();
    }

    private static Json json(Crop crop) {
        return Json.object()
                .put("left", crop.left())
                .put("top", crop.top())
                .put("width", crop.width())
                .put("height", crop.height())
                .build();
    }

    private static Json json(ActivationMap map) {
        List<Float> values = new ArrayList<>();
        for (int place = 0; place < map.values().shape().elements(); place++) {
            values.add(map.values().get(place));
        }
        return Json.object()
                .put("class", map.classIndex())
                .put("height", map.height())
                .put("width", map.width())
                .put("values", values)
                .put("min", map.min())
                .put("max", map.max())
                .build();
    }

    /// Of every channel over its places.
    private static List<Double> means(Tensor features) {
        int channels = features.shape().dimension(1);
        int places = features.shape().elements() / channels;
        List<Double> means = new ArrayList<>();
        for (int c = 0; c < channels; c++) {
            double sum = 0;
            for (int place = 0; place < places; place++) {
                sum += features.get(c * places + place);
            }
            means.add((double) (float) (sum / places));
        }
        return means;
    }
}
