package org.repvgg.spec;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One path of a multi-branch block: a linear map of the block's input, then perhaps a batch norm,
/// then perhaps a ReLU.
///
/// Every idea of this field is a list of these. The paper's block is `conv3x3, conv1x1, identity`,
/// each with a batch norm (section 3.1); MobileOne repeats `conv3x3`; ACB is `conv3x3, conv1x3,
/// conv3x1`; QARepVGG leaves the norm off two.
///
/// A branch is spelled as text, the same in JSON and on the command line:
///
/// | text | meaning |
/// |---|---|
/// | `conv3x3` | 3x3 convolution without bias, then batch norm |
/// | `conv1x1`, `conv1x3`, `conv3x1` | likewise, height first |
/// | `identity` | the input itself, then batch norm |
/// | `dirac` | DiracNet's kernel `diag(a) I + diag(b) W/‖W‖`, then batch norm |
/// | `…-nobn` | without the batch norm |
/// | `…-relu` | a ReLU after the batch norm; such a branch can be trained but not folded |
/// | `…@1` | takes the input of the block before its own: a residual shortcut across two blocks; cannot be folded |
public sealed interface BranchSpec {

    /// What follows the linear map.
    Tail tail();

    /// How many blocks earlier the branch takes its input; 0 is the block's own input.
    int reach();

    /// Whether a batch norm follows the linear map.
    default boolean hasNorm() {
        return tail() != Tail.NONE;
    }

    /// What follows the linear map of a branch.
    enum Tail {
        NONE("-nobn"),
        NORM(""),
        NORM_RELU("-relu");

        private final String suffix;

        Tail(String suffix) {
            this.suffix = suffix;
        }
    }

    /// A convolution of odd size up to 3x3, padded to keep height and width, without bias: weight
    /// `[out,in/groups,height,width]`.
    record Convolution(int height, int width, Tail tail, int reach) implements BranchSpec {
        public Convolution {
            checkArgument(
                    (height == 1 || height == 3) && (width == 1 || width == 3),
                    "a branch convolves with 1x1, 1x3, 3x1 or 3x3, not %sx%s",
                    height,
                    width);
            checkReach(reach);
        }

        @Override
        public String toString() {
            return spell("conv" + height + "x" + width, this);
        }
    }

    /// The input itself; exists only where input and output have one shape.
    record Identity(Tail tail, int reach) implements BranchSpec {
        public Identity {
            checkReach(reach);
        }

        @Override
        public String toString() {
            return spell("identity", this);
        }
    }

    /// DiracNet's re-parameterised 3x3 kernel: `W' = diag(a) I + diag(b) W/‖W‖`, norms taken over
    /// each output's filter.
    ///
    /// Source: paper section 4.3, Table 7; Zagoruyko and Komodakis, arXiv 1706.00388.
    record Dirac(Tail tail) implements BranchSpec {
        @Override
        public int reach() {
            return 0;
        }

        @Override
        public String toString() {
            return spell("dirac", this);
        }
    }

    /// A convolution with batch norm on the block's own input.
    static BranchSpec convolution(int height, int width) {
        return new Convolution(height, width, Tail.NORM, 0);
    }

    /// The identity with batch norm on the block's own input.
    static BranchSpec identity() {
        return new Identity(Tail.NORM, 0);
    }

    /// Reads the text form described above; [Object#toString] writes it.
    ///
    /// @throws IllegalArgumentException naming the text and the accepted forms
    static BranchSpec parse(String text) {
        Matcher matcher = SPELLING.matcher(text.strip());
        checkArgument(
                matcher.matches(),
                "unknown branch '%s': use conv3x3, conv1x1, conv1x3, conv3x1, identity or dirac,"
                        + " with -nobn or -relu and @N behind it if needed",
                text);
        Tail tail =
                switch (matcher.group(4)) {
                    case "-nobn" -> Tail.NONE;
                    case "-relu" -> Tail.NORM_RELU;
                    case null, default -> Tail.NORM;
                };
        int reach = matcher.group(5) == null ? 0 : Integer.parseInt(matcher.group(5));
        return switch (matcher.group(1)) {
            case "identity" -> new Identity(tail, reach);
            case "dirac" -> {
                checkArgument(
                        reach == 0, "a dirac branch takes its own block's input only: '%s'", text);
                yield new Dirac(tail);
            }
            default ->
                    new Convolution(
                            Integer.parseInt(matcher.group(2)),
                            Integer.parseInt(matcher.group(3)),
                            tail,
                            reach);
        };
    }

    /// Reads a list for each block that the blocks of a stage take in turn: branches are separated
    /// by commas, lists by `/`, as in `conv3x3/conv3x3,identity@1`.
    ///
    /// @throws IllegalArgumentException as [#parse]
    static List<List<BranchSpec>> parseCycle(String text) {
        return Arrays.stream(text.split("/", -1))
                .map(list -> Arrays.stream(list.split(",", -1)).map(BranchSpec::parse).toList())
                .toList();
    }

    /// The grammar of [#parse].
    Pattern SPELLING =
            Pattern.compile("(conv([13])x([13])|identity|dirac)(-nobn|-relu)?(?:@(\\d))?");

    private static String spell(String map, BranchSpec branch) {
        return map + branch.tail().suffix + (branch.reach() == 0 ? "" : "@" + branch.reach());
    }

    private static void checkReach(int reach) {
        checkArgument(
                reach >= 0 && reach <= 9, "a branch reaches 0 to 9 blocks back, not %s", reach);
    }
}
