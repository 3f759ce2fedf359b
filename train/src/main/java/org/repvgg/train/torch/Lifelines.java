package org.repvgg.train.torch;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Connections that carry next to nothing: the system closes them when a process ends, however that
/// comes, and so the others notice at once. Rank 0 is in the middle and passes on what it notices.
///
/// Rank R says R to rank 0 when it comes, and again when it leaves because of another. Rank 0 says
/// R when R has ended, and `-1 - R` when R leaves, to R, too, as an answer.
final class Lifelines implements AutoCloseable {
    private static final int FIRST = 0;

    private final int rank;
    private final int world;
    private final @Nullable ServerSocket door; // rank 0's
    private final Map<Integer, Socket> lines = new TreeMap<>();
    private final TreeSet<Integer> ended = new TreeSet<>();
    private final TreeSet<Integer> leaving = new TreeSet<>();
    private boolean closed;

    private Lifelines(int rank, int world, @Nullable ServerSocket door) {
        this.rank = rank;
        this.world = world;
        this.door = door;
    }

    /// Rank 0's, at a port that the system picks.
    static Lifelines host(int world, InetAddress address) throws IOException {
        ServerSocket door = new ServerSocket(0, world, address);
        Lifelines hosted = new Lifelines(FIRST, world, door);
        hosted.start(() -> hosted.admit(door));
        return hosted;
    }

    /// Another rank's.
    ///
    /// @throws IOException if rank 0 is not there
    static Lifelines join(int rank, int world, InetSocketAddress first, Duration timeout)
            throws IOException {
        Lifelines joined = new Lifelines(rank, world, null);
        Socket line = new Socket();
        try {
            line.connect(first, (int) timeout.toMillis());
            new DataOutputStream(line.getOutputStream()).writeInt(rank);
        } catch (IOException e) {
            line.close();
            throw e;
        }
        joined.lines.put(FIRST, line);
        joined.start(() -> joined.listen(line));
        return joined;
    }

    /// Where rank 0 listens.
    int port() {
        return door == null ? 0 : door.getLocalPort();
    }

    private void start(Runnable work) {
        Thread.ofVirtual().name("lifelines of rank " + rank).start(work);
    }

    private void admit(ServerSocket door) {
        try {
            while (true) {
                Socket line = door.accept();
                start(() -> attend(line));
            }
        } catch (IOException _) {
            // closed
        }
    }

    /// Rank 0's end of a line. Who is no rank of this training is heard, and not heeded.
    private void attend(Socket line) {
        try (line) {
            DataInputStream in = new DataInputStream(line.getInputStream());
            int other = in.readInt();
            if (enter(other, line)) {
                heed(other, in);
            } else {
                in.skipNBytes(Long.MAX_VALUE);
            }
        } catch (IOException _) {
            // it has not said who it is
        }
    }

    private void heed(int other, DataInputStream in) {
        try {
            while (true) {
                int _ = in.readInt();
                leave(other);
            }
        } catch (IOException _) {
            end(other);
        }
    }

    /// Whether it is a rank; it is told what the others know, then.
    private synchronized boolean enter(int other, Socket line) {
        boolean known = other > FIRST && other < world && !closed;
        if (!known || lines.putIfAbsent(other, line) != null) {
            return false;
        }
        ended.forEach(value -> say(line, value));
        leaving.forEach(value -> say(line, -1 - value));
        return true;
    }

    /// Another rank's end.
    private void listen(Socket line) {
        try (line) {
            DataInputStream in = new DataInputStream(line.getInputStream());
            while (true) {
                int value = in.readInt();
                if (value < 0) {
                    leave(-1 - value);
                } else {
                    end(value);
                }
            }
        } catch (IOException _) {
            end(FIRST);
        }
    }

    private synchronized void end(int other) {
        if (!closed && !leaving.contains(other) && ended.add(other)) {
            tell(other);
            notifyAll();
        }
    }

    private synchronized void leave(int other) {
        if (leaving.add(other)) {
            tell(-1 - other);
            notifyAll();
        }
    }

    /// From rank 0 to all others.
    private void tell(int value) {
        if (rank == FIRST) {
            lines.values().forEach(line -> say(line, value));
        }
    }

    private static void say(Socket line, int value) {
        try {
            new DataOutputStream(line.getOutputStream()).writeInt(value);
        } catch (IOException _) {
            // who listens there has ended, which reading will tell
        }
    }

    /// Ranks that have ended without a word, as far as it is known.
    synchronized List<Integer> ended() {
        return List.copyOf(ended);
    }

    /// Those, and ranks that have left.
    synchronized List<Integer> absent() {
        TreeSet<Integer> absent = new TreeSet<>(ended);
        absent.addAll(leaving);
        absent.remove(rank);
        return List.copyOf(absent);
    }

    /// Waits until it is known that a rank has ended.
    ///
    /// @return those that have; none if none has in this time
    synchronized List<Integer> awaitEnd(Duration time) {
        await(time, 0);
        return ended();
    }

    /// Tells the others that this rank is about to end because of another, which none of them shall
    /// take for the reason.
    synchronized void leave() {
        if (rank == FIRST) {
            leave(FIRST);
        } else {
            lines.values().forEach(line -> say(line, rank));
        }
    }

    /// To be called when another rank is lost: leaves, and names the lost ones. Those are the ones
    /// that have ended. Where none has, they are silent, and neither leave in `grace`; a silent
    /// rank 0 is known by passing nothing on.
    synchronized List<Integer> lost(Duration grace) {
        leave();
        await(grace, 1);
        if (!ended.isEmpty()) {
            return ended();
        }
        if (rank != FIRST && !leaving.contains(rank) && !leaving.contains(FIRST)) {
            return List.of(FIRST);
        }
        List<Integer> silent = others();
        silent.removeAll(leaving);
        return silent.isEmpty() ? others() : silent;
    }

    private List<Integer> others() {
        List<Integer> others = new ArrayList<>();
        for (int other = 0; other < world; other++) {
            if (other != rank) {
                others.add(other);
            }
        }
        return others;
    }

    /// Until a rank has ended, or no more than `few` of the others are left.
    private void await(Duration time, int few) {
        long deadline = System.nanoTime() + time.toNanos();
        long millis = time.toMillis();
        while (ended.isEmpty() && staying() > few && millis > 0) {
            try {
                wait(millis);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt(); // it is to stop: what is known must do
                return;
            }
            millis = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
        }
    }

    private int staying() {
        return (int) others().stream().filter(other -> !leaving.contains(other)).count();
    }

    /// The others take this rank for ended, unless it has left.
    @Override
    public synchronized void close() {
        closed = true;
        lines.values().forEach(Lifelines::close);
        if (door != null) {
            close(door);
        }
    }

    private static void close(Closeable open) {
        try {
            open.close();
        } catch (IOException _) {
            // closed all the same
        }
    }
}
