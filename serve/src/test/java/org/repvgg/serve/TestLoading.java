package org.repvgg.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.repvgg.serve.RunningServer.assertError;
import static org.repvgg.serve.RunningServer.json;
import static org.repvgg.serve.RunningServer.picture;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.serve.inference.ModelReader;

/// What the server says before its networks answer.
@Timeout(120)
final class TestLoading {
    @TempDir Path folder;

    private final Semaphore gate = new Semaphore(0);

    /// Reads a network once the gate lets it.
    private final ModelReader reader =
            file -> {
                gate.acquireUninterruptibly();
                return ModelReader.standard().read(file);
            };

    @Test
    void whoComesEarlyMayComeAgain() throws Exception {
        TinyNetworks.write(folder, "pets", "1", 1);
        var metrics = new ServingMetrics();
        try (var server =
                new RunningServer(folder, ServeOptions.local(0), metrics, metrics, reader)) {
            try {
                assertNotReady(server);
            } finally {
                gate.release();
            }
            assertThat(server.models.awaitReady(Duration.ofSeconds(30))).isTrue();
            assertThat(server.get("/v2/health/ready").statusCode()).isEqualTo(200);
            assertThat(server.post("/v1/classify", picture("png")).statusCode()).isEqualTo(200);
            assertError(server.get("/v2/models/fish"), 404, "fish");
        }
    }

    private static void assertNotReady(RunningServer server) throws Exception {
        assertThat(server.get("/v2/health/live").statusCode()).isEqualTo(200);
        HttpResponse<byte[]> ready = server.get("/v2/health/ready");
        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(json(ready).get("ready").asBoolean()).isFalse();
        for (HttpResponse<byte[]> early :
                List.of(
                        server.get("/v2/models/pets"),
                        server.get("/v2/models/pets/ready"),
                        server.post("/v2/models/pets/infer", new byte[0]),
                        server.post("/v1/classify?model=pets", picture("png")))) {
            assertError(early, 503, "networks are still being loaded");
            assertThat(early.headers().firstValue("retry-after")).contains("1");
        }
        assertError(server.post("/v1/classify", picture("png")), 503, "no network is loaded");
    }
}
