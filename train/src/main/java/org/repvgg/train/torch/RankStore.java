package org.repvgg.train.torch;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.bytedeco.javacpp.SizeTPointer;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.ByteVector;
import org.bytedeco.pytorch.IntOptional;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import org.jspecify.annotations.Nullable;
import org.repvgg.train.Rendezvous;
import org.repvgg.train.TrainException;

/// The [TCPStore] of a training, kept by rank 0 where the user says: who is there. Who is lost, its
/// [Lifelines] know.
///
/// Never blocks in native code, which would write a page to standard error at a timeout.
final class RankStore implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(50);
    private static final Duration CONNECT = Duration.ofSeconds(2);

    /// How long rank 0 keeps the store open for the others to read why it leaves.
    private static final Duration LINGER = Duration.ofSeconds(1);

    private static final String ENDED = "ended";
    private static final String LIFELINES = "lifelines";

    private final Rendezvous rendezvous;
    private final InetAddress own;
    private final TCPStore store;
    private @Nullable Lifelines lifelines; // null until this rank has a place
    private List<String> names = List.of();

    private RankStore(Rendezvous rendezvous, InetAddress own, TCPStore store) {
        this.rendezvous = rendezvous;
        this.own = own;
        this.store = store;
    }

    /// Opens the store and waits until all ranks have.
    ///
    /// @param listening rank 0's socket, which is the store's from now on; null to open one
    /// @throws IllegalArgumentException if another process has this rank, or another world
    /// @throws TrainException if not all come in time, naming who is missing
    static RankStore open(Rendezvous rendezvous, @Nullable ListeningSocket listening) {
        long deadline = System.nanoTime() + rendezvous.timeout().toNanos();
        RankStore store =
                rendezvous.rank() == 0
                        ? serve(rendezvous, listening)
                        : connect(rendezvous, deadline);
        try {
            store.claim();
            if (rendezvous.rank() == 0) {
                store.announce();
                store.lifelines = store.hostLifelines();
            } else {
                store.lifelines = store.joinLifelines(deadline);
                store.announce();
            }
            store.names = store.await(deadline, store.lifelines);
            return store;
        } catch (RuntimeException e) {
            store.leave(String.valueOf(e.getMessage()));
            throw e;
        }
    }

    TCPStore store() {
        return store;
    }

    /// The address by which this machine reaches rank 0, and is reached.
    InetAddress own() {
        return own;
    }

    /// `rank 1 (10.0.0.2, process 4711)`.
    String name(int rank) {
        return names.get(rank);
    }

    private static RankStore serve(Rendezvous rendezvous, @Nullable ListeningSocket listening) {
        try {
            InetSocketAddress address = resolved(rendezvous);
            int socket = (listening == null ? ListeningSocket.open(address) : listening).release();
            return Libtorch.compute(
                    () ->
                            new RankStore(
                                    rendezvous,
                                    address.getAddress(),
                                    store(
                                            address.getAddress(),
                                            options(rendezvous, true)
                                                    .masterListenFd(new IntOptional(socket)))));
        } catch (IOException e) {
            throw new TrainException(
                    "rank 0 cannot listen on %s: %s"
                            .formatted(rendezvous.address(), e.getMessage()),
                    e);
        }
    }

    /// Tries until rank 0 listens.
    private static RankStore connect(Rendezvous rendezvous, long deadline) {
        while (true) {
            try (Socket probe = new Socket()) {
                InetSocketAddress address = resolved(rendezvous);
                probe.connect(address, (int) CONNECT.toMillis());
                return client(rendezvous, address.getAddress(), probe.getLocalAddress());
            } catch (IOException e) {
                if (System.nanoTime() > deadline) {
                    throw new TrainException(
                            "rank %s of %s has waited %s s for rank 0 at %s: %s"
                                    .formatted(
                                            rendezvous.rank(),
                                            rendezvous.world(),
                                            rendezvous.timeout().toSeconds(),
                                            rendezvous.address(),
                                            e.getMessage()),
                            e);
                }
                pause(POLL);
            }
        }
    }

    /// @throws IOException if rank 0 has ended meanwhile
    private static RankStore client(Rendezvous rendezvous, InetAddress first, InetAddress own)
            throws IOException {
        try {
            return Libtorch.compute(
                    () -> new RankStore(rendezvous, own, store(first, options(rendezvous, false))));
        } catch (IllegalStateException e) {
            if (e.getCause() == null) { // the JVM goes down
                throw e;
            }
            throw new IOException("it does not answer", e);
        }
    }

    private static InetSocketAddress resolved(Rendezvous rendezvous) throws IOException {
        try {
            return new InetSocketAddress(
                    InetAddress.getByName(rendezvous.host()), rendezvous.port());
        } catch (UnknownHostException e) {
            throw new IOException("unknown host", e);
        }
    }

    private static TCPStoreOptions options(Rendezvous rendezvous, boolean server) {
        return new TCPStoreOptions()
                .port((short) rendezvous.port()) // the bits of an unsigned one
                .isServer(server)
                .waitWorkers(false)
                .timeout(new Milliseconds(rendezvous.timeout().toMillis()))
                .numWorkers(new SizeTPointer(1).put(rendezvous.world()));
    }

    /// To be called inside a scope, which it outlives.
    private static TCPStore store(InetAddress host, TCPStoreOptions options) {
        TCPStore store = new TCPStore(host.getHostAddress(), options);
        store.retainReference();
        return store;
    }

    private void claim() {
        int rank = rendezvous.rank();
        boolean first = ask(() -> store.add("claims/" + rank, 1) == 1);
        checkArgument(
                first,
                "a rank %s is at %s already: every process takes a number of its own",
                rank,
                rendezvous.address());
    }

    /// Tells the others that this rank is there.
    private void announce() {
        set(
                key(rendezvous.rank()),
                "%s %s %s"
                        .formatted(
                                rendezvous.world(),
                                own.getHostAddress(),
                                ProcessHandle.current().pid()));
    }

    private Lifelines hostLifelines() {
        try {
            Lifelines hosted = Lifelines.host(rendezvous.world(), own);
            set(LIFELINES, Integer.toString(hosted.port()));
            return hosted;
        } catch (IOException e) {
            throw new TrainException(
                    "rank 0 cannot listen on %s: %s"
                            .formatted(own.getHostAddress(), e.getMessage()),
                    e);
        }
    }

    private Lifelines joinLifelines(long deadline) {
        while (!has(LIFELINES)) {
            if (System.nanoTime() > deadline) {
                throw firstIsGone("it does not answer");
            }
            pause(POLL);
        }
        int port = Integer.parseInt(get(LIFELINES));
        try {
            InetAddress first = resolved(rendezvous).getAddress();
            return Lifelines.join(
                    rendezvous.rank(),
                    rendezvous.world(),
                    new InetSocketAddress(first, port),
                    CONNECT);
        } catch (IOException e) {
            throw firstIsGone(String.valueOf(e.getMessage()));
        }
    }

    private static String key(int rank) {
        return "rank/" + rank;
    }

    /// Names of all ranks, when all are there.
    private List<String> await(long deadline, Lifelines lifelines) {
        int world = rendezvous.world();
        List<String> found = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        while (true) {
            // before the store is asked: whoever leaves has noted there what it has to say
            List<Integer> ended = lifelines.ended();
            List<Integer> absent = lifelines.absent();
            found.clear();
            missing.clear();
            for (int rank = 0; rank < world; rank++) {
                if (has(key(rank))) {
                    found.add(described(rank));
                } else {
                    missing.add("rank " + rank);
                }
            }
            if (has(ENDED)) {
                throw new TrainException("rank 0 has ended: " + get(ENDED));
            }
            if (!ended.isEmpty() || (missing.isEmpty() && !absent.isEmpty())) {
                throw isGone(found, ended.isEmpty() ? absent.getFirst() : ended.getFirst());
            }
            if (missing.isEmpty()) {
                return List.copyOf(found);
            }
            if (System.nanoTime() > deadline) {
                throw new TrainException(
                        "rank %s of %s has waited %s s at %s for %s; there are %s"
                                .formatted(
                                        rendezvous.rank(),
                                        world,
                                        rendezvous.timeout().toSeconds(),
                                        rendezvous.address(),
                                        String.join(", ", missing),
                                        String.join(", ", found)));
            }
            pause(POLL);
        }
    }

    /// Closes it without being taken for the reason why the training ends.
    ///
    /// @param reason for those who come after rank 0 has left
    void leave(String reason) {
        if (rendezvous.rank() == 0) {
            set(ENDED, reason);
        }
        if (lifelines != null) {
            lifelines.leave();
        }
        if (rendezvous.rank() == 0) {
            pause(LINGER);
        }
        close();
    }

    private String described(int rank) {
        String[] facts = get(key(rank)).split(" ");
        String name = "rank %s (%s, process %s)".formatted(rank, facts[1], facts[2]);
        checkArgument(
                Integer.parseInt(facts[0]) == rendezvous.world(),
                "the world has %s processes for rank %s and %s for %s: start all with the same number",
                rendezvous.world(),
                rendezvous.rank(),
                facts[0],
                name);
        return name;
    }

    private TrainException isGone(List<String> found, int rank) {
        String start = "rank " + rank + " ";
        String name =
                found.stream().filter(it -> it.startsWith(start)).findFirst().orElse(start.strip());
        return new TrainException(
                "rank %s of %s ends: %s is gone: the connection is closed"
                        .formatted(rendezvous.rank(), rendezvous.world(), name));
    }

    /// Names the ranks that are lost, one at least; see [Lifelines#lost].
    ///
    /// @param grace how long those who live may take to notice
    List<String> lost(Duration grace) {
        return lifelines().lost(grace).stream().map(this::name).toList();
    }

    /// Names the ranks that have ended; see [Lifelines#awaitEnd].
    ///
    /// @param grace how long the news may take
    List<String> ended(Duration grace) {
        return lifelines().awaitEnd(grace).stream().map(this::name).toList();
    }

    private Lifelines lifelines() {
        return Objects.requireNonNull(lifelines, "a rank without a place");
    }

    /// Asks the store.
    ///
    /// @throws TrainException if rank 0 is gone
    private <T> T ask(Supplier<T> question) {
        try {
            return Libtorch.compute(question);
        } catch (IllegalStateException e) {
            if (e.getCause() == null) { // the JVM goes down
                throw e;
            }
            throw firstIsGone("the connection is closed");
        }
    }

    private TrainException firstIsGone(String why) {
        return new TrainException(
                "rank %s of %s ends: rank 0 at %s is gone: %s"
                        .formatted(
                                rendezvous.rank(), rendezvous.world(), rendezvous.address(), why));
    }

    private boolean has(String key) {
        return ask(() -> store.check(new StringVector(key)));
    }

    private String get(String key) {
        return ask(
                () -> {
                    ByteVector value = store.get(key);
                    byte[] bytes = new byte[(int) value.size()];
                    for (int i = 0; i < bytes.length; i++) {
                        bytes[i] = value.get(i);
                    }
                    return new String(bytes, StandardCharsets.UTF_8);
                });
    }

    private void set(String key, String value) {
        ask(
                () -> {
                    store.set(key, new ByteVector(value.getBytes(StandardCharsets.UTF_8)));
                    return key;
                });
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TrainException("interrupted while waiting for other ranks", e);
        }
    }

    @Override
    public void close() {
        if (lifelines != null) {
            lifelines.close();
        }
        store.close();
    }
}
