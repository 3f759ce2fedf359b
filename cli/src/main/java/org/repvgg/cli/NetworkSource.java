package org.repvgg.cli;

import java.io.IOException;
import org.repvgg.model.Model;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;

/// Where a network comes from. It is read when its turn comes, and nobody else holds it: memory
/// need not have room for two.
@FunctionalInterface
interface NetworkSource {
    Model read() throws IOException;

    /// Makes it ready to answer.
    ///
    /// Collects garbage before and after: what is left of the last network, and of making this one,
    /// is as large as a network, and the heap would rather grow.
    default Classifier load(RuntimeOptions options) throws IOException {
        System.gc();
        Model model = read();
        System.gc();
        return Runtimes.load(model, options);
    }
}
