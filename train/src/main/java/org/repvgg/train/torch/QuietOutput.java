package org.repvgg.train.torch;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Sends what native code prints to standard output to standard error while it is open: Gloo prints
/// a line whenever a group is made, and standard output is for results.
///
/// Several may be open at once.
final class QuietOutput implements AutoCloseable {
    private static final int OUTPUT = 1;
    private static final int ERROR = 2;

    private static final MethodHandle DUP = function("dup", 1);
    private static final MethodHandle DUP2 = function("dup2", 2);
    private static final MethodHandle CLOSE = function("close", 1);
    private static final MethodHandle FLUSH =
            Linker.nativeLinker()
                    .downcallHandle(
                            Linker.nativeLinker().defaultLookup().findOrThrow("fflush"),
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS));

    private static int open;
    private static int output; // where standard output went before the first was opened

    QuietOutput() {
        enter();
    }

    private static synchronized void enter() {
        if (open++ == 0) {
            output = call(DUP, OUTPUT);
            int _ = call(DUP2, ERROR, OUTPUT);
        }
    }

    @Override
    public void close() {
        leave();
    }

    private static synchronized void leave() {
        if (--open == 0) {
            int _ = call(FLUSH, MemorySegment.NULL);
            int _ = call(DUP2, output, OUTPUT);
            int _ = call(CLOSE, output);
        }
    }

    private static MethodHandle function(String name, int arguments) {
        ValueLayout[] ints = new ValueLayout[arguments];
        java.util.Arrays.fill(ints, ValueLayout.JAVA_INT);
        return Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow(name),
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ints));
    }

    private static int call(MethodHandle function, Object... arguments) {
        try {
            return (int) function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new IllegalStateException("the C library cannot be called", e);
        }
    }
}
