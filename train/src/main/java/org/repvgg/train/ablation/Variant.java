package org.repvgg.train.ablation;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggSpec;

/// The blocks that an ablation compares, one line each: Table 6 of the paper, Table 7, and blocks
/// of later papers, as the branches they are made of.
///
/// The accuracies are the paper's: top-1 of RepVGG-B0 on ImageNet after 120 epochs, in per cent.
public enum Variant {
    FULL("full", "RepVGG's block", "conv3x3,conv1x1,identity", Norm.OWN, 75.14),
    NO_IDENTITY("no-identity", "without identity", "conv3x3,conv1x1", Norm.OWN, 73.15),
    NO_1X1("no-1x1", "without 1x1", "conv3x3,identity", Norm.OWN, 74.79),
    ONLY_3X3("only-3x3", "3x3 alone", "conv3x3", Norm.OWN, 72.39),

    IDENTITY_NOBN(
            "identity-nobn",
            "identity without batch norm",
            "conv3x3,conv1x1,identity-nobn",
            Norm.OWN,
            74.18),
    POST_NORM(
            "post-norm",
            "one batch norm, after the sum",
            "conv3x3-nobn,conv1x1-nobn,identity-nobn",
            Norm.AFTER_SUM,
            73.52),
    BRANCH_RELU(
            "branch-relu",
            "ReLU in every branch",
            "conv3x3-relu,conv1x1-relu,identity-relu",
            Norm.OWN,
            75.69),
    DIRAC("dirac", "DiracNet", "dirac", Norm.OWN, 73.97),
    TRIVIAL(
            "trivial",
            "trivial re-parameterisation",
            "conv3x3-nobn,identity-nobn",
            Norm.AFTER_SUM,
            73.51),
    ACB("acb", "asymmetric convolutions (ACB)", "conv3x3,conv1x3,conv3x1", Norm.OWN, 73.58),
    RESIDUAL("residual", "residual reorganisation", "conv3x3/conv3x3,identity@1", Norm.OWN, 74.56),

    MOBILEONE_2( // not in the paper
            "mobileone-2",
            "two parallel 3x3 (MobileOne)",
            "conv3x3,conv3x3,conv1x1,identity",
            Norm.OWN),
    MOBILEONE_4( // not in the paper
            "mobileone-4",
            "four parallel 3x3 (MobileOne)",
            "conv3x3,conv3x3,conv3x3,conv3x3,conv1x1,identity",
            Norm.OWN),
    QAREPVGG( // not in the paper
            "qarepvgg", "QARepVGG's block", "conv3x3,conv1x1-nobn,identity-nobn", Norm.AFTER_SUM),
    REP_OPTIMIZER( // not in the paper
            "rep-optimizer", "3x3 alone, with RepOptimizer", "conv3x3", Norm.OWN);

    private enum Norm {
        OWN,
        AFTER_SUM
    }

    private final String name;
    private final String title;
    private final String branches;
    private final Norm norm;
    private final OptionalDouble paperTop1;

    Variant(String name, String title, String branches, Norm norm) {
        this(name, title, branches, norm, OptionalDouble.empty());
    }

    Variant(String name, String title, String branches, Norm norm, double paperPercent) {
        this(name, title, branches, norm, OptionalDouble.of(paperPercent / 100));
    }

    Variant(String name, String title, String branches, Norm norm, OptionalDouble paperTop1) {
        this.name = name;
        this.title = title;
        this.branches = branches;
        this.norm = norm;
        this.paperTop1 = paperTop1;
    }

    /// Every name, in the order of the tables.
    public static List<String> names() {
        return Stream.of(values()).map(Variant::toString).toList();
    }

    /// The variant that [#toString] calls so.
    public static Optional<Variant> find(String name) {
        return Stream.of(values()).filter(variant -> variant.name.equals(name)).findFirst();
    }

    /// `base` made of these blocks instead of its own.
    ///
    /// @throws IllegalArgumentException if it cannot be, with the values and the place
    public RepVggSpec of(RepVggSpec base) {
        return base.toBuilder()
                .name(this == FULL ? base.name() : base.name() + "-" + name)
                .branchCycle(BranchSpec.parseCycle(branches))
                .postNorm(hasPostNorm())
                .build();
    }

    /// What it is, in a few words.
    public String title() {
        return title;
    }

    /// As [BranchSpec#parseCycle] reads it.
    public String branches() {
        return branches;
    }

    /// Whether a batch norm follows the sum of branches.
    public boolean hasPostNorm() {
        return norm == Norm.AFTER_SUM;
    }

    /// Whether its gradients are multiplied, see [org.repvgg.train.RepOptimizer].
    public boolean hasRepOptimizer() {
        return this == REP_OPTIMIZER;
    }

    /// The same block for `repvgg train`.
    public String flags() {
        return "--branches "
                + branches
                + (hasPostNorm() ? " --post-norm" : "")
                + (hasRepOptimizer() ? " --rep-optimizer" : "");
    }

    /// Top-1 in the paper, a fraction; empty for later blocks.
    public OptionalDouble paperTop1() {
        return paperTop1;
    }

    /// As it is called on the command line and in the names of folders: `no-identity`.
    @Override
    public String toString() {
        return name;
    }
}
