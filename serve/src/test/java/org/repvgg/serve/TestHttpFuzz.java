package org.repvgg.serve;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Bytes that are no proper requests: each ends in an answer that says so, or in a closed
/// connection, and harms nobody else.
@Timeout(300)
final class TestHttpFuzz {
    private static final int MUTANTS = 10_000;
    private static final int CALLERS = 16;

    /// Milliseconds until a caller that has no answer says that nothing more will come.
    private static final int PATIENCE = 30;

    /// Milliseconds after which the server should have answered or closed whatever it was sent:
    /// many times what it gives a body.
    private static final int LONGEST = 30_000;

    /// One mutant in so many says nothing more, and waits for the server to lose patience.
    private static final int STALLING = 199;

    /// Bytes that 8000 mutants may leave behind: a buffer of 8 KB for each would be 64 MB.
    private static final long LEFT_BEHIND = 16 << 20;

    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.1 (\\d{3})");

    @TempDir Path folder;

    private final HttpMutants mutants;
    private final Map<String, AtomicInteger> outcomes = new ConcurrentSkipListMap<>();
    private final List<String> problems = Collections.synchronizedList(new ArrayList<>());
    private RunningServer server;

    TestHttpFuzz() throws IOException {
        mutants = new HttpMutants();
    }

    @BeforeEach
    void begin() throws Exception {
        TinyNetworks.write(folder, "pets", "1", 1);
        ServeOptions local = ServeOptions.local(0);
        server =
                new RunningServer(
                        folder,
                        new ServeOptions(
                                local.host(),
                                0,
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                1 << 20,
                                local.bodyMemory(),
                                local.pixelLimit(),
                                Duration.ofSeconds(1),
                                local.drain()));
    }

    @AfterEach
    void end() {
        server.close();
    }

    @Test
    void mutantsAreRefusedAndHarmNobody() throws Exception {
        byte[] photo = RunningServer.picture("png");
        String best = TinyNetworks.best(photo);
        AtomicBoolean over = new AtomicBoolean();
        try (ExecutorService neighbours = Executors.newSingleThreadExecutor()) {
            Future<Integer> neighbour = neighbours.submit(() -> askUntil(over, photo, best));
            long before;
            try {
                send(0, MUTANTS / 5);
                before = usedHeap();
                send(MUTANTS / 5, MUTANTS);
            } finally {
                over.set(true);
            }
            assertThat(neighbour.get()).as("answers to somebody else").isGreaterThan(100);
            assertThat(usedHeap() - before).as("bytes left behind").isLessThan(LEFT_BEHIND);
        }
        assertThat(problems).isEmpty();
        assertThat(server.failures).isEmpty();
        assertThat(outcomes).containsKeys("200", "400", "404", "405", "413", "closed");
    }

    private int askUntil(AtomicBoolean over, byte[] photo, String best) throws Exception {
        int answers = 0;
        while (!over.get()) {
            HttpResponse<byte[]> answer = server.post("/v1/classify", photo);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(new String(answer.body(), ISO_8859_1)).contains('"' + best + '"');
            answers++;
            Thread.sleep(10);
        }
        return answers;
    }

    private void send(int from, int to) throws Exception {
        AtomicInteger next = new AtomicInteger(from);
        try (ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                all.add(
                        callers.submit(
                                () -> {
                                    for (int n = next.getAndIncrement();
                                            n < to;
                                            n = next.getAndIncrement()) {
                                        check(n);
                                    }
                                    return true;
                                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
    }

    private void check(int number) {
        HttpMutants.Mutant mutant = mutants.mutant(number);
        String said;
        try {
            said = new String(exchange(mutant.sent(), number % STALLING == 0), ISO_8859_1);
        } catch (IOException e) {
            problems.add("mutant %s, %s: %s".formatted(number, mutant.kind(), e));
            return;
        }
        List<String> statuses =
                STATUS.matcher(said).results().map((MatchResult r) -> r.group(1)).toList();
        boolean isHttp = said.isEmpty() || STATUS.matcher(said).lookingAt();
        if (!isHttp || statuses.contains("500")) {
            problems.add("mutant %s, %s: %s".formatted(number, mutant.kind(), said));
        }
        for (String outcome : statuses.isEmpty() ? List.of("closed") : statuses) {
            outcomes.computeIfAbsent(outcome, _ -> new AtomicInteger()).incrementAndGet();
        }
    }

    /// All that the server says before it closes.
    ///
    /// @param stalling whether the caller waits for that without saying that nothing more comes
    private byte[] exchange(byte[] sent, boolean stalling) throws IOException {
        try (Socket socket = server.connect()) {
            Thread writer = Thread.ofVirtual().start(() -> write(socket, sent));
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            try {
                read(socket, stalling ? LONGEST : PATIENCE, PATIENCE, said);
            } catch (SocketTimeoutException e) {
                if (stalling && said.size() == 0) {
                    throw e;
                }
                join(writer);
                end(socket, said);
            }
            return said.toByteArray();
        }
    }

    private static void end(Socket socket, ByteArrayOutputStream said) throws IOException {
        try {
            socket.shutdownOutput();
        } catch (SocketException e) {
            return; // reset
        }
        read(socket, LONGEST, LONGEST, said);
    }

    /// Reads to the end, which may come as a reset where the server closes on what it was sent.
    ///
    /// @param first milliseconds until something comes
    /// @param next milliseconds until more comes
    private static void read(Socket socket, int first, int next, ByteArrayOutputStream into)
            throws IOException {
        byte[] buffer = new byte[8192];
        socket.setSoTimeout(first);
        try {
            int read = socket.getInputStream().read(buffer);
            socket.setSoTimeout(next);
            while (read >= 0) {
                into.write(buffer, 0, read);
                read = socket.getInputStream().read(buffer);
            }
        } catch (SocketException e) {
            // that was it
        }
    }

    private static void write(Socket socket, byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            // the server wants no more; what it says to that is read all the same
        }
    }

    private static void join(Thread writer) throws IOException {
        try {
            if (!writer.join(Duration.ofMillis(LONGEST))) {
                throw new IOException("the server neither reads nor closes");
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /// After a collection.
    private long usedHeap() throws InterruptedException {
        Thread.sleep(1500); // what stalls is cut off meanwhile
        server.log.clear();
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
