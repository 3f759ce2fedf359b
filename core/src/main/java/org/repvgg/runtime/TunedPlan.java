package org.repvgg.runtime;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.repvgg.format.Json;
import org.repvgg.format.JsonException;
import org.repvgg.kernel.Winograd;

/// Which algorithm computes each convolution of a network, found by [Tuner] on one machine. With
/// the same plan a network gives the same answers, bit for bit, whenever it starts.
///
/// @param kernels the kernels that were measured, such as `vector, 512 bits`
/// @param threads that shared a pass
/// @param sizes what was found for each batch and image size; others are estimated
public record TunedPlan(String kernels, int threads, List<Size> sizes) {
    /// Everything is estimated.
    static final TunedPlan NONE = new TunedPlan("", 0, List.of());

    private static final String DIRECT = "direct";

    public TunedPlan {
        sizes = List.copyOf(sizes);
    }

    /// What was found for one batch and image size.
    ///
    /// @param images in a pass
    /// @param algorithms of the convolutions in their order; empty for direct ones
    public record Size(int images, int height, int width, List<Optional<Winograd>> algorithms) {
        public Size {
            algorithms = List.copyOf(algorithms);
        }
    }

    Optional<Size> find(int images, int height, int width) {
        return sizes.stream()
                .filter(
                        size ->
                                size.images == images
                                        && size.height == height
                                        && size.width == width)
                .findFirst();
    }

    /// Checks that it is for these kernels and a program of so many convolutions.
    ///
    /// @throws IllegalArgumentException if not, naming both
    void checkFits(String wantedKernels, long convolutions) {
        checkArgument(
                kernels.equals(wantedKernels),
                "the plan was tuned for kernels '%s', here are '%s': tune again",
                kernels,
                wantedKernels);
        for (Size size : sizes) {
            checkArgument(
                    size.algorithms.size() == convolutions,
                    "the plan was tuned for a network of %s convolutions, this one has %s",
                    size.algorithms.size(),
                    convolutions);
        }
    }

    /// The plan as JSON, for [#parse].
    public String json() {
        return Json.object()
                        .put("kernels", kernels)
                        .put("threads", threads)
                        .put("sizes", sizes.stream().map(TunedPlan::json).toList())
                        .build()
                        .pretty()
                + "\n";
    }

    private static Json json(Size size) {
        return Json.object()
                .put("images", size.images)
                .put("height", size.height)
                .put("width", size.width)
                .put(
                        "algorithms",
                        size.algorithms.stream()
                                .map(one -> one.map(Winograd::name).orElse(DIRECT))
                                .toList())
                .build();
    }

    /// @throws JsonException if the text is no plan
    public static TunedPlan parse(String text) {
        Json.Object json = Json.parse(text).asObject();
        List<Size> sizes = new ArrayList<>();
        for (Json size : json.get("sizes").asList()) {
            sizes.add(size(size.asObject()));
        }
        return new TunedPlan(json.get("kernels").asLine(), json.get("threads").asInt(), sizes);
    }

    private static Size size(Json.Object json) {
        return new Size(
                json.get("images").asInt(),
                json.get("height").asInt(),
                json.get("width").asInt(),
                json.get("algorithms").asList().stream()
                        .map(name -> algorithm(name.asText()))
                        .toList());
    }

    private static Optional<Winograd> algorithm(String name) {
        if (name.equals(DIRECT)) {
            return Optional.empty();
        }
        for (Winograd algorithm : Winograd.values()) {
            if (algorithm.name().equals(name)) {
                return Optional.of(algorithm);
            }
        }
        throw new JsonException("no algorithm is called '" + name + "'");
    }
}
