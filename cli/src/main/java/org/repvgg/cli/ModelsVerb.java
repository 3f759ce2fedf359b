package org.repvgg.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.repvgg.format.Json;
import org.repvgg.spec.Form;
import org.repvgg.spec.LayerTable;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.zoo.Zoo;
import picocli.CommandLine.Command;

@Command(
        name = "models",
        header = "Lists the family and the trained networks.",
        description =
                "For every name that --model takes: blocks and widths of its stages, parameters of both"
                        + " forms and multiply-adds at 1000 classes and 3x224x224, all counted from"
                        + " the specs, and the accuracy on ImageNet that the authors published. Then the"
                        + " trained networks that come with this program, which every M may name, with the"
                        + " top-1 of both forms on the data they were trained for.",
        footer = {
            "  repvgg models",
            "  repvgg models --json",
            "  repvgg inspect B1g4 --form plain",
            "  repvgg predict cat.jpg"
        })
final class ModelsVerb extends Verb {
    private static final int SIZE = 224;

    /// Top-1 on ImageNet in percent: paper, Tables 4 and 5 (those with a second line: 200 epochs
    /// with AutoAugment); D2se and plus from the authors' repository, at 320 pixels.
    private static final Map<RepVggFamily, Double> PUBLISHED_TOP1 =
            Map.ofEntries(
                    Map.entry(RepVggFamily.A0, 72.41),
                    Map.entry(RepVggFamily.A1, 74.46),
                    Map.entry(RepVggFamily.A2, 76.48),
                    Map.entry(RepVggFamily.B0, 75.14),
                    Map.entry(RepVggFamily.B1, 78.37),
                    Map.entry(RepVggFamily.B1G2, 77.78),
                    Map.entry(RepVggFamily.B1G4, 77.58),
                    Map.entry(RepVggFamily.B2, 78.78),
                    Map.entry(RepVggFamily.B2G4, 79.38),
                    Map.entry(RepVggFamily.B3, 80.52),
                    Map.entry(RepVggFamily.B3G4, 80.21),
                    Map.entry(RepVggFamily.D2SE, 83.55),
                    Map.entry(RepVggFamily.PLUS_L2PSE, 84.06));

    @Override
    int run(Console console) throws IOException {
        TrainedNetworks trained = TrainedNetworks.of(Zoo.standard());
        if (json) {
            console.result(
                    Json.object()
                            .put("models", models())
                            .put("pretrained", trained.json())
                            .build());
        } else {
            console.result(table());
            console.result("");
            console.result(
                    "Top-1 is the authors' on ImageNet (D2se and plus at 320 pixels); '-': not published.");
            console.result("");
            trained.print(console);
        }
        return ExitCode.DONE;
    }

    private static TextTable table() {
        TextTable table =
                new TextTable(
                        TextTable.Align.LEFT,
                        TextTable.Align.LEFT,
                        TextTable.Align.LEFT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT);
        table.row("name", "blocks", "widths", "parameters", "plain", "multiply-adds", "top-1");
        for (RepVggFamily variant : RepVggFamily.values()) {
            RepVggSpec spec = variant.spec();
            LayerTable plain = LayerTable.of(spec, Form.PLAIN, SIZE, SIZE);
            table.row(
                    spec.name(),
                    join(spec.depths()),
                    join(spec.widths()),
                    Numbers.count(LayerTable.of(spec, Form.TRAIN, SIZE, SIZE).parameters()),
                    Numbers.count(plain.parameters()),
                    Numbers.scaled(plain.multiplyAdds()),
                    top1(variant).map(value -> Numbers.percent(value / 100)).orElse("-"));
        }
        return table;
    }

    private static List<Json> models() {
        List<Json> models = new ArrayList<>();
        for (RepVggFamily variant : RepVggFamily.values()) {
            RepVggSpec spec = variant.spec();
            LayerTable plain = LayerTable.of(spec, Form.PLAIN, SIZE, SIZE);
            models.add(
                    Json.object()
                            .put("name", spec.name())
                            .put("depths", spec.depths())
                            .put("widths", spec.widths())
                            .put(
                                    "trainParameters",
                                    LayerTable.of(spec, Form.TRAIN, SIZE, SIZE).parameters())
                            .put("plainParameters", plain.parameters())
                            .put("multiplyAdds", plain.multiplyAdds())
                            .put(
                                    "publishedTop1",
                                    top1(variant).map(value -> value / 100).orElse(null))
                            .build());
        }
        return models;
    }

    private static Optional<Double> top1(RepVggFamily variant) {
        return Optional.ofNullable(PUBLISHED_TOP1.get(variant));
    }

    private static String join(List<Integer> values) {
        return values.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
