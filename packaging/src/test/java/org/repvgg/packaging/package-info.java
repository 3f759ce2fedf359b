/// Tests of what is handed out: the bundle, its image, its service.
@NullMarked
package org.repvgg.packaging;

import org.jspecify.annotations.NullMarked;
