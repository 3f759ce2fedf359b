/// From an image file to the numbers a network eats: decoding, resizing, cropping, normalising; the
/// same for everyone.
@NullMarked
package org.repvgg.image;

import org.jspecify.annotations.NullMarked;
