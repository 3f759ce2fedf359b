/// Spec plus weights, in two types: [org.repvgg.model.BranchedModel], the training form, and
/// [org.repvgg.model.PlainModel], the folded list of plain layers.
@NullMarked
package org.repvgg.model;

import org.jspecify.annotations.NullMarked;
