package org.repvgg.format;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.TensorFile.Entry;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;
import org.repvgg.model.Provenance;
import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// Models in files: we write `.safetensors` with the reference implementation's names, and our
/// metadata beside the tensors.
///
/// ```java
/// switch (Checkpoint.read(path)) {
///     case BranchedModel branched -> Checkpoint.write(out, Fold.fold(branched));
///     case PlainModel plain -> run(plain);
/// }
/// ```
///
/// Files of other programs are read too, safetensors and PyTorch's own, with the names of any
/// [Naming], perhaps all behind one prefix such as `module.`; form and architecture then come from
/// names and shapes. What had to be assumed is noted in the provenance under `assumed`.
public final class Checkpoint {
    private static final String BATCHES = ".num_batches_tracked";
    private static final String VARIANCE = ".running_var";

    private Checkpoint() {}

    /// Reads a model of either form.
    ///
    /// @throws CheckpointException if the file is no sound checkpoint
    public static Model read(Path path) throws IOException {
        return read(path, ReadOptions.NONE);
    }

    /// Likewise, with what the reader knows better than the file.
    ///
    /// @throws CheckpointException if the file is no sound checkpoint, or not of that architecture
    public static Model read(Path path, ReadOptions options) throws IOException {
        try (TensorFile file = TensorFile.open(path)) {
            return read(file, options);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(path, String.valueOf(e.getMessage()));
        }
    }

    /// Likewise, without the weights: what [#read] would answer but for them. Takes no memory for
    /// tensors, and finds everything wrong that names, shapes and types show.
    ///
    /// @throws CheckpointException as [#read]
    public static CheckpointMetadata describe(Path path, ReadOptions options) throws IOException {
        try (TensorFile file = TensorFile.open(path)) {
            Found found = find(file, options);
            found.there.forEach(Checkpoint::checkReadable);
            return found.about;
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(path, String.valueOf(e.getMessage()));
        }
    }

    /// Reads a training form.
    ///
    /// @throws CheckpointException also if the file holds a plain form
    public static BranchedModel readBranched(Path path) throws IOException {
        return switch (read(path)) {
            case BranchedModel branched -> branched;
            case PlainModel _ ->
                    throw new CheckpointException(
                            path, "holds the plain form, wanted the training form");
        };
    }

    /// Whether a file has our metadata, and so holds one whole network.
    ///
    /// @throws CheckpointException if it is missing or no file of tensors
    public static boolean isOurs(Path path) throws IOException {
        try (TensorFile file = TensorFile.open(path)) {
            return file.metadata().containsKey(CheckpointMetadata.KEY);
        }
    }

    /// Writes a model of either form under the reference's names; see [AtomicFile].
    ///
    /// @throws IllegalArgumentException if a batch norm's epsilon is not [BatchNorm#EPSILON], which
    ///   files do not tell
    /// @throws IOException naming the file and the reason
    public static void write(Path path, Model model) throws IOException {
        write(path, model, Naming.REFERENCE);
    }

    /// Likewise, under another program's names.
    ///
    /// @throws IllegalArgumentException also if they have none for a tensor of the model
    public static void write(Path path, Model model, Naming naming) throws IOException {
        write(path, model, naming, DataType.F32);
    }

    /// Likewise, with weights of another type.
    ///
    /// @param type F32, or F16 for half the size and a little less precision: see [HalfPrecision]
    /// @throws IllegalArgumentException also for other types, or if a weight is too large for F16
    public static void write(Path path, Model model, Naming naming, DataType type)
            throws IOException {
        checkArgument(
                type == DataType.F32 || type == DataType.F16,
                "a model is written as F32 or F16, not %s",
                type);
        if (model instanceof BranchedModel branched) {
            norms(branched).forEach(Checkpoint::checkEpsilon);
        }
        var writer =
                new SafetensorsWriter()
                        .metadata("format", "pt")
                        .metadata(CheckpointMetadata.KEY, CheckpointMetadata.of(model).write());
        ReferenceNames.tensors(model)
                .forEach(
                        (reference, tensor) -> {
                            String name = naming.fromReference(reference);
                            if (type == DataType.F16) {
                                writer.addHalf(name, tensor);
                            } else {
                                writer.add(name, tensor);
                            }
                            if (name.endsWith(VARIANCE)) {
                                writer.addScalar(batches(name), 0); // PyTorch insists on it
                            }
                        });
        writer.write(path);
    }

    /// A model's tensors in a file.
    ///
    /// @param wanted by the reference's names
    /// @param there where each of `wanted` is
    private record Found(CheckpointMetadata about, List<TensorEntry> wanted, List<Entry> there) {}

    private static Found find(TensorFile file, ReadOptions options) {
        Map<String, Entry> tensors = Naming.toReference(file.entries());
        CheckpointMetadata about = about(file, tensors, options);
        if (about.form() == Form.PLAIN) { // the reference leaves them behind when it folds
            tensors.keySet().removeIf(ReferenceNames::isAuxiliary);
        }
        List<TensorEntry> wanted = ReferenceNames.entries(about.spec(), about.form());
        return new Found(about, wanted, checkTensors(about.form(), wanted, tensors));
    }

    private static void checkReadable(Entry entry) {
        checkArgument(entry.type().isReadable(), "%s", entry.type().refusal(entry.name()));
    }

    private static Model read(TensorFile file, ReadOptions options) throws IOException {
        Found found = find(file, options);
        CheckpointMetadata about = found.about;
        Map<String, Tensor> read = new HashMap<>();
        for (int i = 0; i < found.wanted.size(); i++) {
            read.put(found.wanted.get(i).name(), file.read(found.there.get(i).name()));
        }
        TensorSource source = (name, _) -> Objects.requireNonNull(read.get(name), name);
        return switch (about.form()) {
            case TRAIN ->
                    ReferenceNames.assemble(
                            about.spec(), about.input(), about.provenance(), source);
            case PLAIN ->
                    ReferenceNames.assemblePlain(
                            about.spec(), about.input(), about.provenance(), source);
        };
    }

    /// What the file says or shows about itself, corrected by what the reader knows.
    private static CheckpointMetadata about(
            TensorFile file, Map<String, Entry> tensors, ReadOptions options) {
        String text = file.metadata().get(CheckpointMetadata.KEY);
        if (text != null) {
            CheckpointMetadata said = CheckpointMetadata.read(text);
            RepVggSpec spec = options.spec() == null ? said.spec() : options.spec();
            return new CheckpointMetadata(
                    said.form(), strided(spec, options), said.input(), said.provenance());
        }
        Form form = FoundArchitecture.form(tensors);
        RepVggSpec known = options.spec();
        if (known != null) {
            return new CheckpointMetadata(
                    form, strided(known, options), usualInput(known), Provenance.UNKNOWN);
        }
        RepVggSpec found = FoundArchitecture.spec(tensors, form, options.strides());
        Map<String, String> facts =
                options.strides() == null
                        ? Map.of("assumed", "strides " + Json.of(found.strides()).compact())
                        : Map.of();
        return new CheckpointMetadata(form, found, usualInput(found), new Provenance(facts));
    }

    private static RepVggSpec strided(RepVggSpec spec, ReadOptions options) {
        return options.strides() == null
                ? spec
                : spec.toBuilder().strides(options.strides()).build();
    }

    /// What published checkpoints were trained with.
    private static InputSpec usualInput(RepVggSpec spec) {
        InputSpec input = InputSpec.imageNet();
        return spec.inputChannels() == input.channels()
                ? input
                : InputSpec.centred(spec.inputChannels(), input.height(), input.width());
    }

    /// Compares names and shapes, before any tensor is read.
    ///
    /// @return where each of `wanted` is
    private static List<Entry> checkTensors(
            Form form, List<TensorEntry> wanted, Map<String, Entry> tensors) {
        Set<String> missing = new LinkedHashSet<>();
        List<Entry> found = new ArrayList<>();
        Map<String, Entry> unexpected = new LinkedHashMap<>(tensors);
        for (TensorEntry entry : wanted) {
            Entry there = unexpected.remove(entry.name());
            if (there == null) {
                missing.add(entry.name());
            } else {
                checkShape(entry, there);
                found.add(there);
            }
            if (entry.name().endsWith(VARIANCE)) {
                unexpected.remove(batches(entry.name()));
            }
        }
        if (!missing.isEmpty() || !unexpected.isEmpty()) {
            throw new IllegalArgumentException(complaint(form, missing, unexpected.keySet()));
        }
        return found;
    }

    private static void checkShape(TensorEntry wanted, Entry there) {
        List<Integer> shape = Arrays.stream(wanted.shape().toArray()).boxed().toList();
        checkArgument(
                shape.equals(there.dimensions()),
                "weight is %s, spec wants %s: %s",
                Json.of(there.dimensions()),
                wanted.shape(),
                wanted.name());
    }

    private static String complaint(Form form, Set<String> missing, Set<String> unexpected) {
        String what =
                switch (form) {
                    case TRAIN -> "looks like the training form";
                    case PLAIN -> "looks like the plain form";
                };
        if (!missing.isEmpty()) {
            what += ", %s missing, first %s".formatted(count(missing), missing.iterator().next());
        }
        if (!unexpected.isEmpty()) {
            String first = unexpected.iterator().next();
            what += ", %s unexpected, first %s".formatted(count(unexpected), first);
            what += DidYouMean.hint(first, missing);
        }
        return what;
    }

    private static String count(Set<String> names) {
        return names.size() == 1 ? "1 tensor is" : names.size() + " tensors are";
    }

    private static String batches(String variance) {
        return variance.substring(0, variance.length() - VARIANCE.length()) + BATCHES;
    }

    private static List<BatchNorm> norms(BranchedModel model) {
        List<@Nullable BatchNorm> norms = new ArrayList<>();
        for (BranchedBlock block : model.blocks()) {
            block.branches().forEach(branch -> norms.add(branch.norm()));
            norms.add(block.postNorm());
        }
        model.auxiliary().forEach(head -> norms.add(head.norm()));
        return norms.stream().filter(Objects::nonNull).toList();
    }

    private static void checkEpsilon(BatchNorm norm) {
        checkArgument(
                norm.epsilon() == BatchNorm.EPSILON,
                "a checkpoint's batch norms have epsilon %s, this model's %s",
                BatchNorm.EPSILON,
                norm.epsilon());
    }
}
