package org.repvgg.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/// Gathers values, little-endian, into large writes. Used by one thread.
public final class BufferedChannel {
    private static final int SIZE = 1 << 20;

    private final ByteBuffer buffer =
            ByteBuffer.allocateDirect(SIZE).order(ByteOrder.LITTLE_ENDIAN);
    private final FileChannel channel;

    /// @param channel stays the caller's to close
    public BufferedChannel(FileChannel channel) {
        this.channel = channel;
    }

    public void write(long value) throws IOException {
        room(Long.BYTES).putLong(value);
    }

    public void write(byte[] bytes) throws IOException {
        write(ByteBuffer.wrap(bytes));
    }

    /// Writes all that remains in `bytes`.
    public void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            ByteBuffer free = room(1);
            int count = Math.min(free.remaining(), bytes.remaining());
            free.put(bytes.slice(bytes.position(), count));
            bytes.position(bytes.position() + count);
        }
    }

    public void write(float[] values) throws IOException {
        int done = 0;
        while (done < values.length) {
            ByteBuffer free = room(Float.BYTES);
            int count = Math.min(free.remaining() / Float.BYTES, values.length - done);
            free.asFloatBuffer().put(values, done, count);
            free.position(free.position() + count * Float.BYTES);
            done += count;
        }
    }

    /// Writes 16-bit floats: each value rounded to the nearest, to the even one of two.
    void writeHalves(float[] values) throws IOException {
        for (float value : values) {
            room(Short.BYTES).putShort(Float.floatToFloat16(value));
        }
    }

    /// Writes what is still gathered.
    public void flush() throws IOException {
        AtomicFile.writeFully(channel, buffer.flip());
        buffer.clear();
    }

    private ByteBuffer room(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            flush();
        }
        return buffer;
    }
}
