package org.repvgg.format;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.TensorFile.Entry;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;

/// Form and architecture of a file that does not tell them, found from names and shapes.
///
/// Not everything shows: a stride shows only where an identity branch stands or is missing, a
/// branch without weights not at all. Strides are then the paper's, and such branches are taken to
/// be absent. The answer is a guess to be compared with all names and shapes of the file.
final class FoundArchitecture {
    private static final Pattern BLOCK =
            Pattern.compile(
                    "stage(\\d{1,3})(?:_(first|second))?(?:(\\.blocks)?\\.(\\d{1,4}))?"
                            + "\\.(rbr_[^.]+\\.|se\\.|post_se\\.|bn\\.)(.+)");
    private static final Pattern BRANCH =
            Pattern.compile("(dense|1x1|1x3|3x1|dirac|identity)(?:_(\\d{1,3}))?");
    private static final Pattern KERNEL =
            Pattern.compile("rbr_(dense|1x1|1x3|3x1|dirac)\\.conv\\.weight|rbr_reparam\\.weight");
    private static final List<String> KINDS =
            List.of("dense", "1x1", "1x3", "3x1", "dirac", "identity");

    private final Map<String, Entry> tensors;
    private final Map<Place, Map<String, Entry>> modules = new TreeMap<>();
    private boolean plusNames;

    private FoundArchitecture(Map<String, Entry> tensors) {
        this.tensors = tensors;
    }

    /// The architecture, named after the family's variant where it is one.
    ///
    /// @param tensors by name, any common prefix taken away
    /// @param strides each stage's stride where the reader knows them, else null
    /// @throws IllegalArgumentException saying what is missing or cannot be told
    static RepVggSpec spec(Map<String, Entry> tensors, Form form, @Nullable List<Integer> strides) {
        return new FoundArchitecture(tensors).find(form, strides);
    }

    /// Which form the tensors are of.
    ///
    /// @throws IllegalArgumentException if they are of both or of none
    static Form form(Map<String, Entry> tensors) {
        boolean plain = false;
        boolean train = false;
        for (String name : tensors.keySet()) {
            plain |= name.contains(".rbr_reparam.");
            train |= name.contains(".rbr_") && !name.contains(".rbr_reparam.");
        }
        checkArgument(!(plain && train), "holds both forms, rbr_reparam and branches: keep one");
        checkArgument(
                plain || train,
                "not a RepVGG checkpoint: no tensor is called stage0.rbr_dense.conv.weight or"
                        + " stage0.rbr_reparam.weight; %s",
                firstName(tensors));
        return plain ? Form.PLAIN : Form.TRAIN;
    }

    private static String firstName(Map<String, Entry> tensors) {
        return tensors.isEmpty()
                ? "there are no tensors"
                : "the first is " + tensors.keySet().iterator().next();
    }

    /// Place of a block; halves are those of RepVGGplus's third stage.
    private record Place(int stage, int half, int position) implements Comparable<Place> {
        @Override
        public int compareTo(Place other) {
            return Comparator.comparingInt(Place::stage)
                    .thenComparingInt(Place::half)
                    .thenComparingInt(Place::position)
                    .compare(this, other);
        }
    }

    /// What one block's tensors show.
    ///
    /// @param out output channels
    /// @param inPerGroup input channels each output sees
    /// @param branches in the order of their kinds; empty in the plain form
    /// @param hidden squeeze-and-excitation's hidden channels, or 0
    private record Block(
            Place place,
            int out,
            int inPerGroup,
            List<BranchSpec> branches,
            int hidden,
            Placement placement) {
        boolean hasIdentity() {
            return branches.stream().anyMatch(BranchSpec.Identity.class::isInstance);
        }
    }

    private RepVggSpec find(Form form, @Nullable List<Integer> strides) {
        for (Map.Entry<String, Entry> tensor : tensors.entrySet()) {
            Matcher name = BLOCK.matcher(tensor.getKey());
            if (name.matches()) {
                sortIn(name, tensor.getValue());
            }
        }
        List<Block> blocks = new ArrayList<>();
        modules.forEach((place, entries) -> blocks.add(block(place, entries)));
        checkStages(blocks);
        return spec(form, blocks, strides);
    }

    private void sortIn(Matcher name, Entry tensor) {
        plusNames |= name.group(3) != null;
        int half = "second".equals(name.group(2)) ? 1 : 0;
        int position = name.group(4) == null ? 0 : Integer.parseInt(name.group(4));
        var place = new Place(Integer.parseInt(name.group(1)), half, position);
        modules.computeIfAbsent(place, _ -> new LinkedHashMap<>())
                .put(name.group(5) + name.group(6), tensor);
    }

    private static Block block(Place place, Map<String, Entry> modules) {
        List<BranchSpec> branches = branches(modules);
        String gain = modules.containsKey("post_se.down.weight") ? "post_se" : "se";
        Entry down = modules.get(gain + ".down.weight");
        int hidden = down == null || down.dimensions().isEmpty() ? 0 : down.dimensions().get(0);
        Placement placement = gain.equals("se") ? Placement.BEFORE_RELU : Placement.AFTER_RELU;
        for (Map.Entry<String, Entry> module : modules.entrySet()) {
            List<Integer> shape = module.getValue().dimensions();
            if (KERNEL.matcher(module.getKey()).matches() && shape.size() == 4) {
                return new Block(place, shape.get(0), shape.get(1), branches, hidden, placement);
            }
        }
        throw new IllegalArgumentException(
                "cannot tell the width of stage%s block %s: it has no kernel"
                        .formatted(place.stage(), place.position()));
    }

    private static List<BranchSpec> branches(Map<String, Entry> modules) {
        Map<Integer, BranchSpec> inOrder = new TreeMap<>();
        for (String name : modules.keySet()) {
            String module = name.substring(0, name.indexOf('.'));
            checkArgument(
                    !module.equals("bn") && !module.contains("_from_"),
                    "the architecture cannot be told from names with '%s': say which it is",
                    module);
            Matcher branch = BRANCH.matcher(module.replaceFirst("^rbr_", ""));
            if (module.startsWith("rbr_") && branch.matches()) {
                String kind = branch.group(1);
                int count = branch.group(2) == null ? 1 : Integer.parseInt(branch.group(2));
                String norm = module + (kind.equals("identity") ? "." : ".bn.");
                checkArgument(
                        modules.keySet().stream().anyMatch(other -> other.startsWith(norm)),
                        "the architecture cannot be told, %s has no batch norm: say which it is",
                        module);
                inOrder.put(KINDS.indexOf(kind) * 1000 + count, branch(kind));
            }
        }
        return List.copyOf(inOrder.values());
    }

    private static BranchSpec branch(String kind) {
        return switch (kind) {
            case "dense" -> BranchSpec.convolution(3, 3);
            case "identity" -> BranchSpec.identity();
            case "dirac" -> BranchSpec.parse("dirac");
            default -> BranchSpec.parse("conv" + kind);
        };
    }

    /// Stages must follow each other from 0, the positions in them too.
    private static void checkStages(List<Block> blocks) {
        checkArgument(!blocks.isEmpty(), "looks like RepVGG, but stage0 is missing");
        int stage = 0;
        for (Block block : blocks) {
            checkArgument(
                    block.place().stage() <= stage + 1,
                    "stage%s is missing: there is stage%s",
                    stage + 1,
                    block.place().stage());
            stage = block.place().stage();
        }
        checkArgument(
                blocks.getFirst().place().stage() == 0, "looks like RepVGG, but stage0 is missing");
    }

    private int classes() {
        Entry head = tensors.get("linear.weight");
        if (head == null) {
            throw new IllegalArgumentException("looks like RepVGG, but linear.weight is missing");
        }
        List<Integer> shape = head.dimensions();
        checkArgument(shape.size() == 2, "linear.weight is %s, wanted [classes,width]", shape);
        return shape.getFirst();
    }

    private RepVggSpec spec(Form form, List<Block> blocks, @Nullable List<Integer> known) {
        List<Integer> widths = new ArrayList<>();
        List<Integer> depths = new ArrayList<>();
        List<Integer> strides = new ArrayList<>();
        Map<Integer, Integer> groups = new LinkedHashMap<>();
        int in = blocks.getFirst().inPerGroup();
        for (int index = 0; index < blocks.size(); index++) {
            Block block = blocks.get(index);
            if (block.place().stage() == widths.size()) {
                widths.add(block.out());
                depths.add(0);
                boolean strideShows = in == block.out() && block.hasIdentity();
                strides.add(strideShows ? 1 : 2);
            }
            depths.set(block.place().stage(), depths.getLast() + 1);
            int count = groups(block, in);
            if (count > 1) {
                groups.put(index, count);
            }
            in = block.out();
        }
        List<BranchSpec> branches =
                switch (form) {
                    case PLAIN -> RepVggSpec.PAPER_BRANCHES;
                    case TRAIN -> mostBranches(blocks);
                };
        return named(
                new RepVggSpec(
                        "custom",
                        blocks.getFirst().inPerGroup(),
                        classes(),
                        widths,
                        depths,
                        known == null ? strides : known,
                        groups,
                        List.of(branches),
                        false,
                        squeezeExcite(blocks),
                        plusNames));
    }

    private static int groups(Block block, int in) {
        checkArgument(
                block.inPerGroup() > 0 && in % block.inPerGroup() == 0,
                "kernel of stage%s block %s sees %s channels, the block before has %s",
                block.place().stage(),
                block.place().position(),
                block.inPerGroup(),
                in);
        return in / block.inPerGroup();
    }

    private static List<BranchSpec> mostBranches(List<Block> blocks) {
        return blocks.stream()
                .map(Block::branches)
                .max(Comparator.comparingInt(List::size))
                .orElseThrow();
    }

    private static @Nullable SqueezeExciteSpec squeezeExcite(List<Block> blocks) {
        Block widest = blocks.stream().max(Comparator.comparingInt(Block::out)).orElseThrow();
        if (widest.hidden() == 0) {
            return null;
        }
        // 16 and 4 first: where widths are small, several reductions give the same channels.
        for (int reduction : new int[] {16, 4, widest.out() / widest.hidden()}) {
            if (reduction >= 1) {
                var gain = new SqueezeExciteSpec(reduction, widest.placement());
                if (blocks.stream().allMatch(b -> gain.hidden(b.out()) == b.hidden())) {
                    return gain;
                }
            }
        }
        throw new IllegalArgumentException(
                "squeeze-and-excitation has %s hidden channels in a block of %s, and no one"
                                .formatted(widest.hidden(), widest.out())
                        + " reduction fits every block");
    }

    private static RepVggSpec named(RepVggSpec spec) {
        for (RepVggFamily variant : RepVggFamily.values()) {
            RepVggSpec same =
                    variant.spec().toBuilder()
                            .classes(spec.classes())
                            .inputChannels(spec.inputChannels())
                            .strides(spec.strides())
                            .build();
            if (same.toBuilder().name(spec.name()).build().equals(spec)) {
                return same;
            }
        }
        return spec;
    }
}
