package org.repvgg.train;

import static org.repvgg.tensor.Checks.checkArgument;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How to train: everything that is neither network nor data.
///
/// @param name what people call it
/// @param epochs passes over the training split
/// @param batchSize images a step
/// @param peakLearningRate reached at the end of the warm-up, falls to zero along a half cosine
/// @param warmupEpochs linear rise from zero; may be a fraction
/// @param momentum of stochastic gradient descent
/// @param nesterov whether the gradient is taken a step ahead
/// @param weightDecay on kernels and the classifier
/// @param identityDecay on the weights of the identity branches' norms, which the reference decays
///   as kernels; biases and all other norms never decay
/// @param labelSmoothing part of the target spread evenly over all classes
/// @param augmentation random changes of the training images
/// @param cutMix pieces of other images, pasted
/// @param rest last part of the epochs, `[0,1]`, whose images are moved and mirrored only: neither
///   mixed nor distorted nor blanked, as those that the network will see
/// @param averageDecay decay a step of the exponential moving average of the weights; 0 for none
public record Recipe(
        String name,
        int epochs,
        int batchSize,
        double peakLearningRate,
        double warmupEpochs,
        double momentum,
        boolean nesterov,
        double weightDecay,
        double identityDecay,
        double labelSmoothing,
        Augmentation augmentation,
        CutMix cutMix,
        double rest,
        double averageDecay) {
    public Recipe {
        checkArgument(epochs >= 1, "epochs must be at least 1: %s", epochs);
        checkArgument(
                batchSize >= 2, "batch must be at least 2, for batch statistics: %s", batchSize);
        checkArgument(
                peakLearningRate > 0 && Double.isFinite(peakLearningRate),
                "learning rate must be positive: %s",
                peakLearningRate);
        checkArgument(
                warmupEpochs >= 0 && warmupEpochs <= epochs,
                "warm-up must lie within the epochs: %s of %s",
                warmupEpochs,
                epochs);
        checkArgument(momentum >= 0 && momentum < 1, "momentum must be in [0,1): %s", momentum);
        checkArgument(
                weightDecay >= 0 && Double.isFinite(weightDecay),
                "weight decay must not be negative: %s",
                weightDecay);
        checkArgument(
                identityDecay >= 0 && Double.isFinite(identityDecay),
                "the identity's decay must not be negative: %s",
                identityDecay);
        checkArgument(
                labelSmoothing >= 0 && labelSmoothing < 1,
                "label smoothing must be in [0,1): %s",
                labelSmoothing);
        checkArgument(rest >= 0 && rest <= 1, "the rest must be in [0,1]: %s", rest);
        checkArgument(
                averageDecay >= 0 && averageDecay < 1,
                "the average's decay must be in [0,1): %s",
                averageDecay);
    }

    /// The paper's own (section 4.1), for ImageNet and its like: simple augmentation, no smoothing.
    public static Recipe paper() {
        return new Recipe(
                "paper",
                120, // section 4.1
                256, // section 4.1: 32 a GPU on 8 GPUs
                0.1, // section 4.1
                0, // section 4.1 names none
                0.9, // section 4.1
                false, // the authors' first code; the 2022 one sets it
                1e-4, // section 4.1
                1e-4, // the authors' code
                0, // only the heavy models smooth
                Augmentation.simple(4), // crop and flip only
                CutMix.NONE,
                0,
                0);
    }

    /// Small images in many epochs: the row set against other people's CIFAR-10 figures.
    public static Recipe baseline() {
        return new Recipe(
                "baseline",
                80, // the budget of the figure it is compared with
                128, // more steps than 256, and still efficient on a CPU
                0.1, // the usual peak for batch 128
                5, // three norms a block make the first steps rough
                0.9,
                true, // costs nothing
                5e-4, // docs/decisions/006
                0, // docs/decisions/006: with 5e-4 the identities fade out
                0.1,
                new Augmentation(
                        4, // an eighth of the width
                        true,
                        0, // docs/decisions/006
                        new Distortion(12, 1.25, 0.3)), // docs/decisions/006
                new CutMix(0.25), // docs/decisions/006
                0.15, // docs/decisions/006
                0.999); // the last 1,000 steps: two and a half epochs of 50,000 images
    }

    /// A network that another one learns from: [#baseline] in fewer epochs and without smoothing,
    /// for what it thinks of the other classes is what it has to tell.
    public static Recipe teacher() {
        return new Recipe(
                "teacher",
                30, // docs/decisions/006
                128,
                0.1,
                1.875, // of the epochs as much as in the baseline
                0.9,
                true,
                5e-4,
                0,
                0,
                baseline().augmentation,
                new CutMix(0.25),
                0.15,
                0.999);
    }

    /// [#baseline] for a network with a [Teacher]: more mixing and less decay, for the teacher's
    /// targets keep it from learning by heart.
    public static Recipe taught() {
        return new Recipe(
                "taught",
                80,
                128,
                0.1,
                5,
                0.9,
                true,
                3e-4, // docs/decisions/006
                0,
                0.1,
                baseline().augmentation,
                new CutMix(0.5), // docs/decisions/006
                0.15,
                0.999);
    }

    /// A few epochs, one rise and one fall: for the first look and for small data.
    public static Recipe quick() {
        return new Recipe(
                "quick",
                12, // the built-in shapes are at nine in ten after 9
                64, // few images: small batches give more steps
                0.1, // the usual peak for batch 128, high for 64: short schedules want that
                2,
                0.9,
                true,
                5e-4,
                0,
                0.1,
                Augmentation.simple(2), // few epochs leave little to overfit
                CutMix.NONE,
                0,
                0.99); // the last 100 steps: less than an epoch of 10,000 images
    }

    /// Whether images are moved and mirrored only in epoch `epoch`, counted from 1.
    boolean rests(int epoch) {
        return epoch > epochs - Math.round(rest * epochs);
    }

    /// Finds a recipe by its name.
    public static Optional<Recipe> find(String name) {
        return all().stream().filter(recipe -> recipe.name.equals(name)).findFirst();
    }

    /// The named recipes.
    public static List<Recipe> all() {
        return List.of(paper(), baseline(), teacher(), taught(), quick());
    }

    /// The same with other epochs; the warm-up keeps its part of them.
    public Recipe withEpochs(int value) {
        checkArgument(value >= 1, "epochs must be at least 1: %s", value);
        return new Recipe(
                name,
                value,
                batchSize,
                peakLearningRate,
                warmupEpochs * value / epochs,
                momentum,
                nesterov,
                weightDecay,
                identityDecay,
                labelSmoothing,
                augmentation,
                cutMix,
                rest,
                averageDecay);
    }

    public Recipe withBatchSize(int value) {
        return new Recipe(
                name,
                epochs,
                value,
                peakLearningRate,
                warmupEpochs,
                momentum,
                nesterov,
                weightDecay,
                identityDecay,
                labelSmoothing,
                augmentation,
                cutMix,
                rest,
                averageDecay);
    }

    public Recipe withPeakLearningRate(double value) {
        return new Recipe(
                name,
                epochs,
                batchSize,
                value,
                warmupEpochs,
                momentum,
                nesterov,
                weightDecay,
                identityDecay,
                labelSmoothing,
                augmentation,
                cutMix,
                rest,
                averageDecay);
    }

    /// Every field as text, in order: for reports, `config.json` and the provenance.
    public Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("recipe", name);
        facts.put("epochs", Integer.toString(epochs));
        facts.put("batch size", Integer.toString(batchSize));
        facts.put("peak learning rate", text(peakLearningRate));
        facts.put("warm-up epochs", text(warmupEpochs));
        facts.put("momentum", text(momentum) + (nesterov ? ", Nesterov" : ""));
        facts.put("weight decay", text(weightDecay));
        facts.put("weight decay of identities", text(identityDecay));
        facts.put("label smoothing", text(labelSmoothing));
        facts.put("augmentation", augmentation.toString());
        facts.put("CutMix", cutMix.toString());
        facts.put("rest", rest == 0 ? "none" : "the last " + text(rest) + " of the epochs");
        facts.put(
                "weight average",
                averageDecay == 0 ? "none" : "decay " + text(averageDecay) + " a step");
        return facts;
    }

    /// As people write it: 0.0005, not 5.0E-4.
    private static String text(double value) {
        return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
    }
}
