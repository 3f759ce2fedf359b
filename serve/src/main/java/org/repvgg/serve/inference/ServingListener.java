package org.repvgg.serve.inference;

import java.time.Duration;

/// Hears what happens to networks: for metrics and logs. Called on the threads that do it, so it
/// has to be quick.
public interface ServingListener {
    /// Hears nothing.
    ServingListener NONE = new ServingListener() {};

    /// A pass is done.
    ///
    /// @param images of the pass
    /// @param nanos that it took
    default void batchDone(ServedModel model, int images, long nanos) {}

    /// A network answers from now on.
    default void loaded(ServedModel model, Duration took) {}

    /// A network is gone; what waited is answered.
    default void unloaded(ServedModel model) {}

    /// A file cannot be loaded. What its name and version answered with before stays.
    ///
    /// @param reason one line
    default void failed(String name, String version, String reason) {}
}
