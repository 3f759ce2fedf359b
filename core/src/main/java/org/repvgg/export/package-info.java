/// Networks in other programs' formats: ONNX.
@NullMarked
package org.repvgg.export;

import org.jspecify.annotations.NullMarked;
