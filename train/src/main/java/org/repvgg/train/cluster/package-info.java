/// Training on a cluster that starts the ranks itself: a job as data, what each rank runs, and how
/// both sides find each other. The module `spark` has such a cluster; this package knows nothing of
/// Spark.
@NullMarked
package org.repvgg.train.cluster;

import org.jspecify.annotations.NullMarked;
