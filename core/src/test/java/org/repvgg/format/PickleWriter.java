package org.repvgg.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Writes pickles instruction by instruction, sound ones and others, and files around them.
final class PickleWriter {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Map<String, byte[]> storages = new LinkedHashMap<>();

    PickleWriter() {
        bytes(0x80, 2);
    }

    PickleWriter bytes(int... values) {
        for (int value : values) {
            out.write(value);
        }
        return this;
    }

    PickleWriter global(String module, String name) {
        out.write('c');
        out.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
        return this;
    }

    PickleWriter text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.write('X');
        out.writeBytes(little(Integer.BYTES).putInt(utf8.length).array());
        out.writeBytes(utf8);
        return this;
    }

    /// In eight bytes, whatever its size.
    PickleWriter integer(long value) {
        bytes(0x8a, Long.BYTES);
        out.writeBytes(little(Long.BYTES).putLong(value).array());
        return this;
    }

    PickleWriter integers(long... values) {
        bytes('(');
        for (long value : values) {
            integer(value);
        }
        return bytes('t');
    }

    /// `{name: tensor, …}` begins, as an ordered dictionary.
    PickleWriter dictionary() {
        return global("collections", "OrderedDict").bytes(')', 'R', '(');
    }

    PickleWriter endDictionary() {
        return bytes('u');
    }

    /// A tensor on storage `key`.
    PickleWriter tensor(
            String type, String key, long elements, long offset, long[] shape, long[] strides) {
        global("torch._utils", "_rebuild_tensor_v2").bytes('(');
        bytes('(').text("storage").global("torch", type).text(key).text("cpu").integer(elements);
        bytes('t', 'Q').integer(offset).integers(shape).integers(strides).bytes(0x89);
        return global("collections", "OrderedDict").bytes(')', 'R', 't', 'R');
    }

    PickleWriter storage(String key, byte[] content) {
        storages.put(key, content);
        return this;
    }

    byte[] pickle() {
        out.write('.');
        return out.toByteArray();
    }

    /// A zip as PyTorch's, nothing compressed.
    void zip(Path path) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(path))) {
            stored(zip, "archive/data.pkl", pickle());
            for (Map.Entry<String, byte[]> storage : storages.entrySet()) {
                stored(zip, "archive/data/" + storage.getKey(), storage.getValue());
            }
        }
    }

    private static void stored(ZipOutputStream zip, String name, byte[] content)
            throws IOException {
        CRC32 sum = new CRC32();
        sum.update(content);
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(sum.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
