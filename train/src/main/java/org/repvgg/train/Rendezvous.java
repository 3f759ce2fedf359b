package org.repvgg.train;

import static org.repvgg.tensor.Checks.checkArgument;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.repvgg.train.torch.GlooCollective;
import org.repvgg.train.torch.ListeningSocket;

/// Where the processes of a training meet, and which of them this is. How they are started is
/// nobody's business here.
///
/// @param rank number of this process, from 0
/// @param world how many processes there are, at least 2
/// @param host name or address of the machine of rank 0, which listens there and nowhere else
/// @param port likewise; the sums go by ports that the system picks
/// @param timeout longest wait for the others: to come, and in everything done together
public record Rendezvous(int rank, int world, String host, int port, Duration timeout) {
    private static final int LAST_PORT = 65_535;

    public Rendezvous {
        checkArgument(
                world >= 2,
                "--world must be at least 2, not %s: leave --rank, --world and --rendezvous out to train in"
                        + " one process",
                world);
        checkArgument(
                rank >= 0 && rank < world,
                "--rank must be from 0 to %s in a --world of %s, not %s",
                world - 1,
                world,
                rank);
        checkArgument(!host.isBlank(), "--rendezvous wants HOST:PORT, port %s has no host", port);
        checkArgument(
                port >= 1 && port <= LAST_PORT,
                "the port of --rendezvous must be from 1 to %s, not %s",
                LAST_PORT,
                port);
        checkTimeout(timeout);
    }

    /// @throws IllegalArgumentException if nobody would wait so long, or so short
    public static void checkTimeout(Duration timeout) {
        checkArgument(
                timeout.toMillis() >= 1000 && timeout.toDays() < 1,
                "--timeout must be at least 1 s and less than a day, not %s s",
                timeout.toMillis() / 1e3);
    }

    /// Reads `HOST:PORT`; an IPv6 address stands in brackets.
    ///
    /// @throws IllegalArgumentException if it is none
    public static Rendezvous of(int rank, int world, String address, Duration timeout) {
        int colon = address.lastIndexOf(':');
        checkArgument(
                colon > 0 && colon < address.length() - 1,
                "--rendezvous wants HOST:PORT, not '%s'",
                address);
        String host = address.substring(0, colon).replaceAll("^\\[(.*)]$", "$1");
        String port = address.substring(colon + 1);
        checkArgument(
                port.matches("\\d{1,9}"),
                "--rendezvous wants HOST:PORT, with a number: '%s'",
                address);
        return new Rendezvous(rank, world, host, Integer.parseInt(port), timeout);
    }

    /// Checks that processes can train together on this machine's system.
    ///
    /// @throws IllegalArgumentException if not: only for Linux there is libtorch's Gloo
    public static void checkSystem() {
        checkSystem(System.getProperty("os.name"));
    }

    static void checkSystem(String name) {
        checkArgument(
                name.equals("Linux"),
                "several processes train on Linux, for which alone libtorch has Gloo, this is %s: train in"
                        + " one process",
                name);
    }

    /// Waits for the others and joins them by libtorch's Gloo.
    ///
    /// @param synchronisedNorms see [Ranks#synchronisedNorms]
    /// @throws IllegalArgumentException if another process has this rank, or another world, or this
    ///   is not Linux
    /// @throws TrainException if not all come in time, naming who is missing, or one is lost, or
    ///   there is no libtorch
    public Ranks join(boolean synchronisedNorms) {
        return join(synchronisedNorms, null);
    }

    /// The same for a rank 0 that listens already.
    ///
    /// @param listening at this address, and the ranks' from now on; null to open one
    public Ranks join(boolean synchronisedNorms, @Nullable ListeningSocket listening) {
        checkSystem();
        return new Ranks(rank, world, synchronisedNorms, GlooCollective.join(this, listening));
    }

    /// `host:port`, as [#of] reads it.
    public String address() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
