/// Training on libtorch: [org.repvgg.train.torch.TorchEngine] and what it needs. No other package
/// sees libtorch's types.
@NullMarked
package org.repvgg.train.torch;

import org.jspecify.annotations.NullMarked;
