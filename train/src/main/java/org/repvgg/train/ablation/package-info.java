/// What is each branch worth? [org.repvgg.train.ablation.Ablation] trains one network with the
/// blocks of [org.repvgg.train.ablation.Variant] in turn, several seeds each, and keeps the table.
@NullMarked
package org.repvgg.train.ablation;

import org.jspecify.annotations.NullMarked;
