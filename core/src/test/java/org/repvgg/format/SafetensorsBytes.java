package org.repvgg.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Makes safetensors files byte by byte, sound or not.
final class SafetensorsBytes {
    private SafetensorsBytes() {}

    /// Length, `header`, then `dataBytes` zeros.
    static Path write(Path folder, String header, int dataBytes) throws IOException {
        return write(folder, header, new byte[dataBytes]);
    }

    static Path write(Path folder, String header, byte[] data) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        return write(folder, text.length, text, data);
    }

    static Path write(Path folder, long length, byte[] header, byte[] data) throws IOException {
        ByteBuffer file =
                ByteBuffer.allocate(Long.BYTES + header.length + data.length)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(length)
                        .put(header)
                        .put(data);
        return Files.write(folder.resolve("x.safetensors"), file.array());
    }
}
