package org.repvgg.data;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.repvgg.image.Image;
import org.repvgg.image.Preprocessing;

/// Mean and standard deviation of each channel over the pixels of a split, on the scale 0 to 1:
/// what a network's input is normalised with.
///
/// @param mean per channel
/// @param std per channel, at least 1/255 so that it can be divided by
/// @param images images looked at
public record ChannelStatistics(List<Float> mean, List<Float> std, int images) {
    private static final double SMALLEST_STD = 1 / 255.0;

    public ChannelStatistics {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
    }

    /// Measures what `preprocessing` makes of the images before it normalises: resized, cropped, in
    /// its channels.
    ///
    /// @param limit images to look at, spread evenly over the split; broken ones are passed over
    /// @throws DataException if no image can be read
    public static ChannelStatistics of(LabelledImages split, Preprocessing preprocessing, int limit)
            throws IOException {
        checkArgument(limit >= 1, "the number of images must be positive: %s", limit);
        int channels = preprocessing.input().channels();
        long[][] histogram = new long[channels][256];
        int count = Math.min(limit, split.size());
        int read = 0;
        String problem = "the split is empty";
        for (int i = 0; i < count; i++) {
            int index = (int) ((long) i * split.size() / count);
            try {
                count(preprocessing.fit(split.image(index)), histogram);
                read++;
            } catch (IOException e) {
                problem = String.valueOf(e.getMessage());
            }
        }
        if (read == 0) {
            throw new DataException("statistics", "no image could be read: " + problem);
        }
        List<Float> mean = new ArrayList<>();
        List<Float> std = new ArrayList<>();
        for (long[] channel : histogram) {
            double average = moment(channel, 0, 1);
            mean.add((float) average);
            std.add((float) Math.max(SMALLEST_STD, Math.sqrt(moment(channel, average, 2))));
        }
        return new ChannelStatistics(mean, std, read);
    }

    private static void count(Image image, long[][] histogram) {
        byte[] pixels = image.unsafePixels();
        for (int i = 0; i < pixels.length; i++) {
            histogram[i % histogram.length][pixels[i] & 0xff]++;
        }
    }

    /// Mean of `(value / 255 - centre)^power`.
    private static double moment(long[] histogram, double centre, int power) {
        double sum = 0;
        for (int value = 0; value < 256; value++) {
            sum += histogram[value] * Math.pow(value / 255.0 - centre, power);
        }
        return sum / Arrays.stream(histogram).sum();
    }
}
