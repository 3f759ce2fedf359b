package org.repvgg.train.torch;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/// Keeps Gloo's lines off standard output: it prints one whenever a group is made, and standard
/// output is for results. What else is printed there while this is open comes when it closes.
///
/// Several may be open at once. Linux only, as Gloo is.
final class QuietOutput implements AutoCloseable {
    private static final Pattern GLOO = Pattern.compile("(?md)^\\[Gloo] .*\n?");
    private static final int OUTPUT = 1;

    private static final MethodHandle DUP = function("dup", ValueLayout.JAVA_INT);
    private static final MethodHandle DUP2 =
            function("dup2", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    private static final MethodHandle CLOSE = function("close", ValueLayout.JAVA_INT);
    private static final MethodHandle FLUSH = function("fflush", ValueLayout.ADDRESS);
    private static final MethodHandle MEMORY_FILE =
            function("memfd_create", ValueLayout.ADDRESS, ValueLayout.JAVA_INT);

    private static int open;
    private static int output; // where standard output went before the first was opened
    private static int kept; // the file in memory where it goes meanwhile

    QuietOutput() {
        enter();
    }

    private static synchronized void enter() {
        if (open++ == 0) {
            try (Arena arena = Arena.ofConfined()) {
                kept = call(MEMORY_FILE, arena.allocateFrom("output"), 0);
            }
            flush();
            output = call(DUP, OUTPUT);
            int _ = call(DUP2, kept, OUTPUT);
        }
    }

    @Override
    public void close() {
        leave();
    }

    private static synchronized void leave() {
        if (--open == 0) {
            flush();
            int _ = call(DUP2, output, OUTPUT);
            int _ = call(CLOSE, output);
            passOn();
            int _ = call(CLOSE, kept);
        }
    }

    private static void flush() {
        int _ = call(FLUSH, MemorySegment.NULL);
    }

    private static void passOn() {
        try {
            // a character for each byte, whatever the text is in
            String text =
                    Files.readString(Path.of("/proc/self/fd/" + kept), StandardCharsets.ISO_8859_1);
            byte[] ours = GLOO.matcher(text).replaceAll("").getBytes(StandardCharsets.ISO_8859_1);
            new FileOutputStream(FileDescriptor.out).write(ours);
        } catch (IOException _) {
            // nobody reads standard output
        }
    }

    private static MethodHandle function(String name, MemoryLayout... arguments) {
        return Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow(name),
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
    }

    private static int call(MethodHandle function, Object... arguments) {
        try {
            return (int) function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new IllegalStateException("the C library cannot be called", e);
        }
    }
}
