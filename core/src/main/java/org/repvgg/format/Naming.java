package org.repvgg.format;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How programs call the tensors of a RepVGG.
///
/// | reference | timm | mmpretrain |
/// |---|---|---|
/// | `stage0.` | `stem.` | `backbone.stem.` |
/// | `stage2.1.` | `stages.1.1.` | `backbone.stage_2.1.` |
/// | `rbr_dense.conv`, `rbr_dense.bn` | `conv_kxk.conv`, `conv_kxk.bn` | `branch_3x3.conv`, `branch_3x3.norm` |
/// | `rbr_1x1.conv`, `rbr_1x1.bn` | `conv_1x1.conv`, `conv_1x1.bn` | `branch_1x1.conv`, `branch_1x1.norm` |
/// | `rbr_identity` | `identity` | `branch_norm` |
/// | `rbr_reparam` | `reparam_conv` | `branch_reparam` |
/// | `se.down`, `se.up` | `attn.fc1`, `attn.fc2` | `se_layer.conv1.conv`, `se_layer.conv2.conv` |
/// | `linear` | `head.fc` | `head.fc` |
public enum Naming {
    /// The authors' own, see [ReferenceNames].
    REFERENCE("stage0", "stage%s", 0, "linear", Map.of()),

    /// PyTorch Image Models.
    TIMM(
            "stem",
            "stages.%s",
            -1,
            "head.fc",
            Map.of(
                    "rbr_dense.conv", "conv_kxk.conv",
                    "rbr_dense.bn", "conv_kxk.bn",
                    "rbr_1x1.conv", "conv_1x1.conv",
                    "rbr_1x1.bn", "conv_1x1.bn",
                    "rbr_identity", "identity",
                    "rbr_reparam", "reparam_conv",
                    "se.down", "attn.fc1",
                    "se.up", "attn.fc2")),

    /// OpenMMLab's classifiers, MMClassification before.
    MMPRETRAIN(
            "backbone.stem",
            "backbone.stage_%s",
            0,
            "head.fc",
            Map.of(
                    "rbr_dense.conv", "branch_3x3.conv",
                    "rbr_dense.bn", "branch_3x3.norm",
                    "rbr_1x1.conv", "branch_1x1.conv",
                    "rbr_1x1.bn", "branch_1x1.norm",
                    "rbr_identity", "branch_norm",
                    "rbr_reparam", "branch_reparam",
                    "se.down", "se_layer.conv1.conv",
                    "se.up", "se_layer.conv2.conv"));

    /// A tensor of a block after the first under the reference's name.
    private static final Pattern BLOCK = Pattern.compile("stage([1-9])\\.(\\d+)\\.(.+)");

    private static final Pattern LAST = Pattern.compile("(.+)\\.([^.]+)");
    private static final String STEM = "stage0.";
    private static final String HEAD = "linear.";

    private final String stem;
    private final String stage;
    private final int stageShift;
    private final String head;
    private final Map<String, String> modules;
    private final Pattern block;

    /// @param stage of blocks after the first, `%s` for its number
    /// @param stageShift what that number is beyond the reference's
    /// @param modules of a block, by the reference's names
    Naming(String stem, String stage, int stageShift, String head, Map<String, String> modules) {
        this.stem = stem + ".";
        this.stage = stage;
        this.stageShift = stageShift;
        this.head = head + ".";
        this.modules = modules;
        this.block =
                Pattern.compile(
                        Pattern.quote(stage).replace("%s", "\\E(\\d)\\Q") + "\\.(\\d+)\\.(.+)");
    }

    /// The naming that tensors follow, perhaps behind a prefix such as `module.` that all share.
    ///
    /// @param prefix empty, or with a dot at its end
    public record Found(Naming naming, String prefix) {}

    /// Tells whose names these are; the reference's where nothing can be told.
    public static Found of(Iterable<String> names) {
        for (Naming naming : new Naming[] {MMPRETRAIN, TIMM, REFERENCE}) {
            for (String name : names) {
                int at = name.indexOf(naming.stem);
                if (at == 0 || (at > 0 && name.charAt(at - 1) == '.')) {
                    String prefix = name.substring(0, at);
                    return new Found(naming, allStartWith(prefix, names) ? prefix : "");
                }
            }
        }
        return new Found(REFERENCE, "");
    }

    private static boolean allStartWith(String prefix, Iterable<String> names) {
        for (String name : names) {
            if (!name.startsWith(prefix)) {
                return false;
            }
        }
        return true;
    }

    /// What tensors are of, under the reference's names and without a prefix; names that the naming
    /// does not have stay as they are.
    static <T> Map<String, T> toReference(Map<String, T> tensors) {
        Found found = of(tensors.keySet());
        Map<String, T> renamed = new LinkedHashMap<>();
        tensors.forEach(
                (name, value) -> {
                    String bare = name.substring(found.prefix.length());
                    String reference = found.naming.toReference(bare).orElse(bare);
                    checkArgument(
                            renamed.put(reference, value) == null,
                            "two tensors are %s, one of them %s",
                            reference,
                            name);
                });
        return renamed;
    }

    /// The reference's name of a tensor; empty if this naming has none of that name.
    public Optional<String> toReference(String name) {
        if (name.startsWith(head)) {
            return Optional.of(HEAD + name.substring(head.length()));
        }
        if (name.startsWith(stem)) {
            return module(name.substring(stem.length()), false).map(STEM::concat);
        }
        Matcher matcher = block.matcher(name);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        int number = Integer.parseInt(matcher.group(1)) - stageShift;
        return module(matcher.group(3), false)
                .map(module -> "stage%s.%s.%s".formatted(number, matcher.group(2), module));
    }

    /// This naming's name of a tensor.
    ///
    /// @param name the reference's
    /// @throws IllegalArgumentException if this naming has no such tensor
    public String fromReference(String name) {
        Optional<String> found;
        Matcher matcher = BLOCK.matcher(name);
        if (name.startsWith(HEAD)) {
            found = Optional.of(head + name.substring(HEAD.length()));
        } else if (name.startsWith(STEM)) {
            found = module(name.substring(STEM.length()), true).map(stem::concat);
        } else if (matcher.matches()) {
            int number = Integer.parseInt(matcher.group(1)) + stageShift;
            found =
                    module(matcher.group(3), true)
                            .map(
                                    module ->
                                            stage.formatted(number)
                                                    + "."
                                                    + matcher.group(2)
                                                    + "."
                                                    + module);
        } else {
            found = this == REFERENCE ? Optional.of(name) : Optional.empty();
        }
        return found.orElseThrow(
                () ->
                        new IllegalArgumentException(
                                "%s has no name for %s".formatted(label(), name)));
    }

    /// What follows a block's name, `rbr_dense.conv.weight`, in the other naming.
    private Optional<String> module(String name, boolean fromReference) {
        if (modules.isEmpty()) {
            return Optional.of(name);
        }
        Matcher matcher = LAST.matcher(name);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        for (Map.Entry<String, String> module : modules.entrySet()) {
            String from = fromReference ? module.getKey() : module.getValue();
            String to = fromReference ? module.getValue() : module.getKey();
            if (matcher.group(1).equals(from)) {
                return Optional.of(to + "." + matcher.group(2));
            }
        }
        return Optional.empty();
    }

    /// Finds a naming by its label.
    public static Optional<Naming> find(String label) {
        for (Naming naming : values()) {
            if (naming.label().equals(label)) {
                return Optional.of(naming);
            }
        }
        return Optional.empty();
    }

    /// As people write it: `timm`.
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
