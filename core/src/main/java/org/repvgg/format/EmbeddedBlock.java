package org.repvgg.format;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.TensorFile.Entry;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.BranchSpec.Tail;

/// A multi-branch block somewhere in a network of any kind, found by the names of its tensors.
///
/// | names of | convolutions | identity | plain convolution |
/// |---|---|---|---|
/// | the reference, YOLOv6, YOLOv7 | `rbr_dense`, `rbr_1x1` | `rbr_identity` | `rbr_reparam` |
/// | MobileOne | `rbr_conv.0` …, `rbr_scale` | `rbr_skip` | `reparam_conv` |
/// | timm, its MobileOne, too | `conv_kxk`, `conv_1x1`, `conv_kxk.0` …, `conv_scale` | `identity` | `reparam_conv` |
/// | mmpretrain, likewise | `branch_3x3`, `branch_1x1`, `branch_conv_list.0` …, `branch_scale` | `branch_norm` | `branch_reparam` |
///
/// Other tensors under the block's name, such as those of squeeze-and-excitation, are no part of
/// it.
public final class EmbeddedBlock {
    private static final List<String> NORM =
            List.of("weight", "bias", "running_mean", "running_var");
    private static final String BATCHES = "num_batches_tracked";

    private final Map<String, Entry> tensors;
    private final String place;
    private final Style style;
    private final Set<String> names = new LinkedHashSet<>();
    private final Map<String, Convolution> convolutions = new LinkedHashMap<>(); // by their branch
    private @Nullable String identity;
    private @Nullable String stranger;

    private EmbeddedBlock(Map<String, Entry> tensors, String place, Style style) {
        this.tensors = tensors;
        this.place = place;
        this.style = style;
    }

    /// How a program calls the parts of a block.
    private enum Style {
        RBR("rbr_(?:dense|1x1|1x3|3x1)(?:_\\d{1,3})?", "rbr_identity", "rbr_", "rbr_reparam"),
        MOBILE_ONE("rbr_(?:conv\\.\\d{1,3}|scale)", "rbr_skip", "rbr_", "reparam_conv"),
        TIMM(
                "conv_(?:kxk(?:\\.\\d{1,3})?|1x1|scale)",
                "identity",
                "(?:conv_(?:kxk|1x1|scale)|identity)\\.",
                "reparam_conv"),
        MMPRETRAIN(
                "branch_(?:3x3|1x1|scale|conv_list\\.\\d{1,3})",
                "branch_norm",
                "branch_",
                "branch_reparam");

        private final Pattern any;
        private final Pattern weight;
        private final Pattern norm;
        private final Pattern identity;
        private final String plain;

        /// @param branches of convolutions
        /// @param start of everything that may be a branch
        Style(String branches, String identity, String start, String plain) {
            String norm = "\\.(?:" + String.join("|", NORM) + "|" + BATCHES + ")";
            this.any = Pattern.compile("((?:.+\\.)?)(" + start + ".*)", Pattern.DOTALL);
            this.weight = Pattern.compile("(" + branches + ")\\.(?:(?:conv|0)\\.)?weight");
            this.norm = Pattern.compile("((" + branches + ")\\.(?:bn|norm|1))" + norm);
            this.identity = Pattern.compile("(" + identity + ")" + norm);
            this.plain = plain;
        }

        /// timm calls parts of other blocks so, too: one alone is no block of ours.
        private int fewestBranches() {
            return this == TIMM ? 2 : 1;
        }
    }

    /// Names of a convolution's tensors.
    private static final class Convolution {
        private @Nullable String weight;
        private @Nullable String norm; // what the norm's names begin with
    }

    /// The blocks of a network, in the order of `tensors`.
    public static List<EmbeddedBlock> find(Map<String, Entry> tensors) {
        Map<String, EmbeddedBlock> blocks = new LinkedHashMap<>();
        for (String name : tensors.keySet()) {
            for (Style style : Style.values()) {
                Matcher matcher = style.any.matcher(name);
                if (matcher.matches()) {
                    String place = matcher.group(1);
                    blocks.computeIfAbsent(
                                    style + " " + place,
                                    _ -> new EmbeddedBlock(tensors, place, style))
                            .take(name, matcher.group(2));
                }
            }
        }
        return blocks.values().stream().filter(EmbeddedBlock::isBlock).toList();
    }

    /// @param part `name` without the block's
    private void take(String name, String part) {
        Matcher weight = style.weight.matcher(part);
        Matcher norm = style.norm.matcher(part);
        Matcher norms = style.identity.matcher(part);
        if (weight.matches()) {
            convolution(weight.group(1)).weight = name;
        } else if (norm.matches()) {
            convolution(norm.group(2)).norm = place + norm.group(1);
        } else if (norms.matches()) {
            identity = place + norms.group(1);
        } else {
            stranger = name;
            return;
        }
        names.add(name);
    }

    private Convolution convolution(String branch) {
        return convolutions.computeIfAbsent(branch, _ -> new Convolution());
    }

    private boolean isBlock() {
        boolean normalised =
                convolutions.values().stream()
                        .anyMatch(one -> one.weight != null && one.norm != null);
        int branches = convolutions.size() + (identity == null ? 0 : 1);
        return normalised && branches >= style.fewestBranches();
    }

    /// What its tensors' names begin with, `backbone.stage2.0`; empty for a block without a
    /// network.
    public String place() {
        return place.isEmpty() ? place : place.substring(0, place.length() - 1);
    }

    /// What the names of its plain convolution begin with, `backbone.stage2.0.rbr_reparam`.
    public String plain() {
        return place + style.plain;
    }

    /// Its tensors: those that a plain convolution replaces.
    public Set<String> names() {
        Set<String> all = new LinkedHashSet<>(names);
        if (hasPostNorm()) {
            NORM.forEach(part -> all.add(postNorm() + "." + part));
            if (tensors.containsKey(postNorm() + "." + BATCHES)) {
                all.add(postNorm() + "." + BATCHES);
            }
        }
        return Collections.unmodifiableSet(all);
    }

    /// Reads its weights.
    ///
    /// Names do not tell stride and groups, and a fold does not ask: the block is given a stride of
    /// 1, and as few groups as its shapes allow.
    ///
    /// @param file the one it was found in
    /// @param epsilon of all its batch norms
    /// @throws IllegalArgumentException saying why it is no block that could be folded
    public BranchedBlock read(TensorFile file, float epsilon) throws IOException {
        if (stranger != null) {
            throw new IllegalArgumentException(stranger + " is no branch that is known");
        }
        checkArgument(
                !tensors.containsKey(plain() + ".weight"),
                "%s.weight is there, too: it is folded already",
                plain());
        List<BranchSpec> specs = new ArrayList<>();
        List<Branch> branches = new ArrayList<>();
        for (Map.Entry<String, Convolution> one : convolutions.entrySet()) {
            Convolution found = one.getValue();
            String weight = weight(one);
            List<Integer> kernel = kernel(weight);
            specs.add(
                    new BranchSpec.Convolution(
                            kernel.get(2),
                            kernel.get(3),
                            found.norm == null ? Tail.NONE : Tail.NORM,
                            0));
            branches.add(
                    new Branch.Convolution(
                            file.read(weight),
                            found.norm == null ? null : norm(file, found.norm, epsilon)));
        }
        if (identity != null) {
            specs.add(BranchSpec.identity());
            branches.add(new Branch.Identity(norm(file, identity, epsilon)));
        }
        BatchNorm postNorm = hasPostNorm() ? norm(file, postNorm(), epsilon) : null;
        return new BranchedBlock(spec(specs), branches, postNorm, null);
    }

    private BlockSpec spec(List<BranchSpec> branches) {
        int out = firstKernel().get(0);
        int inPerGroup = firstKernel().get(1);
        boolean divides = out % inPerGroup == 0;
        if (identity == null) {
            boolean allNormalised =
                    !hasPostNorm() && branches.stream().allMatch(BranchSpec::hasNorm);
            checkArgument(
                    allNormalised || !divides,
                    "an identity without a norm has no tensors, so nothing tells whether this block"
                            + " has one");
            return new BlockSpec(inPerGroup, out, 1, 1, branches, hasPostNorm(), null);
        }
        checkArgument(
                divides,
                "an identity, but a kernel of %s: the channels in are not those out",
                firstKernel());
        return new BlockSpec(out, out, 1, out / inPerGroup, branches, hasPostNorm(), null);
    }

    private String weight(Map.Entry<String, Convolution> branch) {
        String weight = branch.getValue().weight;
        if (weight == null) {
            throw new IllegalArgumentException(place + branch.getKey() + " has no weight");
        }
        return weight;
    }

    /// Dimensions of a convolution's weight, `[out,in/groups,height,width]`.
    private List<Integer> kernel(String name) {
        List<Integer> kernel = dimensions(name);
        checkArgument(
                kernel.size() == 4
                        && kernel.stream().allMatch(extent -> extent > 0)
                        && kernel.subList(0, 2).equals(firstKernel().subList(0, 2)),
                "%s is %s, no convolution beside one of %s",
                name,
                Json.of(kernel),
                Json.of(firstKernel()));
        return kernel;
    }

    private List<Integer> firstKernel() {
        String first = weight(convolutions.entrySet().iterator().next());
        List<Integer> kernel = dimensions(first);
        checkArgument(kernel.size() == 4, "%s is no convolution: %s", first, Json.of(kernel));
        return kernel;
    }

    private BatchNorm norm(TensorFile file, String name, float epsilon) throws IOException {
        for (String part : NORM) {
            List<Integer> shape = dimensions(name + "." + part);
            checkArgument(
                    shape.equals(firstKernel().subList(0, 1)),
                    "%s.%s is %s, its convolution %s",
                    name,
                    part,
                    Json.of(shape),
                    Json.of(firstKernel()));
        }
        return new BatchNorm(
                file.read(name + ".weight"),
                file.read(name + ".bias"),
                file.read(name + ".running_mean"),
                file.read(name + ".running_var"),
                epsilon);
    }

    private List<Integer> dimensions(String name) {
        Entry entry = tensors.get(name);
        if (entry == null) {
            throw new IllegalArgumentException("there is no " + name);
        }
        checkArgument(entry.type().isReadable(), "%s", entry.type().refusal(name));
        return entry.dimensions();
    }

    private String postNorm() {
        return place + "bn";
    }

    /// Whether a norm follows the sum, as in QARepVGG.
    private boolean hasPostNorm() {
        return style == Style.RBR
                && NORM.stream().allMatch(part -> tensors.containsKey(postNorm() + "." + part));
    }
}
