/// From branches to one convolution a block: [org.repvgg.fold.Fold], the heart of RepVGG (paper
/// section 3.3, Figure 4), as an algebra over [org.repvgg.fold.Filter].
@NullMarked
package org.repvgg.fold;

import org.jspecify.annotations.NullMarked;
