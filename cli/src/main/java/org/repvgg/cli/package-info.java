@NullMarked
package org.repvgg.cli;

import org.jspecify.annotations.NullMarked;
