/// The plain runtime side by side with other engines, each in a process of its own.
@NullMarked
package org.repvgg.benchmark;

import org.jspecify.annotations.NullMarked;
