/// Networks that answer many callers: [org.repvgg.serve.inference.ModelRepository] loads and
/// replaces them, [org.repvgg.serve.inference.ServedModel] answers, a queue before each forms
/// batches.
@NullMarked
package org.repvgg.serve.inference;

import org.jspecify.annotations.NullMarked;
