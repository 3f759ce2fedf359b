package org.repvgg.zoo;

import java.nio.file.Path;
import org.repvgg.format.CheckpointMetadata;

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
public record ZooNetwork(String name, Path file, long bytes, CheckpointMetadata about) {}
