package org.repvgg.runtime;

import java.util.Optional;
import org.repvgg.kernel.ConvPlan;
import org.repvgg.kernel.ConvShape;
import org.repvgg.kernel.FeatureMaps;
import org.repvgg.kernel.Winograd;

/// Chooses the algorithm that computes a convolution on given maps.
@FunctionalInterface
interface ConvChooser {
    /// @param number of the convolution in its program, from 0
    /// @param direct how it is computed directly
    /// @param to maps that it writes
    /// @return empty for direct convolution
    Optional<Winograd> choose(int number, ConvPlan direct, ConvShape shape, FeatureMaps to);
}
