package org.repvgg.benchmark.serving;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.repvgg.benchmark.serving.OpenLoop.Arrivals;

@Timeout(60)
final class TestOpenLoop {
    private static final int STALL = 400; // milliseconds

    private final AtomicInteger asked = new AtomicInteger();
    private HttpServer server;
    private URI address;

    /// Stands still at the question with this number.
    private int stallAt = -1;

    @BeforeEach
    void begin() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newSingleThreadExecutor());
        server.createContext("/", this::answer);
        server.start();
        address = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @AfterEach
    void end() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        int number = asked.getAndIncrement();
        exchange.getRequestBody().readAllBytes();
        try {
            Thread.sleep(number == stallAt ? STALL : 0);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        byte[] body = new byte[1 + number % 50];
        exchange.sendResponseHeaders(number % 10 == 9 ? 503 : 200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private OpenLoop.Result run(double rate, Duration duration, int connections) {
        byte[] request =
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab".getBytes(ISO_8859_1);
        return new OpenLoop(address, request, connections)
                .run(OpenLoop.schedule(Arrivals.STEADY, rate, duration, 1));
    }

    @Test
    void countsEveryAnswer() {
        OpenLoop.Result result = run(200, Duration.ofSeconds(1), 100);
        assertThat(result.statuses()).hasSize(200);
        assertThat(result.count(200)).isEqualTo(180);
        assertThat(result.count(503)).isEqualTo(20);
        assertThat(result.otherwise()).isZero();
    }

    /// A closed loop would have one slow answer; here all that were due while the server stood
    /// still are slow.
    @Test
    void aStallDelaysAllThatIsDueMeanwhile() {
        stallAt = 20;
        OpenLoop.Result result = run(100, Duration.ofSeconds(1), 100);
        long slow = Arrays.stream(result.nanos()).filter(nanos -> nanos > 100e6).count();
        assertThat(slow).isGreaterThan(25);
        assertThat(result.percentileMillis(100)).isGreaterThanOrEqualTo(STALL * 0.9);
        assertThat(result.percentileMillis(10)).isLessThan(100);
    }

    @Test
    void doesNotOpenMoreConnectionsThanItMay() {
        stallAt = 0;
        OpenLoop.Result result = run(100, Duration.ofMillis(300), 5);
        assertThat(result.count(OpenLoop.NOT_ASKED)).isGreaterThan(15);
        assertThat(result.count(200)).isEqualTo(5);
    }

    @Test
    void randomArrivalsKeepTheRate() {
        long[] due = OpenLoop.schedule(Arrivals.RANDOM, 1000, Duration.ofSeconds(10), 1);
        assertThat(due).hasSize(10_000).isSorted();
        assertThat(due[due.length - 1] / 1e9).isBetween(9.5, 10.5);
        assertThat(OpenLoop.schedule(Arrivals.STEADY, 4, Duration.ofSeconds(1), 1))
                .containsExactly(0, 250_000_000, 500_000_000, 750_000_000);
    }
}
