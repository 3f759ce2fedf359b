package org.repvgg.train.torch;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.presets.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;
import org.repvgg.train.TrainException;
import org.repvgg.train.torch.TorchOptions.Device;
import org.repvgg.train.torch.TorchOptions.Precision;

/// The native library itself: loading it, what it can do here, and its failures as Java's.
final class Libtorch {
    private static final FunctionDescriptor MALLOPT =
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);

    /// Parameters of glibc's `mallopt`, as `malloc.h` numbers them.
    private static final int M_TRIM_THRESHOLD = -1;

    private static final int M_TOP_PAD = -2;
    private static final int M_MMAP_THRESHOLD = -3;

    private static final FunctionDescriptor SETENV =
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_INT);

    private static final Path PROCESSOR = Path.of("/proc/cpuinfo");

    static {
        // JavaCPP would refuse to allocate, and collect garbage over and over, when the process is
        // bigger than twice the Java heap; tensors live outside the heap, so that is normal here.
        setUnlessGiven("org.bytedeco.javacpp.maxBytes", "0");
        setUnlessGiven("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    }

    private static boolean prepared;

    private Libtorch() {}

    /// Loads the library and checks that it can compute on `device`.
    ///
    /// @throws IllegalArgumentException if it cannot
    /// @throws TrainException if there is no library for this machine
    static void load(Device device) {
        try {
            prepare();
        } catch (LinkageError e) {
            String why =
                    e.getCause() instanceof ClassNotFoundException
                            ? "org.bytedeco:pytorch or what it needs is not on the class path: add"
                                    + " it, or train with --engine java what that trains"
                            : firstLine(e);
            throw new TrainException("libtorch cannot be loaded here: " + why, e);
        }
        checkArgument(
                device == Device.CPU || hasCuda(),
                "device cuda: libtorch finds no CUDA device; it needs an NVIDIA GPU, CUDA 13 and the"
                        + " pytorch jar for GPUs (classifier linux-x86_64-gpu) on the class path");
    }

    /// Once, for what is set here must not change while another thread computes.
    private static synchronized void prepare() {
        if (prepared) {
            return;
        }
        loadAlone(openblas_nolapack.class);
        loadAlone(torch.class);
        // OpenBLAS has a pool of its own beside libtorch's, whose threads spin for 30 ms after
        // every product: the classifier's two took the core that libtorch's second thread needs.
        openblas_nolapack.blas_set_num_threads(1);
        keepFreedMemory();
        torch.globalContext().setUserEnabledNNPACK(false); // else one warning a convolution
        prepared = true;
    }

    /// One process at a time: who is first unpacks the libraries, and another that loads them
    /// meanwhile would crash.
    ///
    /// @param library what JavaCPP made of it
    static synchronized void loadAlone(Class<?> library) {
        try (FileChannel file =
                        FileChannel.open(
                                Loader.getCacheDir().toPath().resolve("loading"),
                                StandardOpenOption.CREATE,
                                StandardOpenOption.WRITE);
                FileLock _ = file.lock()) {
            String _ = Loader.load(library);
        } catch (IOException e) {
            throw new TrainException("libtorch cannot be unpacked: " + e.getMessage(), e);
        }
    }

    /// Keeps libtorch's warnings off standard error, unless the user has said what to log: a store
    /// that is gone would be one, with a page of native frames, beside the line that says so.
    static void logErrorsOnly() {
        Linker linker = Linker.nativeLinker();
        MethodHandle setenv =
                linker.downcallHandle(linker.defaultLookup().findOrThrow("setenv"), SETENV);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom("TORCH_CPP_LOG_LEVEL");
            int _ = (int) setenv.invokeExact(name, arena.allocateFrom("ERROR"), 0);
        } catch (Throwable e) {
            throw new IllegalStateException("setenv cannot be called", e);
        }
        torch.initLogging();
    }

    /// Whether there is a GPU that this build of libtorch can use.
    static boolean hasCuda() {
        return torch.cuda_is_available();
    }

    /// Lets the C library keep memory that is freed instead of giving it back: every step frees and
    /// wants again the same hundreds of megabytes, and for each page that comes fresh the kernel is
    /// asked, a quarter of a step's time. Only glibc knows the call; elsewhere nothing happens.
    private static void keepFreedMemory() {
        Linker linker = Linker.nativeLinker();
        linker.defaultLookup()
                .find("mallopt")
                .map(address -> linker.downcallHandle(address, MALLOPT))
                .ifPresent(
                        mallopt -> {
                            set(mallopt, M_MMAP_THRESHOLD, 1 << 30);
                            set(mallopt, M_TRIM_THRESHOLD, Integer.MAX_VALUE);
                            set(mallopt, M_TOP_PAD, 64 << 20);
                        });
    }

    private static void set(MethodHandle mallopt, int parameter, int value) {
        try {
            int _ = (int) mallopt.invokeExact(parameter, value); // 0 if refused: slower, no harm
        } catch (Throwable e) {
            throw new IllegalStateException("mallopt(%s, %s)".formatted(parameter, value), e);
        }
    }

    /// [Precision#AUTO] decided for `device`: bf16 on GPUs and on processors that multiply it.
    static Precision decide(Precision wanted, Device device) {
        if (wanted != Precision.AUTO) {
            return wanted;
        }
        return device == Device.CUDA || processorMultipliesBf16() ? Precision.BF16 : Precision.FP32;
    }

    private static boolean processorMultipliesBf16() {
        try {
            String flags = Files.isReadable(PROCESSOR) ? Files.readString(PROCESSOR) : "";
            return flags.contains("avx512_bf16") || flags.contains("amx_bf16");
        } catch (IOException _) {
            return false;
        }
    }

    /// Runs `computation` inside the gate and a scope that frees every native object it leaves.
    static <T> T compute(Supplier<T> computation) {
        NativeGate.enter();
        return inside(computation);
    }

    /// As [#compute], for copying state: fails where [#compute] would wait for the JVM's end.
    static <T> T copy(Supplier<T> computation) {
        NativeGate.enterOrFail();
        return inside(computation);
    }

    private static <T> T inside(Supplier<T> computation) {
        try (PointerScope _ = new PointerScope()) {
            return computation.get();
        } catch (RuntimeException e) {
            throw translate(e);
        } finally {
            NativeGate.leave();
        }
    }

    /// libtorch's exceptions arrive as bare [RuntimeException]s, a native stack trace in the
    /// message.
    private static RuntimeException translate(RuntimeException e) {
        if (e.getClass() != RuntimeException.class) {
            return e;
        }
        String line = firstLine(e);
        String lower = line.toLowerCase(Locale.ROOT);
        if (lower.contains("allocate memory")
                || lower.contains("out of memory")
                || lower.contains("bad_alloc")) {
            var error = new OutOfMemoryError("libtorch: " + line);
            error.initCause(e);
            throw error;
        }
        return new IllegalStateException("libtorch: " + line, e);
    }

    private static String firstLine(Throwable e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse(e.toString()).strip();
    }

    private static void setUnlessGiven(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
