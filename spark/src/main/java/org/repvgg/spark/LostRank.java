package org.repvgg.spark;

/// Fails a task whose rank has lost another one. The driver knows it by its name: Spark hands on
/// the stack of a failed task as text.
final class LostRank extends RuntimeException {
    LostRank(String message) {
        super(message);
    }
}
