package org.repvgg.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// An open file of named tensors: what it holds is known and checked, tensors are read when asked
/// for.
public sealed interface TensorFile extends AutoCloseable permits Safetensors, TorchFile {

    /// One tensor of the file.
    ///
    /// @param dimensions extents, outermost first; the file has bytes for all of them
    record Entry(String name, DataType type, List<Integer> dimensions) {
        public Entry {
            dimensions = List.copyOf(dimensions);
        }

        /// @throws IllegalArgumentException if there are more elements than an array can hold
        public Shape shape() {
            return Shape.of(dimensions.stream().mapToInt(Integer::intValue).toArray());
        }
    }

    /// Opens a safetensors file or one of PyTorch's, whatever its name says.
    ///
    /// @throws CheckpointException if it is missing or a sound file of neither kind
    static TensorFile open(Path path) throws IOException {
        CheckpointException.checkFile(path);
        ByteBuffer start = ByteBuffer.allocate(TorchFile.SIGNATURE);
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            while (start.hasRemaining() && channel.read(start) >= 0) {}
        }
        return TorchFile.isOne(start.flip()) ? TorchFile.open(path) : Safetensors.open(path);
    }

    Path path();

    /// The tensors by name, in the file's order.
    Map<String, Entry> entries();

    /// Texts beside the tensors; empty where there are none.
    Map<String, String> metadata();

    /// Reads a tensor of type F32, F64, F16 or BF16 as floats.
    ///
    /// @throws IllegalArgumentException if there is no tensor of that name
    /// @throws CheckpointException if its type is another, or the file cannot be read
    Tensor read(String name) throws IOException;

    /// Reads a tensor of type I64.
    ///
    /// @throws IllegalArgumentException if there is no tensor of that name
    /// @throws CheckpointException if its type is another, or the file cannot be read
    long[] readLongs(String name) throws IOException;

    /// Writes a tensor of any type as it is: its elements in order, little-endian.
    ///
    /// @throws IllegalArgumentException if there is no tensor of that name
    /// @throws CheckpointException if the file cannot be read
    void copy(String name, BufferedChannel out) throws IOException;

    @Override
    void close() throws IOException;
}
