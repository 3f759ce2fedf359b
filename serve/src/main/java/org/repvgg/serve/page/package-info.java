/// The page that people see: its files, and the maps that it lays over photos.
@NullMarked
package org.repvgg.serve.page;

import org.jspecify.annotations.NullMarked;
