package org.repvgg.export;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.HashSet;
import java.util.List;
import org.repvgg.spec.RepVggSpec;

/// How a network is exported.
///
/// @param softmax whether it answers probabilities instead of logits
/// @param preprocessing whether it takes pixel values from 0 to 255 and normalises them itself
/// @param features stages whose maps it answers, in this order, instead of classes; empty for
///   classes
/// @param fixedSize whether it takes images of the network's own size only, not of any
/// @param largestFile bytes; an ONNX file that would have more keeps its weights in a file beside
///   it
public record ExportOptions(
        boolean softmax,
        boolean preprocessing,
        List<Integer> features,
        boolean fixedSize,
        long largestFile) {
    public ExportOptions {
        features = List.copyOf(features);
        checkArgument(
                new HashSet<>(features).size() == features.size(),
                "every stage can be asked for once: features=%s",
                features);
        checkArgument(
                !softmax || features.isEmpty(),
                "softmax is of classes, and features=%s leave them away",
                features);
        checkArgument(
                largestFile >= 0 && largestFile <= ProtobufMessage.MAX_BYTES,
                "the largest file must be in [0,%s]: %s",
                ProtobufMessage.MAX_BYTES,
                largestFile);
    }

    /// Normalised images in, logits out.
    public static ExportOptions defaults() {
        return new ExportOptions(false, false, List.of(), false, ProtobufMessage.MAX_BYTES);
    }

    public ExportOptions withSoftmax(boolean value) {
        return new ExportOptions(value, preprocessing, features, fixedSize, largestFile);
    }

    public ExportOptions withPreprocessing(boolean value) {
        return new ExportOptions(softmax, value, features, fixedSize, largestFile);
    }

    public ExportOptions withFeatures(List<Integer> value) {
        return new ExportOptions(softmax, preprocessing, value, fixedSize, largestFile);
    }

    public ExportOptions withFixedSize(boolean value) {
        return new ExportOptions(softmax, preprocessing, features, value, largestFile);
    }

    public ExportOptions withLargestFile(long value) {
        return new ExportOptions(softmax, preprocessing, features, fixedSize, value);
    }

    /// @throws IllegalArgumentException if `spec` does not have the stages
    void check(RepVggSpec spec) {
        for (int stage : features) {
            checkArgument(
                    stage >= 0 && stage < spec.stages(),
                    "%s has stages 0 to %s, not %s",
                    spec.name(),
                    spec.stages() - 1,
                    stage);
        }
    }
}
