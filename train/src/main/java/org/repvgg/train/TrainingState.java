package org.repvgg.train;

import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.CheckpointException;
import org.repvgg.format.Json;
import org.repvgg.format.ReferenceNames;
import org.repvgg.format.Safetensors;
import org.repvgg.format.SafetensorsWriter;
import org.repvgg.format.SpecJson;
import org.repvgg.tensor.Tensor;

/// All that a training needs to go on: `last.ckpt`, a safetensors file.
///
/// Tensors: the engine's state under its names, the moving average under `average/` and the
/// checkpoint name. Metadata: `config` and `choices` as JSON, `history` as CSV, `looks` and `began`
/// as text.
record TrainingState(
        Map<String, Tensor> engine,
        Map<String, Tensor> average,
        Map<String, String> config,
        Map<String, String> choices,
        History history,
        long looks,
        Instant began) {
    private static final String AVERAGE = "average/";
    private static final Map<String, String> FRESH = Map.of("init", "none");

    /// What a checkpoint says by leaving it out, beside what [RecipeFacts] has.
    private static final Map<String, String> IMPLIED = Map.of("init", "none", "processes", "1");

    /// What makes two trainings the same, as text.
    static Map<String, String> config(Trainer.Job job, Ranks ranks) {
        Map<String, String> config = new LinkedHashMap<>(job.recipe().facts());
        config.putAll(job.teacher() == null ? Map.of("teacher", "none") : job.teacher().facts());
        config.putAll(job.pretrained() == null ? FRESH : job.pretrained().facts());
        config.put("processes", ranks.text());
        config.put("seed", Long.toString(job.seed()));
        config.put("model", job.initial().spec().name());
        config.put("data", job.data().name());
        config.put("data digest", job.data().digest());
        config.put(
                "input",
                "%sx%sx%s"
                        .formatted(
                                job.initial().input().channels(),
                                job.initial().input().height(),
                                job.initial().input().width()));
        config.put("spec", SpecJson.write(job.initial().spec()).toString());
        return config;
    }

    /// Likewise, with what the engine chose: for `config.json`.
    static Map<String, String> config(Trainer.Job job, Ranks ranks, Map<String, String> choices) {
        Map<String, String> config = config(job, ranks);
        choices.forEach((name, value) -> config.put("engine " + name, value));
        return config;
    }

    static String json(Map<String, String> facts) {
        return Json.of(facts).pretty() + "\n";
    }

    static void write(
            Path file,
            TrainingEngine engine,
            @Nullable WeightAverage average,
            History history,
            Map<String, String> config,
            Instant began)
            throws IOException {
        var writer = new SafetensorsWriter();
        writer.metadata("config", json(config));
        writer.metadata("choices", json(engine.choices()));
        writer.metadata("history", history.exactCsv());
        writer.metadata("began", began.toString());
        writer.metadata("looks", Long.toString(average == null ? 0 : average.looks()));
        engine.state().forEach(writer::add);
        if (average != null) {
            ReferenceNames.tensors(average.model())
                    .forEach((name, tensor) -> writer.add(AVERAGE + name, tensor));
        }
        writer.write(file);
    }

    /// @throws IOException if the file is no checkpoint of a training
    static TrainingState read(Path file) throws IOException {
        try (Safetensors tensors = Safetensors.open(file)) {
            Map<String, String> metadata = tensors.metadata();
            for (String key : new String[] {"config", "choices", "history", "looks", "began"}) {
                if (!metadata.containsKey(key)) {
                    throw new CheckpointException(
                            file, "is no checkpoint of a training: no metadata '" + key + "'");
                }
            }
            Map<String, Tensor> engine = new LinkedHashMap<>();
            Map<String, Tensor> average = new LinkedHashMap<>();
            for (String name : tensors.entries().keySet()) {
                if (name.startsWith(AVERAGE)) {
                    average.put(name.substring(AVERAGE.length()), tensors.read(name));
                } else {
                    engine.put(name, tensors.read(name));
                }
            }
            return read(file, metadata, engine, average);
        }
    }

    private static TrainingState read(
            Path file,
            Map<String, String> metadata,
            Map<String, Tensor> engine,
            Map<String, Tensor> average)
            throws CheckpointException {
        try {
            return new TrainingState(
                    engine,
                    average,
                    facts(text(metadata, "config")),
                    facts(text(metadata, "choices")),
                    History.parse(text(metadata, "history")),
                    Long.parseLong(text(metadata, "looks")),
                    Instant.parse(text(metadata, "began")));
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new CheckpointException(file, "training record: " + e.getMessage());
        }
    }

    int epoch() {
        return history.epochs().size();
    }

    /// @throws IllegalArgumentException naming the first thing that differs, with both values
    void checkSame(Map<String, String> now) {
        difference(config, now)
                .ifPresent(
                        line -> {
                            throw new IllegalArgumentException(
                                    "--resume wants the same training: " + line);
                        });
    }

    /// The first setting of `now` that was another `then`: `epochs is 2 now and was 1`.
    static Optional<String> difference(Map<String, String> then, Map<String, String> now) {
        for (Map.Entry<String, String> entry : now.entrySet()) {
            String key = entry.getKey();
            String was = then.getOrDefault(key, implied(key));
            if (!entry.getValue().equals(was)) {
                return Optional.of("%s is %s now and was %s".formatted(key, entry.getValue(), was));
            }
        }
        return Optional.empty();
    }

    /// What a checkpoint says by leaving it out.
    private static @Nullable String implied(String key) {
        return IMPLIED.getOrDefault(key, RecipeFacts.implied().get(key));
    }

    private static String text(Map<String, String> metadata, String key) {
        return Objects.requireNonNull(metadata.get(key), key);
    }

    /// Reads what [#json] wrote.
    static Map<String, String> facts(String json) {
        Map<String, String> facts = new LinkedHashMap<>();
        Json.parse(json)
                .asObject()
                .fields()
                .forEach((name, value) -> facts.put(name, value.asText()));
        return facts;
    }
}
