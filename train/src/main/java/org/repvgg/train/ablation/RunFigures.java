package org.repvgg.train.ablation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.repvgg.evaluate.Agreement;
import org.repvgg.evaluate.Comparison;
import org.repvgg.format.AtomicFile;
import org.repvgg.format.CheckpointException;
import org.repvgg.format.Json;
import org.repvgg.format.JsonException;
import org.repvgg.train.EpochRecord;
import org.repvgg.train.TrainResult;
import org.repvgg.train.report.ReportData.Outcome;

/// What one training of an ablation gave: a line of `ablation.csv`, and `figures.json` in the
/// training's own folder.
///
/// @param top1 of the training form, a fraction of `images`
/// @param images test images that both forms were judged by
/// @param parameters of the training form
/// @param imagesPerSecond trained, over all epochs, evaluations not counted
/// @param seconds wall time of the training
/// @param engine what trained it, in one line
/// @param plain the plain form's figures, if there is one
/// @param notFolded why there is none; empty if there is
public record RunFigures(
        Variant variant,
        long seed,
        double top1,
        int images,
        long parameters,
        double imagesPerSecond,
        double seconds,
        String engine,
        Optional<PlainFigures> plain,
        String notFolded) {
    static final String CSV_HEADER =
            "variant,seed,train_top1,plain_top1,max_abs_difference,top1_agreement,train_parameters,"
                    + "plain_parameters,images_per_second,seconds,engine\n";

    /// The plain form beside the training form.
    ///
    /// @param top1 a fraction of the same images
    /// @param maxAbsDifference largest `|a - b|` over all logits
    /// @param top1Agreement fraction of images with the same best class
    /// @param holds whether both answer alike
    public record PlainFigures(
            double top1,
            long parameters,
            double maxAbsDifference,
            double top1Agreement,
            boolean holds) {}

    static RunFigures of(Variant variant, long seed, TrainResult result, Outcome outcome) {
        Comparison.Figures train = outcome.train();
        return new RunFigures(
                variant,
                seed,
                train.evaluation().top1(),
                train.evaluation().images(),
                train.parameters(),
                rate(result),
                result.history().getLast().seconds(),
                result.engine(),
                switch (outcome) {
                    case Outcome.Folded(Comparison comparison) -> Optional.of(plain(comparison));
                    case Outcome.NotFolded _ -> Optional.empty();
                },
                switch (outcome) {
                    case Outcome.Folded _ -> "";
                    case Outcome.NotFolded(_, String reason) -> reason;
                });
    }

    /// The harmonic mean: every epoch has the same images.
    private static double rate(TrainResult result) {
        return result.history().size()
                / result.history().stream()
                        .mapToDouble(EpochRecord::imagesPerSecond)
                        .map(rate -> 1 / rate)
                        .sum();
    }

    private static PlainFigures plain(Comparison comparison) {
        Agreement agreement = comparison.agreement();
        return new PlainFigures(
                comparison.plain().evaluation().top1(),
                comparison.plain().parameters(),
                agreement.maxAbsDifference(),
                agreement.top1Agreement(),
                agreement.holds());
    }

    /// Whether the plain form, where there is one, answers like the training form.
    public boolean holds() {
        return plain.map(PlainFigures::holds).orElse(true);
    }

    /// A line of `ablation.csv`; empty where there is no plain form.
    String csv() {
        String folded =
                plain.map(
                                form ->
                                        line(
                                                "%.4f,%.3e,%.4f",
                                                form.top1(),
                                                form.maxAbsDifference(),
                                                form.top1Agreement()))
                        .orElse(",,");
        return line(
                "%s,%d,%.4f,%s,%d,%s,%.1f,%.1f,%s\n",
                variant,
                seed,
                top1,
                folded,
                parameters,
                plain.map(form -> Long.toString(form.parameters())).orElse(""),
                imagesPerSecond,
                seconds,
                engine.replace(',', ';'));
    }

    private static String line(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    void write(Path file) throws IOException {
        Json.Builder json =
                Json.object()
                        .put("variant", variant.toString())
                        .put("seed", seed)
                        .put("top1", top1)
                        .put("images", images)
                        .put("parameters", parameters)
                        .put("imagesPerSecond", imagesPerSecond)
                        .put("seconds", seconds)
                        .put("engine", engine)
                        .put("plain", plain.map(RunFigures::json).orElse(null))
                        .put("notFolded", notFolded);
        AtomicFile.write(file, (json.build().pretty() + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static Json json(PlainFigures form) {
        return Json.object()
                .put("top1", form.top1())
                .put("parameters", form.parameters())
                .put("maxAbsDifference", Double.toString(form.maxAbsDifference())) // may be NaN
                .put("top1Agreement", form.top1Agreement())
                .put("holds", form.holds())
                .build();
    }

    /// Reads what [#write] wrote.
    ///
    /// @throws CheckpointException if it is something else
    static RunFigures read(Path file, Variant variant, long seed) throws IOException {
        try {
            Json.Object json = Json.parse(Files.readString(file)).asObject();
            return new RunFigures(
                    variant,
                    seed,
                    json.get("top1").asDouble(),
                    json.get("images").asInt(),
                    json.get("parameters").asLong(),
                    json.get("imagesPerSecond").asDouble(),
                    json.get("seconds").asDouble(),
                    json.get("engine").asLine(),
                    json.get("plain") instanceof Json.Null
                            ? Optional.empty()
                            : Optional.of(plain(json.get("plain").asObject())),
                    json.get("notFolded").asLine());
        } catch (JsonException | NumberFormatException e) {
            throw new CheckpointException(file, String.valueOf(e.getMessage()));
        }
    }

    private static PlainFigures plain(Json.Object json) {
        return new PlainFigures(
                json.get("top1").asDouble(),
                json.get("parameters").asLong(),
                Double.parseDouble(json.get("maxAbsDifference").asText()),
                json.get("top1Agreement").asDouble(),
                json.get("holds").asBoolean());
    }
}
