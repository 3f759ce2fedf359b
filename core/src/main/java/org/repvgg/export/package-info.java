/// Networks in other programs' formats: ONNX; and what an exported network takes, gives and must
/// answer.
@NullMarked
package org.repvgg.export;

import org.jspecify.annotations.NullMarked;
