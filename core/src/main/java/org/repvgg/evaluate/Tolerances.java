package org.repvgg.evaluate;

/// How far two classifiers may answer apart and still answer alike.
public final class Tolerances {
    /// Largest difference of two logits, absolute, where logits have unit scale.
    ///
    /// Float sums round in the order they are taken. One convolution of the plain form sums `9 *
    /// channels` products; the training form sums them in three parts and scales each. Every
    /// rounding is at most `2^-24 = 6e-8` of the value at hand, a logit at the end of twenty to
    /// fifty layers collects a few dozen of them in random directions, and the reference's own two
    /// forms differ by up to 3e-6 on small networks and 3e-5 on deep ones. A wrong fold (another
    /// epsilon, a kernel off by one, a forgotten branch) differs by 1e-2 and more. 1e-4 stands
    /// between the two.
    public static final double UNIT_LOGITS = 1e-4;

    private Tolerances() {}

    /// The tolerance for logits of standard deviation `std`: rounding errors grow in proportion to
    /// the values, so above unit scale the tolerance does too. Below it stays, for a float's error
    /// in the bias does not shrink with the spread of the sums.
    public static double forLogits(double std) {
        return UNIT_LOGITS * Math.max(1, std);
    }
}
