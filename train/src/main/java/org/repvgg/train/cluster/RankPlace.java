package org.repvgg.train.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.repvgg.train.Ranks;
import org.repvgg.train.Rendezvous;
import org.repvgg.train.TrainException;
import org.repvgg.train.torch.ListeningSocket;

/// Where a cluster has put a rank.
public interface RankPlace {
    /// From 0.
    int rank();

    /// How many ranks there are.
    int world();

    /// The address by which the other ranks reach this one's machine.
    String host();

    /// Threads that the cluster has for this rank.
    int threads();

    /// Whether the ranks were started before and have ended too early: this time they go on from
    /// what is saved.
    boolean isRetry();

    /// Tells all ranks where rank 0 listens, and returns when all have asked.
    ///
    /// @param own rank 0's address; that of others does not matter
    /// @return rank 0's
    /// @throws TrainException if a rank has ended before, naming it and the reason
    String meet(String own);

    /// Meets the others and joins them. Rank 0 listens at a port that the system picks, before
    /// anybody hears of it: nobody can take it in between.
    ///
    /// @param synchronisedNorms see [Ranks#synchronisedNorms]
    /// @throws TrainException if a rank has ended before, or not all come in time
    default Ranks join(Duration timeout, boolean synchronisedNorms) {
        if (rank() > 0) {
            return Rendezvous.of(rank(), world(), meet(""), timeout).join(synchronisedNorms);
        }
        try (ListeningSocket socket =
                ListeningSocket.open(new InetSocketAddress(InetAddress.getByName(host()), 0))) {
            var rendezvous = new Rendezvous(0, world(), host(), socket.port(), timeout);
            String _ = meet(rendezvous.address());
            return rendezvous.join(synchronisedNorms, socket);
        } catch (IOException e) {
            throw new TrainException(
                    "rank 0 cannot listen on %s: %s".formatted(host(), e.getMessage()), e);
        }
    }
}
