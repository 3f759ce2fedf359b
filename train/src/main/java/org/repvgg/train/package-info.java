/// Training: recipe, data order, augmentation, schedule, average, checkpoints and history; it
/// drives an engine through [org.repvgg.train.TrainingEngine] and knows none.
@NullMarked
package org.repvgg.train;

import org.jspecify.annotations.NullMarked;
