/// Images in, logits out: the runtimes of both forms behind one interface,
/// [org.repvgg.runtime.Classifier].
@NullMarked
package org.repvgg.runtime;

import org.jspecify.annotations.NullMarked;
