package org.repvgg.serve;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/// Requests as bytes, each with something wrong: the same number makes the same request.
final class HttpMutants {
    private static final List<String> REQUEST_LINES =
            List.of(
                    "",
                    " ",
                    "\0",
                    "GET",
                    "GET /",
                    "GET  / HTTP/1.1",
                    "GET / HTTP/0.9",
                    "GET / HTTP/1.0",
                    "GET / HTTP/1.2",
                    "GET / HTTP/2.0",
                    "GET / http/1.1",
                    "GET / HTTP/1.1 ",
                    "GET / HTTP/11",
                    "GET\t/\tHTTP/1.1",
                    "get / HTTP/1.1",
                    "G\0T / HTTP/1.1",
                    "GÉT / HTTP/1.1",
                    "PRI * HTTP/2.0",
                    "CONNECT 127.0.0.1:22 HTTP/1.1",
                    "OPTIONS * HTTP/1.1",
                    "TRACE / HTTP/1.1",
                    "GET http://127.0.0.1:1/ HTTP/1.1",
                    "GET //v1/models HTTP/1.1",
                    "GET /../../etc/passwd HTTP/1.1",
                    "GET /v1/models/%zz HTTP/1.1",
                    "GET /v1/models/%00 HTTP/1.1",
                    "GET /v1/models/%c0%ae HTTP/1.1",
                    "GET /v1/models/é HTTP/1.1",
                    "GET /v1/models/pets?version=%0d%0aX:1 HTTP/1.1",
                    "GET /v2/models/pets;a=b/versions/-1 HTTP/1.1",
                    "GET /v2/models/pets/versions/99999999999 HTTP/1.1",
                    "GET /?" + "a=b&".repeat(300) + " HTTP/1.1",
                    "GET /" + "a/".repeat(10_000) + " HTTP/1.1",
                    "POST /v1/classify?top=-1&cam=99&features=x HTTP/1.1",
                    "POST /v1/classify?top=%31&cam=top&cam=1 HTTP/1.1",
                    "POST /v2/models/pets/infer HTTP/1.1\r",
                    "POST /v2/models/pets/infer\nHTTP/1.1",
                    "HTTP/1.1 200 OK",
                    "\u0016\u0003\u0001\0\u0005\u0001\0\0\u0001\u0003");

    private static final List<String> HEADERS =
            List.of(
                    "",
                    ":",
                    ": x",
                    "x",
                    "X-No-Colon",
                    "X : y",
                    " X: folded",
                    "X\0: y",
                    "X: \0",
                    "X: a\rb",
                    "X: a\nb",
                    "X: é",
                    "É: x",
                    "Host: b",
                    "Host:",
                    "Host: a:b:c",
                    "Host: a:99999999",
                    "Host: [::1",
                    "Host: a b",
                    "Content-Type: multipart/form-data",
                    "Content-Type: multipart/form-data; boundary=\"",
                    "Content-Type: \0/\0;;;=",
                    "Content-Encoding: gzip",
                    "Accept: \0",
                    "Connection: close, close, keep-alive",
                    "Connection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
                    "Upgrade: websocket",
                    "Expect: 100-continue",
                    "Expect: a miracle",
                    "Authorization: Bearer \0",
                    "Cookie: " + "a=b; ".repeat(1000),
                    "Inference-Header-Content-Length: -1",
                    "Inference-Header-Content-Length: 2147483648",
                    "Inference-Header-Content-Length: 1\r\nInference-Header-Content-Length: 2",
                    "Inference-Header-Content-Length: one",
                    "X: " + "y".repeat(100_000),
                    "X: y\r\n".repeat(3000) + "X: y",
                    "Content-Length: 0\r\nContent-Length: 3",
                    "Transfer-Encoding: gzip, chunked",
                    "Transfer-Encoding: chunked, chunked",
                    "Transfer-Encoding: identity",
                    "Transfer-Encoding: \u000bchunked",
                    "Transfer-Encoding:");

    private static final List<String> LENGTHS =
            List.of(
                    "-1",
                    "+3",
                    "0x10",
                    "1e3",
                    "3.0",
                    "",
                    " ",
                    "\0",
                    "3, 3",
                    "3, 4",
                    "2147483647",
                    "2147483648",
                    "9223372036854775807",
                    "99999999999999999999",
                    "１２");

    private static final List<String> CHUNK_SIZES =
            List.of(
                    "",
                    "0",
                    "-1",
                    "+1",
                    "g",
                    "0x5",
                    "5 ",
                    "5;a=b",
                    "5;" + "a".repeat(20_000),
                    "00000000000000000005",
                    "7fffffff",
                    "80000000",
                    "ffffffffffffffff",
                    "5\n",
                    "5\0");

    private static final List<String> JSON =
            List.of(
                    "",
                    "null",
                    "[]",
                    "{",
                    "{}",
                    "{\"inputs\":",
                    "{\"inputs\":[]}",
                    "[".repeat(10_000),
                    "{\"a\":".repeat(10_000),
                    "\u00ef\u00bb\u00bf{}",
                    "\u00ff\u00fe{\0}\0",
                    "{\"id\":\"" + "x".repeat(100_000) + "\"}",
                    "{\"\\ud800\":1}",
                    "{\"id\":\"\\u0000\",\"inputs\":[{\"name\":\"images\"}]}",
                    "{\"inputs\":[{\"name\":\"images\",\"datatype\":\"FP32\",\"shape\":[2147483647,2147483647,3,3]}]}",
                    "{\"inputs\":[{\"name\":\"images\",\"datatype\":\"FP32\",\"shape\":[1,3,1,1],\"data\":[1e999,1,1]}]}",
                    "{\"inputs\":[{\"name\":\"images\",\"datatype\":\"FP32\",\"shape\":[1,3,1,1],\"data\":["
                            + "9".repeat(2000)
                            + "]}]}");

    private static final String SMALL =
            """
            {"inputs":[{"name":"images","datatype":"FP32","shape":[1,3,1,1],"data":[1,2,3]}]}\
            """;

    private static final String BINARY =
            """
            {"inputs":[{"name":"images","datatype":"FP32","shape":[1,3,1,1],\
            "parameters":{"binary_data_size":%s}}]}\
            """;

    private final byte[] picture;

    HttpMutants() throws IOException {
        picture = RunningServer.picture("png");
    }

    /// @param kind of fault
    record Mutant(byte[] sent, String kind) {}

    private record Sound(String line, List<String> headers, byte[] body) {
        Sound with(String header) {
            List<String> more = new ArrayList<>(headers);
            more.add(header);
            return new Sound(line, more, body);
        }

        byte[] bytes() {
            return framed("Content-Length: " + body.length, body);
        }

        byte[] framed(String framing, byte[] content) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            bytes.writeBytes(latin(line + "\r\nHost: a\r\n" + framing + "\r\n"));
            headers.forEach(header -> bytes.writeBytes(latin(header + "\r\n")));
            bytes.writeBytes(latin("\r\n"));
            bytes.writeBytes(content);
            return bytes.toByteArray();
        }
    }

    Mutant mutant(int number) {
        var random = new SplittableRandom(number);
        Sound sound = sound(random);
        return switch (number % 10) {
            case 0 -> new Mutant(requestLine(sound, random), "request line");
            case 1 -> new Mutant(headers(sound, random), "headers");
            case 2 -> new Mutant(length(sound, random), "length");
            case 3 -> new Mutant(chunks(sound, random), "chunks");
            case 4 -> new Mutant(cut(sound.bytes(), random), "cut off");
            case 5 -> new Mutant(form(random), "form");
            case 6 -> new Mutant(infer(pick(JSON, random), random).bytes(), "JSON");
            case 7 -> new Mutant(binary(random), "binary tensors");
            case 8 -> new Mutant(pipeline(random), "pipeline");
            default -> new Mutant(flipped(sound.bytes(), random), "flipped");
        };
    }

    private Sound sound(SplittableRandom random) {
        return switch (random.nextInt(5)) {
            case 0 -> new Sound("GET /v2/health/live HTTP/1.1", List.of(), new byte[0]);
            case 1 -> new Sound("POST /v1/classify HTTP/1.1", List.of(), picture);
            case 2 -> new Sound("POST /v1/classify?cam=top HTTP/1.1", formType("xyz"), form("xyz"));
            case 3 -> infer(SMALL, random);
            default -> tensor(12, 12);
        };
    }

    private static Sound infer(String json, SplittableRandom random) {
        byte[] body = latin(json);
        return new Sound(
                "POST /v2/models/pets/infer HTTP/1.1",
                List.of("Content-Type: application/json"),
                random.nextInt(4) == 0 ? flipped(body, random) : body);
    }

    private static Sound tensor(long said, int bytes) {
        byte[] json = latin(BINARY.formatted(said));
        ByteBuffer body =
                ByteBuffer.allocate(json.length + bytes).order(ByteOrder.LITTLE_ENDIAN).put(json);
        while (body.remaining() >= Float.BYTES) {
            body.putFloat(0.5f);
        }
        return new Sound(
                "POST /v2/models/pets/infer HTTP/1.1",
                List.of("Inference-Header-Content-Length: " + json.length),
                body.array());
    }

    private static byte[] requestLine(Sound sound, SplittableRandom random) {
        String line =
                random.nextInt(4) == 0
                        ? new String(flipped(latin(sound.line), random), ISO_8859_1)
                        : pick(REQUEST_LINES, random);
        return new Sound(line, sound.headers, sound.body).bytes();
    }

    private static byte[] headers(Sound sound, SplittableRandom random) {
        Sound mutant = sound;
        for (int i = random.nextInt(3); i >= 0; i--) {
            mutant = mutant.with(pick(HEADERS, random));
        }
        return mutant.bytes();
    }

    private static byte[] length(Sound sound, SplittableRandom random) {
        int length = sound.body.length;
        String said =
                switch (random.nextInt(4)) {
                    case 0 -> Integer.toString(random.nextInt(length + 1));
                    case 1 -> Integer.toString(length + 1 + random.nextInt(100));
                    default -> pick(LENGTHS, random);
                };
        String second = random.nextInt(4) == 0 ? "\r\nTransfer-Encoding: chunked" : "";
        return sound.framed("Content-Length: " + said + second, sound.body);
    }

    private static byte[] chunks(Sound sound, SplittableRandom random) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int from = 0; from < sound.body.length; ) {
            int to = Math.min(sound.body.length, from + 1 + random.nextInt(100));
            boolean wrong = random.nextInt(4) == 0;
            body.writeBytes(
                    latin(wrong ? pick(CHUNK_SIZES, random) : Integer.toHexString(to - from)));
            body.writeBytes(latin("\r\n"));
            body.write(sound.body, from, to - from);
            body.writeBytes(latin(random.nextInt(20) == 0 ? "" : "\r\n"));
            from = to;
        }
        String end =
                switch (random.nextInt(4)) {
                    case 0 -> "";
                    case 1 -> "0\r\nTrailer: x\r\n\r\n";
                    case 2 -> pick(CHUNK_SIZES, random) + "\r\n\r\n";
                    default -> "0\r\n\r\n";
                };
        body.writeBytes(latin(end));
        return sound.framed("Transfer-Encoding: chunked", body.toByteArray());
    }

    private byte[] form(SplittableRandom random) {
        String said = random.nextInt(3) == 0 ? "b".repeat(random.nextInt(1000)) : "xyz";
        byte[] body = form("xyz");
        return switch (random.nextInt(4)) {
            case 0 -> photos(formType(said), flipped(body, random)).bytes();
            case 1 ->
                    photos(formType(said), Arrays.copyOf(body, random.nextInt(body.length)))
                            .bytes();
            case 2 ->
                    photos(
                                    formType(said),
                                    latin(
                                            "--xyz\r\nContent-Disposition: form-data; filename=\0\r\n\r\n\r\n"
                                                    .repeat(1 + random.nextInt(300))))
                            .bytes();
            default -> photos(formType("xyz\r\nX: " + said), body).bytes();
        };
    }

    private static Sound photos(List<String> headers, byte[] body) {
        return new Sound("POST /v1/classify HTTP/1.1", headers, body);
    }

    private static List<String> formType(String boundary) {
        return List.of("Content-Type: multipart/form-data; boundary=" + boundary);
    }

    private byte[] form(String boundary) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(
                latin(
                        "--%s\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\n"
                                .formatted(boundary)));
        body.writeBytes(picture);
        body.writeBytes(latin("\r\n--" + boundary + "--\r\n"));
        return body.toByteArray();
    }

    private static byte[] binary(SplittableRandom random) {
        long said =
                switch (random.nextInt(4)) {
                    case 0 -> random.nextLong();
                    case 1 -> random.nextInt(-2, 30);
                    case 2 -> 1L << random.nextInt(64);
                    default -> 12;
                };
        Sound sound = tensor(said, random.nextInt(40));
        return random.nextBoolean()
                ? sound.bytes()
                : new Sound(
                                sound.line,
                                List.of(
                                        "Inference-Header-Content-Length: "
                                                + random.nextInt(-5, sound.body.length + 50)),
                                sound.body)
                        .bytes();
    }

    private byte[] pipeline(SplittableRandom random) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = random.nextInt(2, 6); i > 0; i--) {
            byte[] request = sound(random).bytes();
            bytes.writeBytes(random.nextInt(4) == 0 ? flipped(request, random) : request);
        }
        return random.nextInt(3) == 0 ? cut(bytes.toByteArray(), random) : bytes.toByteArray();
    }

    private static byte[] cut(byte[] bytes, SplittableRandom random) {
        return Arrays.copyOf(bytes, random.nextInt(bytes.length));
    }

    /// With up to eight faults: a byte that is another one, is missing, or is there many times.
    private static byte[] flipped(byte[] bytes, SplittableRandom random) {
        byte[] mutant = bytes;
        for (int fault = random.nextInt(8); fault >= 0 && mutant.length > 0; fault--) {
            int at = random.nextInt(mutant.length);
            byte[] instead = new byte[random.nextInt(4) == 0 ? random.nextInt(60) : 1];
            Arrays.fill(instead, (byte) random.nextInt(256));
            int kept = mutant.length - at - 1;
            byte[] next = Arrays.copyOf(mutant, at + instead.length + kept);
            System.arraycopy(instead, 0, next, at, instead.length);
            System.arraycopy(mutant, at + 1, next, at + instead.length, kept);
            mutant = next;
        }
        return mutant;
    }

    private static String pick(List<String> from, SplittableRandom random) {
        return from.get(random.nextInt(from.size()));
    }

    private static byte[] latin(String text) {
        return text.getBytes(ISO_8859_1);
    }
}
