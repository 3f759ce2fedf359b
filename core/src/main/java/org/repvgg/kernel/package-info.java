/// The arithmetic: direct convolution and what stands between convolutions, each as a vector kernel
/// and a plain twin.
///
/// Activations lie channels last with a border of zeros ([org.repvgg.kernel.FeatureMaps]), weights
/// in blocks of output channels ([org.repvgg.kernel.PackedConv]), so that the innermost loop is
/// straight: load a few vectors of weights, broadcast one input a pixel, multiply and add.
/// [org.repvgg.kernel.ConvPlan] says where each pixel reads and writes.
///
/// The only home of the Vector API. Without the module `jdk.incubator.vector` the plain twins run.
@NullMarked
package org.repvgg.kernel;

import org.jspecify.annotations.NullMarked;
