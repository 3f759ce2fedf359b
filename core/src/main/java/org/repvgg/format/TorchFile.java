package org.repvgg.format;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipException;
import org.repvgg.format.TorchPickle.View;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// A file that PyTorch's `torch.save` wrote: `.pth`, `.pt`, `.bin`; a zip since version 1.6,
/// pickles one after the other before.
///
/// Its tensors are those of the state dictionary in it, perhaps wrapped as `{"state_dict": …}`. It
/// is read by [Unpickler], which runs nothing, and refused if it asks for more than tensors and
/// what they lie in. Memory is taken only for tensors that are asked for, and only once the file is
/// known to have bytes for all of them.
public final class TorchFile implements TensorFile {
    /// First bytes of a file by which it is recognised.
    static final int SIGNATURE = 4;

    private static final int ZIP = 0x04034b50;
    private static final int PROTOCOL = 0x80;
    private static final int LONG = 0x8a;
    private static final int CHUNK = 1 << 20;

    private final TorchStorages storages;
    private final Map<String, View> views;
    private final Map<String, Entry> entries;

    private TorchFile(TorchStorages storages) throws IOException {
        this.storages = storages;
        this.views = TorchPickle.tensors(storages);
        Map<String, Entry> found = new LinkedHashMap<>();
        views.forEach((name, view) -> found.put(name, entry(name, view)));
        this.entries = Collections.unmodifiableMap(found);
    }

    private static Entry entry(String name, View view) {
        return new Entry(name, view.type(), view.dimensions());
    }

    /// @param start first [#SIGNATURE] bytes of a file, or all of a shorter one
    static boolean isOne(ByteBuffer start) {
        if (start.remaining() < SIGNATURE) {
            return false;
        }
        boolean zip = start.order(ByteOrder.LITTLE_ENDIAN).getInt(0) == ZIP;
        boolean pickle =
                Byte.toUnsignedInt(start.get(0)) == PROTOCOL
                        && Byte.toUnsignedInt(start.get(2)) == LONG;
        return zip || pickle;
    }

    /// Opens a file, and finds its tensors.
    ///
    /// @throws CheckpointException if it is missing, not a sound file of PyTorch's, or asks for
    ///   anything but tensors
    public static TorchFile open(Path path) throws IOException {
        TorchStorages storages = TorchStorages.open(path);
        try {
            return new TorchFile(storages);
        } catch (IOException | RuntimeException | Error e) {
            storages.close();
            throw e;
        }
    }

    @Override
    public Path path() {
        return storages.path();
    }

    @Override
    public Map<String, Entry> entries() {
        return entries;
    }

    /// None: PyTorch's files have no texts beside the tensors.
    @Override
    public Map<String, String> metadata() {
        return Map.of();
    }

    @Override
    public Tensor read(String name) throws IOException {
        View view = view(name);
        DataType type = view.type();
        if (!type.isReadable()) {
            throw new CheckpointException(path(), type.refusal(name));
        }
        float[] values = new float[view.span()];
        read(view, name, (chunk, at) -> type.toFloats(chunk, values, at));
        Shape shape = entry(name, view).shape();
        if (view.isContiguous()) {
            return Tensor.ofOwned(shape, values);
        }
        float[] gathered = new float[shape.elements()];
        int[] places = view.places();
        for (int i = 0; i < gathered.length; i++) {
            gathered[i] = values[places[i]];
        }
        return Tensor.ofOwned(shape, gathered);
    }

    @Override
    public long[] readLongs(String name) throws IOException {
        View view = view(name);
        if (view.type() != DataType.I64) {
            throw new CheckpointException(
                    path(), "data type " + view.type() + " is not I64: " + name);
        }
        long[] values = new long[view.span()];
        read(
                view,
                name,
                (chunk, at) -> {
                    int count = chunk.remaining() / Long.BYTES;
                    chunk.asLongBuffer().get(values, at, count);
                });
        return view.isContiguous()
                ? values
                : Arrays.stream(view.places()).mapToLong(place -> values[place]).toArray();
    }

    @Override
    public void copy(String name, BufferedChannel out) throws IOException {
        View view = view(name);
        if (view.isContiguous()) {
            read(view, name, (chunk, _) -> out.write(chunk));
            return;
        }
        int bytes = view.type().bytes();
        long span = (long) view.span() * bytes;
        if (span > Integer.MAX_VALUE) {
            throw new CheckpointException(
                    path(), "a tensor out of order that spans %s bytes: %s".formatted(span, name));
        }
        ByteBuffer elements = ByteBuffer.allocate((int) span);
        read(view, name, (chunk, _) -> elements.put(chunk));
        for (int place : view.places()) {
            out.write(elements.slice(place * bytes, bytes));
        }
    }

    @Override
    public void close() throws IOException {
        storages.close();
    }

    private View view(String name) {
        View view = views.get(name);
        if (view == null) {
            String hint = DidYouMean.hint(name, views.keySet());
            throw new IllegalArgumentException("no tensor '" + name + "' in " + path() + hint);
        }
        return view;
    }

    /// Takes a chunk of elements, and the place of the first.
    @FunctionalInterface
    private interface Sink {
        void accept(ByteBuffer chunk, int at) throws IOException;
    }

    private void read(View view, String name, Sink sink) throws IOException {
        int bytes = view.type().bytes();
        byte[] chunk = new byte[(int) Math.min(CHUNK, (long) view.span() * bytes)];
        try (InputStream in = storages.read(view.storage())) {
            in.skipNBytes(view.offset() * bytes);
            for (int done = 0; done < view.span(); ) {
                int count = Math.min(chunk.length / bytes, view.span() - done);
                if (in.readNBytes(chunk, 0, count * bytes) < count * bytes) {
                    throw new EOFException();
                }
                sink.accept(
                        ByteBuffer.wrap(chunk, 0, count * bytes).order(ByteOrder.LITTLE_ENDIAN),
                        done);
                done += count;
            }
        } catch (EOFException e) {
            throw new CheckpointException(
                    path(), "the file became shorter while it was read: " + name);
        } catch (ZipException e) { // who opens a zip has not seen all of it
            throw new CheckpointException(
                    path(), "not a sound zip: " + e.getMessage() + ": " + name);
        }
    }
}
