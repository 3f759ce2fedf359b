package org.repvgg.fold;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.repvgg.format.EmbeddedBlock;
import org.repvgg.format.SafetensorsWriter;
import org.repvgg.format.TensorFile;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.PlainLayer;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Folds the blocks inside a bigger network, where they stand: a detector, a segmentation network,
/// anything with an [EmbeddedBlock] in it.
///
/// Stride, groups, dilation and what stands around a block do not matter to the algebra. Each
/// folded block is compared with its branches on a patch of noise. All other tensors stay as they
/// are, of whatever type.
///
/// ```java
/// try (TensorFile file = TensorFile.open(path)) {
///     PartialFold fold = PartialFold.of(file, BatchNorm.EPSILON);
///     fold.write(out);
/// }
/// ```
public final class PartialFold {
    private final TensorFile file;
    private final List<Folded> folded = new ArrayList<>();
    private final List<Left> left = new ArrayList<>();
    private final Map<String, List<Named>> replaced = new HashMap<>(); // by a block's first tensor
    private final Set<String> gone = new HashSet<>();

    private PartialFold(TensorFile file) {
        this.file = file;
    }

    /// A block that became a convolution.
    ///
    /// @param place what its tensors' names begin with
    /// @param branches how many it had
    /// @param kernel shape of the convolution's weight
    /// @param maxAbsDifference largest difference of what both forms answer on a patch of unit
    ///   normal noise
    public record Folded(String place, int branches, Shape kernel, double maxAbsDifference) {}

    /// A block that stays as it is.
    public record Left(String place, String reason) {}

    private record Named(String name, Tensor tensor) {}

    /// Folds what can be folded.
    ///
    /// @param file stays open until [#write]
    /// @param epsilon of the batch norms: PyTorch's is 1e-5; YOLOv6 and YOLOv7 set 1e-3
    /// @throws IOException if a tensor cannot be read
    public static PartialFold of(TensorFile file, float epsilon) throws IOException {
        var fold = new PartialFold(file);
        for (EmbeddedBlock block : EmbeddedBlock.find(file.entries())) {
            fold.add(block, epsilon);
        }
        return fold;
    }

    private void add(EmbeddedBlock block, float epsilon) throws IOException {
        try {
            BranchedBlock branched = block.read(file, epsilon);
            PlainLayer.Conv3x3 plain = Fold.fold(branched, block.place());
            double difference = PatchWitness.difference(branched, plain);
            Tensor kernel = isPointwise(branched) ? centre(plain.weight()) : plain.weight();
            replaced.put(
                    block.names().iterator().next(),
                    List.of(
                            new Named(block.plain() + ".weight", kernel),
                            new Named(block.plain() + ".bias", plain.bias())));
            gone.addAll(block.names());
            folded.add(
                    new Folded(
                            block.place(), branched.branches().size(), kernel.shape(), difference));
        } catch (IllegalArgumentException e) {
            left.add(new Left(block.place(), String.valueOf(e.getMessage())));
        }
    }

    private static boolean isPointwise(BranchedBlock block) {
        return block.branches().stream()
                .allMatch(
                        branch ->
                                switch (branch) {
                                    case Branch.Convolution(Tensor weight, _) ->
                                            weight.shape().dimension(2) == 1
                                                    && weight.shape().dimension(3) == 1;
                                    case Branch.Identity _ -> true;
                                    case Branch.Dirac _ -> false;
                                });
    }

    /// `[out,in,3,3]` → `[out,in,1,1]`.
    private static Tensor centre(Tensor kernel) {
        Shape shape = kernel.shape();
        float[] centre = new float[shape.dimension(0) * shape.dimension(1)];
        for (int i = 0; i < centre.length; i++) {
            centre[i] = kernel.get(9 * i + 4);
        }
        return Tensor.ofOwned(Shape.of(shape.dimension(0), shape.dimension(1), 1, 1), centre);
    }

    /// The blocks that are folded.
    public List<Folded> folded() {
        return List.copyOf(folded);
    }

    /// The blocks that are not, and why.
    public List<Left> left() {
        return List.copyOf(left);
    }

    /// How many tensors stay as they are.
    public int untouched() {
        return file.entries().size() - gone.size();
    }

    /// Writes all tensors of the file as safetensors, in their order and under their names, each
    /// folded block's replaced by the weight and the bias of its convolution.
    ///
    /// @throws IOException naming the file and the reason, for instance a full disk
    public void write(Path out) throws IOException {
        var writer = new SafetensorsWriter();
        Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
        metadata.putIfAbsent("format", "pt");
        metadata.forEach(writer::metadata);
        for (String name : file.entries().keySet()) {
            replaced.getOrDefault(name, List.of())
                    .forEach(plain -> writer.add(plain.name, plain.tensor));
            if (!gone.contains(name)) {
                writer.copy(name, file);
            }
        }
        writer.write(out);
    }
}
