package org.repvgg.benchmark.serving;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The load generator `wrk`, a closed loop: each of its connections asks again as soon as it has
/// its answer.
///
/// @param script `docs/results/serving/post.lua`
record Wrk(Path script, Path folder) {
    private static final String MARK = "measured,";

    /// @param otherStatuses neither 200 nor 503
    /// @param errors of sockets
    record Result(
            long requests,
            double seconds,
            double p50Millis,
            double p99Millis,
            long ok,
            long refused,
            long otherStatuses,
            long errors) {
        double perSecond() {
            return requests / seconds;
        }

        /// This, which is worth something only if there were answers.
        Result answered() throws IOException {
            if (ok == 0) {
                throw new IOException("no answer by 200: " + this);
            }
            return this;
        }
    }

    Result run(URI server, Question question, int connections, int seconds)
            throws IOException, InterruptedException {
        Path body = Files.write(folder.resolve(question.name() + ".body"), question.body());
        List<String> command = new ArrayList<>(List.of("wrk", "-t1", "-c" + connections));
        command.addAll(List.of("-d" + seconds + "s", "--timeout", "30s", "-s", script.toString()));
        command.addAll(List.of(server.resolve(question.path()).toString(), "--"));
        command.addAll(List.of(body.toString(), question.contentType()));
        if (question.jsonBytes() > 0) {
            command.add(Integer.toString(question.jsonBytes()));
        }
        Process wrk = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (wrk.waitFor() != 0) {
            throw new IOException("wrk failed: " + said.strip());
        }
        return said.lines()
                .filter(line -> line.startsWith(MARK))
                .findFirst()
                .map(line -> result(line.substring(MARK.length()).split(",", -1)))
                .orElseThrow(() -> new IOException("wrk said nothing: " + said.strip()));
    }

    private static Result result(String[] values) {
        long[] numbers = new long[values.length];
        for (int i = 0; i < values.length; i++) {
            numbers[i] = Long.parseLong(values[i]);
        }
        return new Result(
                numbers[0],
                numbers[1] / 1e6,
                numbers[2] / 1e3,
                numbers[3] / 1e3,
                numbers[4],
                numbers[5],
                numbers[6],
                numbers[7]);
    }
}
