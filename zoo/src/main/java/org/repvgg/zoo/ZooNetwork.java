package org.repvgg.zoo;

import java.nio.file.Path;
import org.repvgg.format.CheckpointMetadata;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.LayerTable;

/// A trained network of the zoo.
///
/// ```java
/// Model model = Checkpoint.read(network.file());
/// ```
///
/// @param name as it is asked for
/// @param file a checkpoint
/// @param bytes of the file
/// @param about what it says of itself
public record ZooNetwork(String name, Path file, long bytes, CheckpointMetadata about) {

    /// Numbers that were trained, as [LayerTable] counts them for the stored form.
    public long parameters() {
        InputSpec input = about.input();
        return LayerTable.of(about.spec(), about.form(), input.height(), input.width())
                .parameters();
    }
}
