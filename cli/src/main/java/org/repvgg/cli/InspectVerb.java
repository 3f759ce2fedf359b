package org.repvgg.cli;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.Json;
import org.repvgg.format.SpecJson;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.Form;
import org.repvgg.spec.LayerTable;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "inspect",
        header = "Shows what a network is made of.",
        description =
                "Lists every layer with its output, parameters and multiply-adds, the totals of both"
                        + " forms, and where the weights come from. Takes a checkpoint, a name of"
                        + " the family or of a trained network, or a spec as JSON.",
        footer = {
            "  repvgg inspect A0 --classes 10 --input 3x32x32",
            "  repvgg inspect A0 --classes 10 --input 3x32x32 --form plain",
            "  repvgg inspect runs/quickstart/best.safetensors --json"
        })
final class InspectVerb extends Verb {

    @Parameters(
            paramLabel = "M",
            description =
                    "A checkpoint, a name such as A0 or that of a trained network ('repvgg models' lists both), or a"
                            + " spec's .json file.",
            completionCandidates = Candidates.Networks.class)
    String network = "";

    @Option(
            names = "--form",
            completionCandidates = Candidates.Forms.class,
            paramLabel = "train|plain",
            converter = FormConverter.class,
            description =
                    "Count the form with branches or the folded one; the checkpoint's own unless given.")
    @Nullable Form form;

    @ArgGroup(validate = false, heading = ModelOptions.HEADING)
    ModelOptions options = new ModelOptions();

    @Override
    int run(Console console) throws IOException {
        Network.Named named = Network.find(network, options);
        Form shown = form != null ? form : named.form();
        InputSpec input = named.input();
        LayerTable table = LayerTable.of(named.spec(), shown, input.height(), input.width());
        if (json) {
            console.result(json(named, table));
        } else {
            print(console, named, table);
        }
        return ExitCode.DONE;
    }

    private static void print(Console console, Network.Named named, LayerTable table) {
        RepVggSpec spec = named.spec();
        console.result(
                "%s, %s, %d classes, one image of %dx%dx%d",
                spec.name(),
                describe(table.form()),
                spec.classes(),
                spec.inputChannels(),
                table.height(),
                table.width());
        console.result("");
        console.result(layers(table));
        console.result("");
        console.result(totals(table));
        other(table).ifPresent(line -> console.result("%n%s", line));
        if (!named.provenance().facts().isEmpty()) {
            console.result("");
            TextTable facts = new TextTable(TextTable.Align.LEFT, TextTable.Align.LEFT);
            named.provenance().facts().forEach(facts::row);
            console.result(facts);
        }
    }

    static String describe(Form form) {
        return switch (form) {
            case TRAIN -> "training form";
            case PLAIN -> "plain form";
        };
    }

    private static TextTable layers(LayerTable table) {
        TextTable text =
                new TextTable(
                        TextTable.Align.LEFT,
                        TextTable.Align.LEFT,
                        TextTable.Align.LEFT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT);
        text.row("layer", "kind", "output", "parameters", "multiply-adds");
        for (LayerTable.Row row : table.rows()) {
            text.row(
                    row.place(),
                    row.kind(),
                    row.output().toString(),
                    row.parameters() == 0 ? "-" : Numbers.count(row.parameters()),
                    row.multiplyAdds() == 0 ? "-" : Numbers.count(row.multiplyAdds()));
        }
        return text;
    }

    private static TextTable totals(LayerTable table) {
        TextTable text =
                new TextTable(TextTable.Align.LEFT, TextTable.Align.RIGHT, TextTable.Align.LEFT)
                        .row(
                                "parameters",
                                Numbers.count(table.parameters()),
                                "all of them trainable");
        if (table.runningStatistics() > 0) {
            text.row(
                    "running statistics",
                    Numbers.count(table.runningStatistics()),
                    "not trainable, and " + Numbers.count(table.counters()) + " batch counters");
        }
        if (table.auxiliaryParameters() > 0) {
            text.row(
                    "auxiliary heads",
                    Numbers.count(table.auxiliaryParameters()),
                    "parameters used in training only, not counted elsewhere");
        }
        return text.row(
                        "multiply-adds",
                        Numbers.count(table.multiplyAdds()),
                        "convolutions and linear layers")
                .row(
                        "parameter size",
                        Numbers.megabytes(table.parameterBytes()),
                        Numbers.mebibytes(table.parameterBytes()) + ", 4 bytes each")
                .row(
                        "activation size",
                        Numbers.megabytes(table.activationBytes()),
                        "outputs of all layers; training keeps their gradients, too");
    }

    /// The totals of the form that is not shown, where there is one.
    private static Optional<String> other(LayerTable table) {
        Form form = table.form() == Form.TRAIN ? Form.PLAIN : Form.TRAIN;
        try {
            LayerTable counted = LayerTable.of(table.spec(), form, table.height(), table.width());
            return Optional.of(
                    "%s: %s parameters, %s multiply-adds, %s (%s)"
                            .formatted(
                                    form == Form.PLAIN ? "folded to the plain form" : "as trained",
                                    Numbers.count(counted.parameters()),
                                    Numbers.count(counted.multiplyAdds()),
                                    Numbers.megabytes(counted.parameterBytes()),
                                    Numbers.mebibytes(counted.parameterBytes())));
        } catch (IllegalArgumentException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static Json json(Network.Named named, LayerTable table) {
        return Json.object()
                .put("form", table.form().name().toLowerCase(Locale.ROOT))
                .put("parameters", table.parameters())
                .put("trainableParameters", table.parameters())
                .put("runningStatistics", table.runningStatistics())
                .put("batchCounters", table.counters())
                .put("auxiliaryParameters", table.auxiliaryParameters())
                .put("multiplyAdds", table.multiplyAdds())
                .put("parameterBytes", table.parameterBytes())
                .put("activationBytes", table.activationBytes())
                .put("input", List.of(named.spec().inputChannels(), table.height(), table.width()))
                .put("spec", SpecJson.write(named.spec()))
                .put("layers", table.rows().stream().map(InspectVerb::json).toList())
                .put("provenance", named.provenance().facts())
                .build();
    }

    private static Json json(LayerTable.Row row) {
        return Json.object()
                .put("name", row.place())
                .put("kind", row.kind())
                .put("output", numbers(row.output()))
                .put("parameters", row.parameters())
                .put("multiplyAdds", row.multiplyAdds())
                .build();
    }

    private static List<Integer> numbers(Shape shape) {
        return Arrays.stream(shape.toArray()).boxed().toList();
    }
}
