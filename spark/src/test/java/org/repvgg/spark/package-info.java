@NullMarked
package org.repvgg.spark;

import org.jspecify.annotations.NullMarked;
