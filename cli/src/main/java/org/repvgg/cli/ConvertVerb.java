package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.Json;
import org.repvgg.format.Naming;
import org.repvgg.format.ReferenceNames;
import org.repvgg.format.TensorEntry;
import org.repvgg.format.TensorFile;
import org.repvgg.model.Model;
import org.repvgg.spec.Form;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "convert",
        header = "Rewrites a checkpoint of another program as safetensors.",
        description =
                "Reads safetensors and PyTorch's own files (.pth, .pt, .bin), with the names of the"
                        + " reference implementation, timm or mmpretrain, perhaps behind a prefix such as"
                        + " 'module.'; finds the state dictionary in wrappers; tells the architecture and the"
                        + " form from names and shapes. Nothing in the file is run. Weights stay as they are,"
                        + " and so does the form.",
        footer = {
            "  repvgg convert RepVGG-A0-train.pth -o a0.safetensors",
            "  repvgg convert timm-a0.safetensors -o a0.safetensors --list",
            "  repvgg convert a0.safetensors -o for-timm.safetensors --names timm"
        })
final class ConvertVerb extends Verb {

    @Parameters(paramLabel = "IN", description = "A checkpoint of either form.")
    String in = "";

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "OUT",
            description = "Where it goes: a .safetensors file.")
    Path out = Path.of("");

    @Option(
            names = "--names",
            paramLabel = "reference|timm|mmpretrain",
            description = "Whose names the tensors get; the reference's unless given.")
    String names = Naming.REFERENCE.label();

    @Option(names = "--list", description = "List every tensor with its old and its new name.")
    boolean list;

    @ArgGroup(validate = false, heading = WeightOptions.HEADING)
    WeightOptions weights = new WeightOptions();

    /// A tensor's names.
    private record Renamed(String from, String to, TensorEntry entry) {}

    @Override
    int run(Console console) throws IOException {
        Naming naming = naming();
        Path file = Network.path(in);
        Outputs.check(out, ".safetensors", file);
        Model model = weights.read(in);
        Outputs.write(out, () -> Checkpoint.write(out, model, naming));
        try (TensorFile source = TensorFile.open(file)) {
            report(console, model, naming, source);
        }
        return ExitCode.DONE;
    }

    private Naming naming() {
        return Naming.find(names)
                .orElseThrow(
                        () ->
                                new UserError(
                                        "--names is one of %s, not '%s'",
                                        Stream.of(Naming.values())
                                                .map(Naming::label)
                                                .collect(Collectors.joining(", ")),
                                        names));
    }

    private void report(Console console, Model model, Naming naming, TensorFile source)
            throws IOException {
        Naming.Found found = Naming.of(source.entries().keySet());
        Map<String, String> old = new HashMap<>(); // by the reference's names
        for (String name : source.entries().keySet()) {
            String bare = name.substring(found.prefix().length());
            old.put(found.naming().toReference(bare).orElse(bare), name);
        }
        List<Renamed> renamed = new ArrayList<>();
        for (TensorEntry entry : ReferenceNames.entries(model.spec(), model.form())) {
            String from = old.remove(entry.name());
            renamed.add(
                    new Renamed(
                            from == null ? entry.name() : from,
                            naming.fromReference(entry.name()),
                            entry));
        }
        List<String> leftOut = old.values().stream().sorted().toList();
        if (json) {
            console.result(json(model, naming, found, renamed, leftOut));
        } else {
            print(console, model, naming, found, renamed, leftOut);
        }
    }

    private Json json(
            Model model,
            Naming naming,
            Naming.Found found,
            List<Renamed> renamed,
            List<String> leftOut) {
        List<Json> tensors = new ArrayList<>();
        for (Renamed one : renamed) {
            tensors.add(
                    Json.object()
                            .put("from", one.from)
                            .put("to", one.to)
                            .put("shape", one.entry.shape().toString())
                            .build());
        }
        return Json.object()
                .put("form", model.form().name().toLowerCase(Locale.ROOT))
                .put("model", model.spec().name())
                .put("fromNames", found.naming().label())
                .put("prefix", found.prefix())
                .put("names", naming.label())
                .put("tensors", tensors)
                .put("leftOut", leftOut)
                .put("output", out.toString())
                .build();
    }

    private void print(
            Console console,
            Model model,
            Naming naming,
            Naming.Found found,
            List<Renamed> renamed,
            List<String> leftOut)
            throws IOException {
        if (list) {
            for (Renamed one : renamed) {
                console.result("%s  %s -> %s", one.entry.shape(), one.from, one.to);
            }
        }
        console.result(
                "%s, %s form, %s classes: %s tensors, names of %s%s -> %s",
                model.spec().name(),
                model.form() == Form.TRAIN ? "training" : "plain",
                model.spec().classes(),
                renamed.size(),
                found.naming().label(),
                found.prefix().isEmpty() ? "" : " behind '" + found.prefix() + "'",
                naming.label());
        if (!leftOut.isEmpty()) {
            console.result(
                    "%s tensors are left out, such as %s", leftOut.size(), leftOut.getFirst());
        }
        String assumed = model.provenance().facts().get("assumed");
        if (assumed != null) {
            console.result("assumed: %s; say otherwise with --strides", assumed);
        }
        console.result("wrote %s, %s", out, Numbers.megabytes(Files.size(out)));
    }
}
