package org.repvgg.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One connection of a download: asks for what is missing and appends it.
final class Transfer {
    private static final Pattern CONTENT_RANGE =
            Pattern.compile("bytes (?:(\\d+)-\\d+|\\*)/(\\d+|\\*)");
    private static final long PROGRESS_NANOS = 200_000_000;

    private final HttpClient client;
    private final Downloader.Settings settings;
    private final DownloadProgress progress;
    private final URI address;
    private final PartialFile part;

    Transfer(
            HttpClient client,
            Downloader.Settings settings,
            DownloadProgress progress,
            URI address,
            PartialFile part) {
        this.client = client;
        this.settings = settings;
        this.progress = progress;
        this.address = address;
        this.part = part;
    }

    /// The connection broke; what came before is kept.
    static final class CutException extends IOException {
        CutException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /// Returns when the partial file is complete.
    ///
    /// @throws CutException if the connection broke
    /// @throws DataException if the server refuses
    void run() throws IOException {
        long have = part.size();
        HttpResponse<InputStream> response = send(have);
        try (InputStream body = response.body()) {
            switch (response.statusCode()) {
                case 200 -> {
                    part.discard();
                    receive(body, response, 0);
                }
                case 206 -> resume(body, response, have);
                case 416 -> checkComplete(response, have);
                default ->
                        throw new DataException(
                                address.toString(),
                                "the server answers HTTP " + response.statusCode());
            }
        }
    }

    private HttpResponse<InputStream> send(long have) throws IOException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(address)
                        .timeout(settings.connectTimeout())
                        .header("User-Agent", "repvgg");
        if (have > 0) {
            request.header("Range", "bytes=" + have + "-");
            if (!part.tag().isEmpty()) {
                request.header("If-Range", part.tag());
            }
        }
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DataException(address.toString(), "the download was interrupted", e);
        } catch (IOException e) {
            throw new CutException("cannot be reached: " + reason(e), e);
        }
    }

    /// Goes on only if the server sends what was asked for, of the same file.
    private void resume(InputStream body, HttpResponse<?> response, long have) throws IOException {
        Matcher range = CONTENT_RANGE.matcher(header(response, "Content-Range"));
        boolean asAsked = range.matches() && Long.toString(have).equals(range.group(1));
        String known = part.tag();
        String tag = header(response, "ETag");
        if (!asAsked || !known.isEmpty() && !tag.isEmpty() && !known.equals(tag)) {
            part.discard();
            throw new CutException("the file on the server has changed", new IOException(tag));
        }
        receive(body, response, have);
    }

    /// Nothing after the bytes that are there: the file is complete, or another one by now.
    private void checkComplete(HttpResponse<?> response, long have) throws IOException {
        Matcher range = CONTENT_RANGE.matcher(header(response, "Content-Range"));
        if (have == 0) {
            throw new DataException(address.toString(), "the server answers HTTP 416");
        }
        if (!range.matches() || !Long.toString(have).equals(range.group(2))) {
            part.discard();
            throw new CutException(
                    "the file on the server is shorter now",
                    new IOException(header(response, "Content-Range")));
        }
    }

    private void receive(InputStream body, HttpResponse<?> response, long have) throws IOException {
        part.tag(header(response, "ETag"));
        long length = response.headers().firstValueAsLong("Content-Length").orElse(-1);
        long total = length < 0 ? -1 : have + length;
        checkSpace(Math.max(length, 0));
        String name = String.valueOf(part.path().getFileName()).replaceFirst("\\.part$", "");
        long done = have;
        progress.at(name, done, total);
        try (StallWatch watch = new StallWatch(body, settings.stallTimeout());
                OutputStream out =
                        Files.newOutputStream(
                                part.path(),
                                StandardOpenOption.CREATE,
                                StandardOpenOption.APPEND)) {
            byte[] buffer = new byte[1 << 16];
            long shown = System.nanoTime();
            for (int count = read(body, buffer, watch); count >= 0; ) {
                write(out, buffer, count);
                done += count;
                if (System.nanoTime() - shown > PROGRESS_NANOS) {
                    shown = System.nanoTime();
                    progress.at(name, done, total);
                }
                count = read(body, buffer, watch);
            }
        }
        if (total >= 0 && done < total) {
            throw new CutException(
                    "the connection broke after %d of %d bytes".formatted(done, total),
                    new IOException("short body"));
        }
        progress.at(name, done, total);
    }

    private int read(InputStream body, byte[] buffer, StallWatch watch) throws CutException {
        try {
            int count = body.read(buffer);
            watch.alive();
            return count;
        } catch (IOException e) {
            String reason =
                    watch.hasFired()
                            ? "nothing came for " + settings.stallTimeout().toSeconds() + " s"
                            : "the connection broke: " + reason(e);
            throw new CutException(reason, e);
        }
    }

    private void write(OutputStream out, byte[] buffer, int count) throws DataException {
        try {
            out.write(buffer, 0, count);
        } catch (IOException e) {
            throw new DataException(part.path().toString(), "cannot be written: " + reason(e), e);
        }
    }

    private void checkSpace(long needed) throws IOException {
        long free = Files.getFileStore(part.path().resolveSibling(".")).getUsableSpace();
        if (free < needed) {
            throw new DataException(
                    String.valueOf(part.path().getParent()),
                    "%,d bytes are to come, %,d are free".formatted(needed, free));
        }
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    private static String reason(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
