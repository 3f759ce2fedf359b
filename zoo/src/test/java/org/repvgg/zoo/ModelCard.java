package org.repvgg.zoo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.repvgg.format.DataType;
import org.repvgg.format.TensorFile;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Provenance;
import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggSpec;

/// The page beside a network of the zoo. Its table comes from the network's file; what stands
/// around it is for people to write.
final class ModelCard {
    private static final String BEGIN = "<!-- From the file: see TestZooFiles. -->\n";
    private static final String END = "<!-- End of what comes from the file. -->\n";

    private final ZooNetwork network;

    ModelCard(ZooNetwork network) {
        this.network = network;
    }

    /// Where it lies.
    Path file() {
        return network.file().resolveSibling(network.name() + ".md");
    }

    /// The card with the table as the file has it; a new one where there is none.
    String text() throws IOException {
        String text =
                Files.exists(file())
                        ? Files.readString(file())
                        : "# " + network.name() + "\n\n" + BEGIN + END;
        int begin = text.indexOf(BEGIN);
        int end = text.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IOException(
                    "%s: wants the lines '%s' and '%s' around its table"
                            .formatted(file(), BEGIN.strip(), END.strip()));
        }
        return text.substring(0, begin + BEGIN.length()) + table() + text.substring(end);
    }

    private String table() throws IOException {
        RepVggSpec spec = network.about().spec();
        InputSpec input = network.about().input();
        Map<String, String> facts = network.about().provenance().facts();
        StringBuilder table = new StringBuilder("| | |\n|---|---|\n");
        row(
                table,
                "network",
                "%s, %s form: widths %s, depths %s, strides %s",
                spec.name(),
                network.about().form().name().toLowerCase(Locale.ROOT),
                list(spec.widths()),
                list(spec.depths()),
                list(spec.strides()));
        row(
                table,
                "input",
                "%sx%sx%s, mean %s, deviation %s",
                input.channels(),
                input.height(),
                input.width(),
                list(input.mean()),
                list(input.std()));
        row(table, "classes", "%s: %s", spec.classes(), String.join(", ", input.classNames()));
        row(table, "parameters", "%,d", network.parameters());
        row(table, "file", "%,d bytes, %s", network.bytes(), types());
        row(table, "data", "%s, digest %s", facts.get("data"), facts.get("data digest"));
        row(table, "top-1, training form", "%s", top1(Form.TRAIN));
        row(table, "top-1, plain form", "%s", top1(Form.PLAIN));
        if (facts.containsKey("half.images")) {
            row(
                    table,
                    "half precision",
                    "moved logits by up to %.1e; top-1 agreement %s on %s images",
                    Double.valueOf(facts.get("half.maxAbsDifference")),
                    facts.get("half.top1Agreement"),
                    facts.get("half.images"));
        }
        row(
                table,
                "training",
                "recipe %s, %s epochs, seed %s, %s s, %s",
                facts.get("recipe"),
                facts.get("epochs"),
                facts.get("seed"),
                facts.get("training seconds"),
                facts.get("engine"));
        row(table, "made", "%s by version %s", facts.get("date"), facts.get("version"));
        return table.toString();
    }

    private String types() throws IOException {
        try (TensorFile file = TensorFile.open(network.file())) {
            return file.entries().values().stream()
                    .map(TensorFile.Entry::type)
                    .map(DataType::toString)
                    .distinct()
                    .collect(Collectors.joining(", "));
        }
    }

    private String top1(Form form) {
        Provenance provenance = network.about().provenance();
        String images = provenance.facts().get(form.name().toLowerCase(Locale.ROOT) + ".images");
        return String.format(
                Locale.ROOT,
                "%.2f %% of %s images",
                100 * provenance.top1(form).orElse(Double.NaN),
                images);
    }

    private static void row(StringBuilder table, String name, String format, Object... values) {
        String text = String.format(Locale.ROOT, format, values);
        table.append("| ").append(name).append(" | ").append(text).append(" |\n");
    }

    private static String list(List<?> values) {
        return values.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
