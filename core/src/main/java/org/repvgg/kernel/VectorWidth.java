package org.repvgg.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The vectors every kernel of this package uses: the machine's widest, or what
/// `-Drepvgg.vectorBits` says.
///
/// Loaded only where the module is present; see [Kernels].
final class VectorWidth {
    static final VectorSpecies<Float> SPECIES = choose();
    static final int LANES = SPECIES.length();

    private VectorWidth() {}

    private static VectorSpecies<Float> choose() {
        return switch (Kernels.forcedBits()) {
            case 128 -> FloatVector.SPECIES_128;
            case 256 -> FloatVector.SPECIES_256;
            case 512 -> FloatVector.SPECIES_512;
            default ->
                    FloatVector.SPECIES_PREFERRED.vectorShape() == VectorShape.S_64_BIT
                            ? FloatVector.SPECIES_128
                            : FloatVector.SPECIES_PREFERRED;
        };
    }
}
