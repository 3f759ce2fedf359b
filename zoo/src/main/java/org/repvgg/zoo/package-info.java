/// Trained networks that come with this library: [org.repvgg.zoo.Zoo] finds them by name.
@NullMarked
package org.repvgg.zoo;

import org.jspecify.annotations.NullMarked;
