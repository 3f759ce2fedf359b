/// Files: [org.repvgg.format.Checkpoint] reads and writes models, on top of
/// [org.repvgg.format.Safetensors], [org.repvgg.format.Npy], [org.repvgg.format.SpecJson] and
/// [org.repvgg.format.ReferenceNames].
///
/// Nothing here trusts a file: sizes are checked before memory is taken, and what is wrong is said
/// in one line by a [org.repvgg.format.CheckpointException].
@NullMarked
package org.repvgg.format;

import org.jspecify.annotations.NullMarked;
