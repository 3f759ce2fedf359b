/// Scores millions of images on Apache Spark: [org.repvgg.spark.ImageScorer] for Java,
/// [org.repvgg.spark.ClassifyFunction] for SQL, [org.repvgg.spark.SparkBatchScorer] for whole
/// folders and tables with an output that a stopped job can go on with. And starts the ranks of a
/// training: [org.repvgg.spark.SparkRanks].
@NullMarked
package org.repvgg.spark;

import org.jspecify.annotations.NullMarked;
