package org.repvgg.benchmark.serving;

import java.io.IOException;

/// What `/metrics` says.
record ServerMetrics(String text) {
    static ServerMetrics of(ServerProcess server) throws IOException, InterruptedException {
        return new ServerMetrics(server.get("/metrics").body());
    }

    /// The sum over all lines that begin like this.
    double sum(String start) {
        return text.lines()
                .filter(line -> line.startsWith(start))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    double heapBytes() {
        return sum("jvm_memory_used_bytes{area=\"heap\"");
    }

    double waitingImages() {
        return sum("repvgg_queue_images{");
    }

    /// Images a pass since the earlier metrics.
    double batchSince(ServerMetrics earlier) {
        double images = sum("repvgg_batch_images_sum") - earlier.sum("repvgg_batch_images_sum");
        double passes = sum("repvgg_batch_images_count") - earlier.sum("repvgg_batch_images_count");
        return images / passes;
    }
}
