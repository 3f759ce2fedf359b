package org.repvgg.spark;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.repvgg.data.Digests;
import org.repvgg.format.Checkpoint;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;
import org.repvgg.model.Provenance;

/// A plain network on its way to the executors: the bytes of its checkpoint, sent once to each.
final class SharedNetwork implements Serializable {
    private final String digest;
    private final Broadcast<byte[]> bytes;

    private SharedNetwork(String digest, Broadcast<byte[]> bytes) {
        this.digest = digest;
        this.bytes = bytes;
    }

    static SharedNetwork of(SparkContext context, Packed packed) {
        return new SharedNetwork(
                packed.digest, JavaSparkContext.fromSparkContext(context).broadcast(packed.bytes));
    }

    /// The network of this JVM for the running task, which gives it back when it ends.
    ExecutorNetwork forTask() {
        return ExecutorNetwork.forTask(digest, () -> unpack(bytes.value()));
    }

    /// A checkpoint in memory.
    static final class Packed {
        private final byte[] bytes;
        private final String digest;

        private Packed(byte[] bytes) {
            this.bytes = bytes;
            this.digest = HexFormat.of().formatHex(Digests.algorithm("SHA-256").digest(bytes));
        }

        /// SHA-256 of what answers: architecture, weights, input; not of where they come from.
        String digest() {
            return digest;
        }
    }

    static Packed pack(PlainModel model) {
        try {
            Path file = Files.createTempFile("repvgg", ".safetensors");
            try {
                Checkpoint.write(file, model.withProvenance(Provenance.UNKNOWN));
                return new Packed(Files.readAllBytes(file));
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PlainModel unpack(byte[] bytes) {
        try {
            Path file = Files.createTempFile("repvgg", ".safetensors");
            try {
                Files.write(file, bytes);
                Model model = Checkpoint.read(file);
                return (PlainModel) model;
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
