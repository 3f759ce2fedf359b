package org.repvgg.serve.inference;

import java.io.IOException;
import java.nio.file.Path;
import org.repvgg.fold.Fold;
import org.repvgg.format.Checkpoint;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;

/// Makes plain networks of files.
@FunctionalInterface
public interface ModelReader {
    /// @throws IOException if there is none in the file; one line
    /// @throws IllegalArgumentException if it cannot be folded, likewise
    PlainModel read(Path file) throws IOException;

    /// Reads checkpoints that say all about themselves, and folds where there are branches.
    static ModelReader standard() {
        return file -> plain(Checkpoint.read(file));
    }

    /// The plain form of either form.
    static PlainModel plain(Model model) {
        return switch (model) {
            case PlainModel plain -> plain;
            case BranchedModel branched -> Fold.fold(branched);
        };
    }
}
