package org.repvgg.serve;

import io.helidon.common.buffers.DataReader;
import io.helidon.webserver.CloseConnectionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What one client sends. It is read also while a request is computed, so that a client that hangs
/// up is noticed: Helidon's sockets do not tell.
///
/// One thread at a time reads. What was read ahead is what the next one gets.
final class ClientConnection {
    private static final ScopedValue<ClientConnection> CURRENT = ScopedValue.newInstance();

    private final DataReader source;
    private final DataReader reader;

    /// The next piece, while another thread reads it and until somebody takes it; of whoever reads.
    private @Nullable FutureTask<byte @Nullable []> ahead;

    private final Object lock = new Object();
    private @Nullable Thread worker; // guarded by lock
    private boolean gone; // guarded by lock

    /// @param source what comes; read by nobody else from now on
    ClientConnection(DataReader source) {
        this.source = source;
        this.reader = DataReader.create(this::next);
    }

    /// Reads the requests.
    DataReader reader() {
        return reader;
    }

    /// Handles the requests of this connection, on this thread.
    void handle(ScopedValue.CallableOp<?, InterruptedException> requests)
            throws InterruptedException {
        var _ = ScopedValue.where(CURRENT, this).call(requests);
    }

    /// Does what the request of this thread asks for. The thread is interrupted if the client hangs
    /// up, be it only its sending side, before that is done.
    ///
    /// @param work to which an interrupt is a [HttpFailure]; begins when the request is read to its
    ///   end
    /// @throws CloseConnectionException if the client has hung up
    static <T> T whileThere(Supplier<T> work) {
        return CURRENT.get().during(work);
    }

    private <T> T during(Supplier<T> work) {
        begin();
        try {
            return work.get();
        } catch (HttpFailure e) {
            checkThere();
            throw e;
        } finally {
            end();
        }
    }

    private void begin() {
        if (ahead == null) {
            ahead = new FutureTask<>(this::readAhead);
            Thread.ofVirtual().name("client").start(ahead);
        }
        synchronized (lock) {
            checkThere();
            worker = Thread.currentThread();
        }
    }

    private void end() {
        synchronized (lock) {
            worker = null;
            if (gone) {
                boolean _ = Thread.interrupted(); // that was for the work
            }
        }
    }

    private void checkThere() {
        synchronized (lock) {
            if (gone) {
                throw new CloseConnectionException("the client has hung up");
            }
        }
    }

    private byte @Nullable [] readAhead() {
        byte[] piece = null;
        try {
            piece = read();
            return piece;
        } finally {
            if (piece == null) {
                hungUp();
            }
        }
    }

    private void hungUp() {
        synchronized (lock) {
            gone = true;
            if (worker != null) {
                worker.interrupt();
            }
        }
    }

    /// Null at the end.
    private byte @Nullable [] next() {
        FutureTask<byte @Nullable []> reading = ahead;
        if (reading == null) {
            return read();
        }
        try {
            byte[] piece = reading.get();
            ahead = null;
            return piece;
        } catch (ExecutionException e) {
            throw new CloseConnectionException("the connection is broken", e);
        } catch (InterruptedException e) {
            throw new CloseConnectionException("the server is stopping", e);
        }
    }

    private byte @Nullable [] read() {
        try {
            source.ensureAvailable();
            return source.readBytes(source.available());
        } catch (DataReader.InsufficientDataAvailableException e) {
            return null;
        }
    }
}
