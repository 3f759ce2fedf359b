/// How good is it, and do two forms agree? Accuracy, confusion, agreement and rate.
@NullMarked
package org.repvgg.evaluate;

import org.jspecify.annotations.NullMarked;
