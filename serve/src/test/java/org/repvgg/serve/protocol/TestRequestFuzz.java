package org.repvgg.serve.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.repvgg.format.Json;
import org.repvgg.serve.inference.ServedModel;

/// Sound requests with random faults: each must be answered, or refused in one line.
final class TestRequestFuzz {
    private static final int MUTANTS = 10_000;
    private static final int MOST_FAULTS = 3;

    private static final List<String> FRAGMENTS =
            List.of(
                    "0",
                    "-1",
                    "1e999",
                    "-0.0",
                    "2147483648",
                    "99999999999999999999",
                    "1.5",
                    "NaN",
                    "null",
                    "true",
                    "[",
                    "]",
                    "[]",
                    "{",
                    "}",
                    "{}",
                    "\"",
                    "\\ud800",
                    "\\u0000",
                    ",",
                    ":",
                    "\"data\":[1],",
                    "\"shape\":[1,2,1,1],",
                    "\"id\":\"é\",",
                    "FP16",
                    "FP64",
                    "\"parameters\":{\"binary_data_size\":16},",
                    "[[[[[[[[[[[[[[[[[",
                    "\u2028");

    private static final List<RequestBody> SOUND =
            List.of(
                    RequestBody.json(RequestBody.SAMPLE),
                    RequestBody.json(
                            """
                            {"id":"é","inputs":[{"data":[[[[1.5e0,-2]],[[3,4]]]],
                            "shape":[1,2,1,2],"parameters":{},"datatype":"FP64","name":"images"}],
                            "outputs":[{"name":"probabilities","parameters":{"classification":2}},
                            {"name":"logits","parameters":{"binary_data":true}}]}\
                            """),
                    RequestBody.binary(
                            RequestBody.BINARY_SAMPLE.formatted("FP32", 16),
                            RequestBody.floats(1, 2, 3, 4)),
                    RequestBody.binary(
                            RequestBody.BINARY_SAMPLE.formatted("FP16", 8),
                            RequestBody.halves(1, 2, 3, 4)));

    private static RequestBody mutant(int seed) {
        var random = new SplittableRandom(seed);
        RequestBody sound = SOUND.get(random.nextInt(SOUND.size()));
        int length = sound.headerLength().orElse(sound.bytes().length);
        byte[] json = Arrays.copyOf(sound.bytes(), length);
        byte[] data = Arrays.copyOfRange(sound.bytes(), length, sound.bytes().length);
        int faults = random.nextInt(1, MOST_FAULTS + 1);
        for (int fault = 0; fault < faults; fault++) {
            if (data.length > 0 && random.nextBoolean()) {
                data = fault(data, random);
            } else if (json.length > 0) {
                json = fault(json, random);
            }
        }
        return new RequestBody(
                spliced(json, json.length, json.length, data),
                headerLength(sound, json.length, data.length, random));
    }

    private static byte[] fault(byte[] bytes, SplittableRandom random) {
        int at = random.nextInt(bytes.length);
        int to = random.nextInt(at, Math.min(bytes.length, at + 20)) + 1;
        return switch (random.nextInt(8)) {
            case 0 -> spliced(bytes, at, at + 1, new byte[] {(byte) random.nextInt(256)});
            case 1 -> spliced(bytes, at, at + 1, new byte[] {(byte) (bytes[at] ^ 1)});
            case 2 -> spliced(bytes, at, to, new byte[0]);
            case 3 -> spliced(bytes, to, to, Arrays.copyOfRange(bytes, at, to));
            case 4 -> Arrays.copyOf(bytes, at);
            case 5 -> spliced(bytes, at, at, fragment(random));
            default -> spliced(bytes, at, at + 1, fragment(random));
        };
    }

    private static byte[] fragment(SplittableRandom random) {
        return FRAGMENTS.get(random.nextInt(FRAGMENTS.size())).getBytes(StandardCharsets.UTF_8);
    }

    /// With `other` in the place of `[from,to)`.
    private static byte[] spliced(byte[] bytes, int from, int to, byte[] other) {
        byte[] changed = Arrays.copyOf(bytes, bytes.length - (to - from) + other.length);
        System.arraycopy(other, 0, changed, from, other.length);
        System.arraycopy(bytes, to, changed, from + other.length, bytes.length - to);
        return changed;
    }

    /// Mostly the right one, so that faults in the JSON do not hide behind those of the header.
    private static OptionalInt headerLength(
            RequestBody sound, int json, int data, SplittableRandom random) {
        if (random.nextInt(10) == 0) {
            return OptionalInt.of(random.nextInt(-2, json + data + 3));
        }
        return sound.headerLength().isEmpty() ? OptionalInt.empty() : OptionalInt.of(json);
    }

    @Test
    void mutantsAreAnsweredOrRefused() {
        int answered = 0;
        int refused = 0;
        var protocol = new OpenInference(new Limits(4, 1000));
        try (ServedModel model = TinyNetwork.serve(TinyNetwork.model())) {
            for (int seed = 0; seed < MUTANTS; seed++) {
                RequestBody body = mutant(seed);
                try {
                    checkAnswer(protocol.infer(model, body.bytes(), body.headerLength()));
                    answered++;
                } catch (ProtocolException e) {
                    assertThat(e.getMessage())
                            .as("seed %s", seed)
                            .hasSizeLessThanOrEqualTo(ProtocolException.MAX_MESSAGE)
                            .doesNotContainPattern("\\p{Cc}");
                    refused++;
                } catch (Exception | Error e) {
                    throw new AssertionError("seed " + seed, e);
                }
            }
        }
        // both kinds are worth something only where neither is rare
        assertThat(answered).isGreaterThan(MUTANTS / 50);
        assertThat(refused).isGreaterThan(MUTANTS / 2);
    }

    private static void checkAnswer(InferResponse answer) {
        byte[] body = answer.body();
        int header = answer.headerLength().orElse(body.length);
        Json.parse(new String(body, 0, header, StandardCharsets.UTF_8));
    }
}
