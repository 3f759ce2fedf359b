package org.repvgg.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.repvgg.benchmark.Measurement;
import org.repvgg.benchmark.StepEngine;
import org.repvgg.benchmark.TrainingBenchmark;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.Json;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.spec.Form;
import org.repvgg.train.java.JavaEngine;
import org.repvgg.train.java.StepProfiler;
import org.repvgg.train.torch.TorchOptions.Precision;

/// `benchmark --training`: what is particular to steps.
final class StepBenchmark {
    private StepBenchmark() {}

    /// The training form that `network` names, with random weights where it is no checkpoint.
    static BranchedModel model(String network, ModelOptions options) throws IOException {
        Network.Named named = Network.find(network, options);
        if (named.form() == Form.PLAIN) {
            throw new UserError(
                    "%s is the plain form; --training wants the training form", network);
        }
        JavaEngine.refusal(named.spec())
                .ifPresent(
                        reason -> {
                            throw new UserError("%s", reason.replaceFirst(", use --engine.*", ""));
                        });
        return Network.isFresh(network)
                ? InitialWeights.random(named.spec(), named.input(), 1)
                : Checkpoint.readBranched(WeightOptions.file(network));
    }

    /// Ours first.
    ///
    /// @param versus `libtorch` or `none`
    static List<StepEngine> engines(
            BranchedModel model, List<String> versus, List<Precision> precisions) {
        List<StepEngine> engines = new ArrayList<>(List.of(StepEngine.JAVA));
        for (String name : versus) {
            switch (name) {
                case "none" -> {}
                case "libtorch" -> {
                    for (StepEngine engine : StepEngine.libtorch(model.spec(), precisions)) {
                        if (!engines.contains(engine)) {
                            engines.add(engine);
                        }
                    }
                }
                default ->
                        throw new UserError(
                                "--versus %s does not train; with --training it is libtorch or none",
                                name);
            }
        }
        return engines;
    }

    static void print(
            TrainingBenchmark.Plan plan,
            List<Measurement> measured,
            List<StepProfiler.Row> phases,
            Console console) {
        console.result(StepText.table(measured));
        TrainingBenchmark.rivals(measured).forEach(rival -> console.result(StepText.line(rival)));
        if (!phases.isEmpty()) {
            console.result("");
            String title = "a step of ours, " + plan.shapes().getFirst();
            console.result(StepText.phases(title, phases, measured.getFirst().peakGigaflops()));
        }
    }

    static Json json(List<Measurement> measured, List<StepProfiler.Row> phases) {
        double peak = measured.getFirst().peakGigaflops();
        Json.Builder answer =
                Json.object()
                        .put(
                                "measurements",
                                measured.stream()
                                        .map(one -> BenchmarkText.json(one, measured))
                                        .toList())
                        .put(
                                "versus",
                                TrainingBenchmark.rivals(measured).stream()
                                        .map(StepText::json)
                                        .toList());
        if (!phases.isEmpty()) {
            answer.put("phases", phases.stream().map(row -> StepText.json(row, peak)).toList());
        }
        return answer.build();
    }
}
