package org.repvgg.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.ReadOptions;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;
import picocli.CommandLine.Option;

/// Flags that vary a named network; shared by the verbs that make one.
final class ModelOptions {
    static final String HEADING = "%nVary the network:%n";

    @Option(names = "--classes", paramLabel = "N", description = "Answer N classes.")
    @Nullable Integer classes;

    @Option(
            names = "--input",
            paramLabel = "CxHxW",
            description =
                    "Take images of C channels, H by W pixels: 3x32x32. HxW and one number work, too.")
    @Nullable String input;

    @Option(
            names = "--width",
            paramLabel = "F",
            description = "Multiply every width by F: 0.5 halves all channels.")
    @Nullable Double width;

    @Option(
            names = "--widths",
            paramLabel = "N,N,…",
            description = "Channels of every stage, the stem first: 48,48,96,192,1280.")
    @Nullable String widths;

    @Option(
            names = "--depths",
            paramLabel = "N,N,…",
            description = "Blocks of every stage, the stem first: 1,2,4,14,1.")
    @Nullable String depths;

    @Option(
            names = "--strides",
            paramLabel = "N,N,…",
            description =
                    "Stride of every stage's first block, the stem first: 1,1,2,2,2 suits images of 32 pixels.")
    @Nullable String strides;

    @Option(
            names = "--branches",
            paramLabel = "LIST",
            description = {
                "Branches of every block: conv3x3,conv1x1,identity is the paper's. Also conv1x3, conv3x1,"
                        + " dirac; -nobn or -relu behind one drops its batch norm or adds a ReLU.",
                "Lists separated by '/' are taken by the blocks of a stage in turn."
            })
    @Nullable String branches;

    @Option(
            names = "--groups",
            paramLabel = "G",
            description =
                    "Groups of every second block's convolutions, as in B1g4; or block=groups pairs: 2=4,4=4.")
    @Nullable String groups;

    @Option(
            names = "--post-norm",
            description = "Put a batch norm after the sum of branches, as QARepVGG does.")
    boolean postNorm;

    @Option(
            names = "--se",
            paramLabel = "before:R|after:R",
            description =
                    "Squeeze-and-excitation before or after the ReLU, hidden channels divided by R.")
    @Nullable String squeezeExcite;

    /// Flags that were given and make another network, for a message.
    List<String> given() {
        List<String> given = new ArrayList<>();
        Map<String, @Nullable Object> flags = new LinkedHashMap<>();
        flags.put("--classes", classes);
        flags.put("--width", width);
        flags.put("--widths", widths);
        flags.put("--depths", depths);
        flags.put("--strides", strides);
        flags.put("--branches", branches);
        flags.put("--groups", groups);
        flags.put("--post-norm", postNorm ? true : null);
        flags.put("--se", squeezeExcite);
        flags.forEach(
                (flag, value) -> {
                    if (value != null) {
                        given.add(flag);
                    }
                });
        return given;
    }

    /// The network that `base` becomes.
    RepVggSpec vary(RepVggSpec base) {
        RepVggSpec.Builder builder = base.toBuilder();
        List<Integer> newDepths = depths == null ? base.depths() : numbers("--depths", depths);
        if (classes != null) {
            builder.classes(classes);
        }
        if (input != null) {
            builder.inputChannels(ImageSize.parse(input, base.inputChannels()).channels());
        }
        if (widths != null) {
            builder.widths(numbers("--widths", widths));
        }
        if (width != null) {
            builder.scaleWidths(width);
        }
        builder.depths(newDepths);
        if (strides != null) {
            builder.strides(numbers("--strides", strides));
        }
        if (branches != null) {
            builder.branchCycle(BranchSpec.parseCycle(branches));
        }
        if (groups != null) {
            builder.groups(groupMap(groups, newDepths));
        }
        if (postNorm) {
            builder.postNorm(true);
        }
        if (squeezeExcite != null) {
            builder.squeezeExcite(gain(squeezeExcite));
        }
        RepVggSpec varied = builder.build();
        return sameNetwork(varied, base)
                ? varied
                : varied.toBuilder().name(base.name() + "-varied").build();
    }

    /// For a checkpoint that says less than ours.
    ReadOptions readOptions() {
        return new ReadOptions(null, strides == null ? null : numbers("--strides", strides));
    }

    /// `--input`, or `fallback` where it is not given.
    InputSpec inputOr(InputSpec fallback) {
        if (input == null) {
            return fallback;
        }
        ImageSize size = ImageSize.parse(input, fallback.channels());
        return size.channels() == fallback.channels()
                ? fallback.withSize(size.height(), size.width())
                : InputSpec.centred(size.channels(), size.height(), size.width());
    }

    /// Classes and channels follow the data; they do not make another network.
    private static boolean sameNetwork(RepVggSpec varied, RepVggSpec base) {
        return varied.toBuilder()
                .classes(base.classes())
                .inputChannels(base.inputChannels())
                .build()
                .equals(base);
    }

    static List<Integer> numbers(String flag, String text) {
        try {
            return Arrays.stream(text.split(",", -1))
                    .map(String::strip)
                    .map(Integer::valueOf)
                    .toList();
        } catch (NumberFormatException _) {
            throw new UserError(
                    "%s wants whole numbers, one a stage, such as 1,1,2,2,2, not '%s'", flag, text);
        }
    }

    private static Map<Integer, Integer> groupMap(String text, List<Integer> depths) {
        try {
            if (!text.contains("=")) {
                int groups = Integer.parseInt(text.strip());
                return groups == 1 ? Map.of() : RepVggFamily.everySecondBlock(depths, groups);
            }
            Map<Integer, Integer> map = new LinkedHashMap<>();
            for (String pair : text.split(",", -1)) {
                String[] sides = pair.strip().split("=", 2);
                map.put(Integer.valueOf(sides[0].strip()), Integer.valueOf(sides[1].strip()));
            }
            return map;
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException _) {
            throw new UserError(
                    "--groups wants a number or block=groups pairs, such as 2=4,4=4, not '%s'",
                    text);
        }
    }

    private static SqueezeExciteSpec gain(String text) {
        Matcher matcher =
                Pattern.compile("(before|after):(\\d{1,6})").matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new UserError(
                    "--se wants before:R or after:R, such as before:16, not '%s'", text);
        }
        Placement placement =
                matcher.group(1).equals("before") ? Placement.BEFORE_RELU : Placement.AFTER_RELU;
        return new SqueezeExciteSpec(Integer.parseInt(matcher.group(2)), placement);
    }
}
