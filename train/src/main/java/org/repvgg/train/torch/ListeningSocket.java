package org.repvgg.train.torch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;

/// A socket that listens on one address, as a file descriptor of the C library: c10d's own would
/// listen on every address of the machine. Linux only, as Gloo is.
public final class ListeningSocket implements AutoCloseable {
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int SOCK_STREAM = 1;
    private static final int SOL_SOCKET = 1;
    private static final int SO_REUSEADDR = 2;
    private static final int BACKLOG = 1024;

    private static final int EACCES = 13;
    private static final int EADDRINUSE = 98;
    private static final int EADDRNOTAVAIL = 99;

    /// Where the port stands in `sockaddr_in` and in `sockaddr_in6`.
    private static final ValueLayout.OfShort PORT =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);

    private static final long PORT_AT = 2;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO_OF =
            STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final int GIVEN_AWAY = -1;

    private final int port;
    private int descriptor;

    private ListeningSocket(int descriptor, int port) {
        this.descriptor = descriptor;
        this.port = port;
    }

    /// Opens it.
    ///
    /// @param address of this machine; port 0 for one that the system picks
    /// @throws IOException if the address is taken, or not this machine's
    public static ListeningSocket open(InetSocketAddress address) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment where = address(address, arena);
            int family = where.get(ValueLayout.JAVA_SHORT, 0);
            int socket = call(arena, "socket", family, SOCK_STREAM, 0);
            try {
                MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_INT, 1);
                int _ = call(arena, "setsockopt", socket, SOL_SOCKET, SO_REUSEADDR, one, 4);
                int _ = call(arena, "bind", socket, where, (int) where.byteSize());
                int _ = call(arena, "listen", socket, BACKLOG);
                MemorySegment length =
                        arena.allocateFrom(ValueLayout.JAVA_INT, (int) where.byteSize());
                int _ = call(arena, "getsockname", socket, where, length);
            } catch (IOException e) {
                int _ = call(arena, "close", socket);
                throw e;
            }
            return new ListeningSocket(socket, Short.toUnsignedInt(where.get(PORT, PORT_AT)));
        }
    }

    /// Where it listens.
    public int port() {
        return port;
    }

    /// The descriptor, which is the caller's to close from now on.
    int release() {
        int released = descriptor;
        descriptor = GIVEN_AWAY;
        return released;
    }

    /// Closes it, unless it was given away.
    @Override
    public void close() {
        int open = release();
        if (open == GIVEN_AWAY) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            int _ = call(arena, "close", open);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// `sockaddr_in` or `sockaddr_in6`.
    private static MemorySegment address(InetSocketAddress address, Arena arena) {
        InetAddress host = address.getAddress();
        byte[] bytes = host.getAddress();
        boolean four = bytes.length == 4;
        MemorySegment segment = arena.allocate(four ? 16 : 28, 4);
        segment.set(ValueLayout.JAVA_SHORT, 0, (short) (four ? AF_INET : AF_INET6));
        segment.set(PORT, PORT_AT, (short) address.getPort());
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, four ? 4 : 8, bytes.length);
        return segment;
    }

    /// Calls a function of the C library that answers -1 where it fails.
    ///
    /// @param arguments ints and segments
    private static int call(Arena arena, String function, Object... arguments) throws IOException {
        MemoryLayout[] layouts = new MemoryLayout[arguments.length];
        Object[] all = new Object[arguments.length + 1];
        MemorySegment state = arena.allocate(STATE);
        all[0] = state;
        for (int i = 0; i < arguments.length; i++) {
            layouts[i] =
                    arguments[i] instanceof MemorySegment
                            ? ValueLayout.ADDRESS
                            : ValueLayout.JAVA_INT;
            all[i + 1] = arguments[i];
        }
        int result;
        try {
            result =
                    (int)
                            LINKER.downcallHandle(
                                            LINKER.defaultLookup().findOrThrow(function),
                                            FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts),
                                            ERRNO)
                                    .invokeWithArguments(all);
        } catch (Throwable e) {
            throw new IllegalStateException(function + " cannot be called", e);
        }
        if (result < 0) {
            throw new IOException(text((int) ERRNO_OF.get(state, 0L), function));
        }
        return result;
    }

    private static String text(int errno, String function) {
        return switch (errno) {
            case EACCES -> "permission denied";
            case EADDRINUSE -> "address already in use";
            case EADDRNOTAVAIL -> "not an address of this machine";
            default -> function + " fails with error " + errno;
        };
    }
}
