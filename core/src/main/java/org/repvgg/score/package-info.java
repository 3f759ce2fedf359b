/// Scoring more images than one process should: the job as data, and how a program finds whoever
/// does it. The module `spark` does; this package knows nothing of Spark.
@NullMarked
package org.repvgg.score;

import org.jspecify.annotations.NullMarked;
