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
import org.jspecify.annotations.Nullable;
import org.repvgg.evaluate.Agreement;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.DataType;
import org.repvgg.format.HalfPrecision;
import org.repvgg.format.Json;
import org.repvgg.format.Naming;
import org.repvgg.format.ReferenceNames;
import org.repvgg.format.TensorEntry;
import org.repvgg.format.TensorFile;
import org.repvgg.model.Model;
import org.repvgg.spec.Form;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "convert",
        header = "Rewrites a checkpoint as safetensors: another program's, or in half precision.",
        description =
                "Reads safetensors and PyTorch's own files (.pth, .pt, .bin), with the names of the"
                        + " reference implementation, timm or mmpretrain, perhaps behind a prefix such as"
                        + " 'module.'; finds the state dictionary in wrappers; tells the architecture and the"
                        + " form from names and shapes. Nothing in the file is run. Weights stay as they are,"
                        + " and so does the form.%n"
                        + "With --half weights take 2 bytes instead of 4. That moves the answers a little:"
                        + " both networks answer the same images, and how far they are apart is said and noted"
                        + " in OUT.",
        footer = {
            "  repvgg convert RepVGG-A0-train.pth -o a0.safetensors",
            "  repvgg convert timm-a0.safetensors -o a0.safetensors --list",
            "  repvgg convert a0.safetensors -o for-timm.safetensors --names timm",
            "  repvgg convert plain.safetensors -o small.safetensors --half --verify-with cifar10"
        })
final class ConvertVerb extends Verb {

    @Parameters(
            paramLabel = "IN",
            description = WeightOptions.NETWORK,
            completionCandidates = Candidates.Trained.class)
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

    @Option(
            names = "--half",
            description = "Store weights in half precision (F16), each rounded to the nearest.")
    boolean half;

    @Option(
            names = "--verify-with",
            paramLabel = "SRC",
            description =
                    "With --half: compare on the test split of this data instead of random images.")
    @Nullable String source;

    @Mixin ComparisonOptions comparison = new ComparisonOptions();

    @Mixin ThreadOption threads = new ThreadOption();

    @ArgGroup(validate = false, heading = "%nData:%n")
    DataOptions data = new DataOptions();

    @ArgGroup(validate = false, heading = WeightOptions.HEADING)
    WeightOptions weights = new WeightOptions();

    /// A tensor's names.
    private record Renamed(String from, String to, TensorEntry entry) {}

    @Override
    int run(Console console) throws IOException {
        Naming naming = naming();
        checkHalf();
        Path file = WeightOptions.file(in);
        Outputs.check(out, ".safetensors", file);
        Agreement moved = half ? compare(console) : null;
        Model read = weights.read(in);
        Model model = moved == null ? read : moved.describeHalf(read);
        DataType type = half ? DataType.F16 : DataType.F32;
        Outputs.write(out, () -> Checkpoint.write(out, model, naming, type));
        try (TensorFile tensors = TensorFile.open(file)) {
            report(console, model, naming, tensors, moved);
        }
        return ExitCode.DONE;
    }

    private void checkHalf() {
        if (!half && (source != null || comparison.layers)) {
            throw new UserError(
                    "%s goes with --half: otherwise weights stay as they are",
                    source != null ? "--verify-with" : "--layers");
        }
    }

    /// The network as it is and as it will be read again.
    private Agreement compare(Console console) throws IOException {
        return comparison.compare(
                () -> weights.read(in),
                () -> {
                    try {
                        return HalfPrecision.round(weights.read(in));
                    } catch (IllegalArgumentException e) {
                        throw new UserError("%s: %s", in, String.valueOf(e.getMessage()));
                    }
                },
                source,
                data,
                threads.threads(),
                console);
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

    private void report(
            Console console,
            Model model,
            Naming naming,
            TensorFile tensors,
            @Nullable Agreement moved)
            throws IOException {
        Naming.Found found = Naming.of(tensors.entries().keySet());
        Map<String, String> old = new HashMap<>(); // by the reference's names
        for (String name : tensors.entries().keySet()) {
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
            console.result(json(model, naming, found, renamed, leftOut, moved));
        } else {
            print(console, model, naming, found, renamed, leftOut);
            if (moved != null) {
                AgreementText.printMoved(console, moved);
            }
            console.result("wrote %s, %s", out, Numbers.megabytes(Files.size(out)));
        }
    }

    private Json json(
            Model model,
            Naming naming,
            Naming.Found found,
            List<Renamed> renamed,
            List<String> leftOut,
            @Nullable Agreement moved) {
        List<Json> tensors = new ArrayList<>();
        for (Renamed one : renamed) {
            tensors.add(
                    Json.object()
                            .put("from", one.from)
                            .put("to", one.to)
                            .put("shape", one.entry.shape().toString())
                            .build());
        }
        Json.Builder json = moved == null ? Json.object() : AgreementText.moved(moved);
        return json.put("form", model.form().name().toLowerCase(Locale.ROOT))
                .put("model", model.spec().name())
                .put("fromNames", found.naming().label())
                .put("prefix", found.prefix())
                .put("names", naming.label())
                .put("type", half ? DataType.F16 : DataType.F32)
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
            List<String> leftOut) {
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
    }
}
