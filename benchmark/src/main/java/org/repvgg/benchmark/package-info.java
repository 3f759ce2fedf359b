/// The plain runtime, and the training engine, side by side with others, each in a process of its
/// own.
@NullMarked
package org.repvgg.benchmark;

import org.jspecify.annotations.NullMarked;
