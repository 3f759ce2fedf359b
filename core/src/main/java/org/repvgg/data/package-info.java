/// Labelled images wherever they live: folders, archives, the binary files of well-known data sets,
/// or drawn by code.
@NullMarked
package org.repvgg.data;

import org.jspecify.annotations.NullMarked;
