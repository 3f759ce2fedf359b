package org.repvgg.benchmark.serving;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;

/// A connection that asks one question after the other, and reads of HTTP/1.1 just what it needs.
final class Connection implements AutoCloseable {
    private static final String LENGTH = "content-length:";
    private static final int LONGEST_LINE = 1 << 16;

    private final Socket socket;
    private final InputStream in;
    private boolean open = true;

    private Connection(Socket socket, InputStream in) {
        this.socket = socket;
        this.in = in;
    }

    static Connection open(URI server, Duration longestAnswer) throws IOException {
        Socket socket = new Socket(server.getHost(), server.getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) longestAnswer.toMillis());
        return new Connection(socket, new BufferedInputStream(socket.getInputStream()));
    }

    /// @return the status
    int ask(byte[] request) throws IOException {
        socket.getOutputStream().write(request);
        int status = Integer.parseInt(line().split(" ", -1)[1]);
        long length = 0;
        for (String line = line(); !line.isEmpty(); line = line()) {
            String header = line.toLowerCase(Locale.ROOT);
            if (header.startsWith(LENGTH)) {
                length = Long.parseLong(header.substring(LENGTH.length()).strip());
            } else if (header.equals("connection: close")) {
                open = false;
            }
        }
        in.skipNBytes(length);
        if (!open) {
            close();
        }
        return status;
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0 || line.size() > LONGEST_LINE) {
                throw new EOFException("no line of HTTP");
            }
            line.write(next);
        }
        return line.toString(ISO_8859_1).stripTrailing();
    }

    /// Whether the server will take another question.
    boolean isOpen() {
        return open;
    }

    @Override
    public void close() {
        open = false;
        try {
            socket.close();
        } catch (IOException e) {
            // nothing is lost
        }
    }
}
