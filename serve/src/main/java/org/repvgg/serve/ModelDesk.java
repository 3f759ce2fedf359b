package org.repvgg.serve;

import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.repvgg.serve.inference.ModelRepository;
import org.repvgg.serve.inference.OverloadedException;
import org.repvgg.serve.inference.ServedModel;

/// Finds the network that a request means and turns what can go wrong into answers.
final class ModelDesk {
    /// Where a request's context has the name of its network.
    private static final Object ASKED = new Object();

    private final ModelRepository repository;

    ModelDesk(ModelRepository repository) {
        this.repository = repository;
    }

    ModelRepository repository() {
        return repository;
    }

    /// What is done with a network.
    @FunctionalInterface
    interface Work<T> {
        T with(ServedModel model)
                throws OverloadedException, TimeoutException, InterruptedException;
    }

    /// Does it; once more with the network that has taken the first one's place meanwhile.
    ///
    /// @throws HttpFailure if there is no such network, or it does not answer
    /// @throws CloseConnectionException if the client does not wait for the answer
    <T> T ask(String name, Optional<String> version, Work<T> work) {
        return ClientConnection.whileThere(() -> answered(name, version, work));
    }

    private <T> T answered(String name, Optional<String> version, Work<T> work) {
        try {
            try {
                return work.with(find(name, version));
            } catch (OverloadedException e) {
                if (!e.isUnloading()) {
                    throw e;
                }
                return work.with(find(name, version));
            }
        } catch (OverloadedException e) {
            throw HttpFailure.unavailable(e.getMessage(), e.retryAfterSeconds());
        } catch (TimeoutException e) {
            throw HttpFailure.unavailable(e.getMessage(), 1);
        } catch (InterruptedException e) { // not restored: it would close the connection
            throw HttpFailure.unavailable("the server is stopping", 1);
        }
    }

    /// Finds the network that a request is for, and notes which it is.
    ///
    /// @throws HttpFailure if there is no such network, or not yet
    ServedModel find(ServerRequest request, String name, Optional<String> version) {
        ServedModel model = find(name, version);
        request.context().register(ASKED, model.name());
        return model;
    }

    /// The network that a request was for; empty where it was for none, or for none that is there.
    static String asked(ServerRequest request) {
        return request.context().get(ASKED, String.class).orElse("");
    }

    private ServedModel find(String name, Optional<String> version) {
        return repository.find(name, version).orElseThrow(() -> absent(name, version));
    }

    private HttpFailure absent(String name, Optional<String> version) {
        return repository.isLoading()
                ? HttpFailure.unavailable("networks are still being loaded", 1)
                : new HttpFailure(404, missing(name, version));
    }

    private String missing(String name, Optional<String> version) {
        List<String> versions = repository.versions(name);
        if (!versions.isEmpty()) {
            return "'%s' has no version %s, but %s"
                    .formatted(name, version.orElse(""), String.join(", ", versions));
        }
        List<String> names = names();
        String there = names.isEmpty() ? "none is loaded" : "there are " + String.join(", ", names);
        return "no network is called '%s'; %s".formatted(name, there);
    }

    private List<String> names() {
        return repository.models().stream().map(ServedModel::name).distinct().toList();
    }

    /// The one that is meant where none is named: the only one.
    String only() {
        List<String> names = names();
        if (names.size() != 1) {
            throw names.isEmpty()
                    ? HttpFailure.unavailable("no network is loaded", 1)
                    : new HttpFailure(
                            400,
                            "say which with ?model=NAME: there are " + String.join(", ", names));
        }
        return names.getFirst();
    }
}
