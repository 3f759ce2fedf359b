/// The pure-Java training engine: forward and backward written out for blocks of convolution and
/// identity branches, on the kernels of `core`.
@NullMarked
package org.repvgg.train.java;

import org.jspecify.annotations.NullMarked;
