package org.repvgg.serve;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.repvgg.serve.RunningServer.assertError;
import static org.repvgg.serve.RunningServer.await;
import static org.repvgg.serve.RunningServer.picture;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.serve.inference.BatchOptions;

/// More is asked than can be answered, or the server stops meanwhile.
@Timeout(120)
final class TestOverload {
    @TempDir Path folder;

    private final OnePass passes = new OnePass();
    private RunningServer server;

    @BeforeEach
    void begin() throws Exception {
        TinyNetworks.write(folder, "pets", "1", 1);
        server = new RunningServer(folder, ServeOptions.local(0), new ServingMetrics(), passes);
        assertThat(post(images(1)).get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }

    @AfterEach
    void end() {
        passes.open();
        server.close();
    }

    private static byte[] images(int count) {
        String numbers = "1,2,3" + ",1,2,3".repeat(count - 1);
        return """
               {"inputs":[{"name":"images","datatype":"FP32","shape":[%s,3,1,1],"data":[%s]}]}\
               """
                .formatted(count, numbers)
                .getBytes(UTF_8);
    }

    private CompletableFuture<HttpResponse<byte[]>> post(byte[] body) {
        return server.client.sendAsync(
                server.request("/v2/models/pets/infer")
                        .POST(BodyPublishers.ofByteArray(body))
                        .build(),
                BodyHandlers.ofByteArray());
    }

    @Test
    void whatExceedsTheQueueMayComeAgain() throws Exception {
        int room = BatchOptions.defaults().queue();
        List<CompletableFuture<HttpResponse<byte[]>>> waiting = new ArrayList<>();
        for (int images = 0; images < room; images += 32) {
            waiting.add(post(images(32)));
        }
        await(() -> server.waiting() == room);
        for (HttpResponse<byte[]> refused :
                List.of(
                        post(images(1)).get(30, TimeUnit.SECONDS),
                        server.post("/v1/classify", picture("png")))) {
            assertError(refused, 503, "128 images wait, 128 may");
            assertThat(refused.headers().firstValue("retry-after"))
                    .get()
                    .asString()
                    .matches("[1-9][0-9]*");
        }
        assertThat(server.waiting()).isEqualTo(room);

        passes.open();
        for (var answer : waiting) {
            assertThat(answer.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        }
        assertThat(server.post("/v1/classify", picture("png")).statusCode()).isEqualTo(200);
    }

    @Test
    void stoppingAnswersWhatWaits() throws Exception {
        CompletableFuture<HttpResponse<byte[]>> late = post(images(2));
        await(() -> server.waiting() == 2);
        Thread stop = Thread.ofVirtual().start(server::drain);
        await(this::takesNobody);
        assertThat(stop.isAlive()).isTrue();
        assertThat(late.isDone()).isFalse();

        passes.open();
        assertThat(late.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        assertThat(stop.join(Duration.ofSeconds(30))).isTrue();
    }

    private boolean takesNobody() {
        try {
            server.connect().close();
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
