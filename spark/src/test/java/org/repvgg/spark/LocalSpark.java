package org.repvgg.spark;

import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;

/// One Spark for all tests of this JVM, with two tasks at a time.
final class LocalSpark {
    private LocalSpark() {}

    static SparkSession session() {
        return builder().getOrCreate();
    }

    static SparkSession.Builder builder() {
        return SparkSession.builder()
                .master("local[2]")
                .appName("tests")
                .config("spark.ui.enabled", false)
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.sql.shuffle.partitions", 2)
                .config(
                        "spark.sql.warehouse.dir",
                        Path.of("target", "warehouse").toUri().toString())
                .config("spark.log.level", "OFF");
    }
}
