package org.repvgg.serve.inference;

import java.util.List;
import java.util.Optional;

/// The networks that are served, by name and version. Safe to share between threads.
public interface ModelRepository extends AutoCloseable {
    /// Every loaded version, by name, then by version.
    List<ServedModel> models();

    /// A loaded network.
    ///
    /// @param version as its folder is called; without one, the highest
    Optional<ServedModel> find(String name, Optional<String> version);

    /// Whether everything that was there at the start is loaded.
    boolean isReady();

    /// Answers what waits, and unloads all.
    @Override
    void close();
}
