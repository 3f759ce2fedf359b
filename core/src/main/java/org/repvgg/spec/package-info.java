/// Architecture as data: what a network is, in numbers, before any weight exists.
///
/// [org.repvgg.spec.BranchSpec] is one linear path, [org.repvgg.spec.BlockSpec] a sum of them,
/// [org.repvgg.spec.RepVggSpec] the stack, and [org.repvgg.spec.RepVggFamily] the paper's table.
@NullMarked
package org.repvgg.spec;

import org.jspecify.annotations.NullMarked;
