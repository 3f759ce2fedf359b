package org.repvgg.model;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.List;
import java.util.stream.IntStream;

/// What a network expects at its input and means at its output.
///
/// An image is resized so that its shorter side is `size / cropFraction`, its centre
/// `[height,width]` is cut out, and each channel becomes `(value / 255 - mean) / std`.
///
/// @param channels 3 for colour, 1 for grey
/// @param height pixels
/// @param width pixels
/// @param mean per channel, on the scale 0 to 1
/// @param std per channel, on the scale 0 to 1
/// @param cropFraction part of the resized image that is kept, in (0,1]; 1 where images have the
///   network's size
/// @param classNames in label order; empty where unknown
public record InputSpec(
        int channels,
        int height,
        int width,
        List<Float> mean,
        List<Float> std,
        double cropFraction,
        List<String> classNames) {
    public InputSpec {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        classNames = List.copyOf(classNames);
        checkArgument(
                channels >= 1 && height >= 1 && width >= 1,
                "input must be positive: channels=%s, height=%s, width=%s",
                channels,
                height,
                width);
        checkArgument(
                mean.size() == channels && std.size() == channels,
                "mean and std need one value a channel: channels=%s, mean=%s, std=%s",
                channels,
                mean,
                std);
        for (float value : std) {
            checkArgument(value > 0, "std must be positive: %s", std);
        }
        checkArgument(
                cropFraction > 0 && cropFraction <= 1,
                "cropFraction must be in (0,1]: %s",
                cropFraction);
    }

    /// ImageNet's usual input: 3x224x224, crop fraction 0.875, the mean and deviation published
    /// checkpoints were trained with.
    public static InputSpec imageNet() {
        return new InputSpec(
                3,
                224,
                224,
                List.of(0.485f, 0.456f, 0.406f),
                List.of(0.229f, 0.224f, 0.225f),
                0.875,
                List.of());
    }

    /// Raw values in `[0,1]`, centred on one half: for data whose statistics nobody has measured
    /// yet.
    public static InputSpec centred(int channels, int height, int width) {
        List<Float> half = IntStream.range(0, channels).mapToObj(_ -> 0.5f).toList();
        return new InputSpec(channels, height, width, half, half, 1, List.of());
    }

    public InputSpec withSize(int newHeight, int newWidth) {
        return new InputSpec(channels, newHeight, newWidth, mean, std, cropFraction, classNames);
    }

    public InputSpec withNormalisation(List<Float> newMean, List<Float> newStd) {
        return new InputSpec(channels, height, width, newMean, newStd, cropFraction, classNames);
    }

    public InputSpec withClassNames(List<String> names) {
        return new InputSpec(channels, height, width, mean, std, cropFraction, names);
    }
}
