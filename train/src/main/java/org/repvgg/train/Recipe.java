package org.repvgg.train;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.repvgg.data.LabelledImages;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggSpec;

/// How to train: everything that is neither network nor data.
///
/// @param name what people call it
/// @param epochs passes over the training split
/// @param batchSize images a batch
/// @param accumulation batches a step, whose gradients are added up: the step is that of the mean
///   loss over all their images, while each batch is normalised by its own statistics. Schedule and
///   average count steps
/// @param repeats times that every batch comes in turn, its images changed anew each time: with as
///   many batches a step, a step sees the same images more than once (Hoffer et al., CVPR 2020,
///   batch augmentation); an epoch takes so many times as long
/// @param peakLearningRate reached at the end of the warm-up, falls to zero along a half cosine
/// @param warmupEpochs linear rise from zero; may be a fraction
/// @param momentum of stochastic gradient descent
/// @param nesterov whether the gradient is taken a step ahead
/// @param weightDecay on kernels and the classifier
/// @param identityDecay on the weights of the identity branches' norms, which the reference decays
///   as kernels; biases and all other norms never decay
/// @param normBiasRate learning rate of the biases of batch norms, as a multiple of the learning
///   rate: `w -= normBiasRate * learningRate * v` for them, 1 for no difference. Short trainings
///   want it large (Jordan, 2024, arXiv 2404.00498: 64 for one norm a layer); a block adds the
///   biases of up to three norms, which all move
/// @param bodyRate learning rate of all but the classifier and auxiliary heads, as a multiple:
///   below 1 for a trained body under a new head, which has more to learn; 0 for a body of which
///   only the running statistics move
/// @param repOptimizer whether gradients are multiplied and fresh weights drawn as [RepOptimizer]
///   says, for networks that are plain already
/// @param whitened whether the stem of fresh weights is a [WhitenedStem], which is frozen then; not
///   for trained weights
/// @param labelSmoothing part of the target spread evenly over all classes
/// @param augmentation random changes of the training images
/// @param cutMix pieces of other images, pasted
/// @param mixup weighted means of two images, for those that CutMix leaves
/// @param rest last part of the epochs, `[0,1]`, whose images are moved and mirrored only: neither
///   mixed nor distorted nor blanked, as those that the network will see
/// @param frozenStages first stages that stay as they are, the stem counted as one: weights, norms
///   and running statistics, by which their batch norms normalise; 0 for none
/// @param balanced whether every class is drawn as often, see [EpochOrder]
/// @param patience epochs without a better top-1 after which the training ends, see [Patience]; 0
///   for none
/// @param averageDecay decay a step of the exponential moving average of the weights; 0 for none
/// @param statisticsImages training images over which the running statistics of the last epoch's
///   network are recomputed, see [TrainingEngine#recomputeStatistics]: rounded up to whole batches,
///   as many as there are at most; 0 for the statistics of the training
public record Recipe(
        String name,
        int epochs,
        int batchSize,
        int accumulation,
        int repeats,
        double peakLearningRate,
        double warmupEpochs,
        double momentum,
        boolean nesterov,
        double weightDecay,
        double identityDecay,
        double normBiasRate,
        double bodyRate,
        boolean repOptimizer,
        boolean whitened,
        double labelSmoothing,
        Augmentation augmentation,
        CutMix cutMix,
        Mixup mixup,
        double rest,
        int frozenStages,
        boolean balanced,
        int patience,
        double averageDecay,
        int statisticsImages) {
    public Recipe {
        checkArgument(epochs >= 1, "epochs must be at least 1: %s", epochs);
        checkArgument(
                batchSize >= 2, "batch must be at least 2, for batch statistics: %s", batchSize);
        checkArgument(
                accumulation >= 1, "a step accumulates at least 1 batch, not %s", accumulation);
        checkArgument(repeats >= 1, "a batch comes at least once, not %s times", repeats);
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
                normBiasRate > 0 && Double.isFinite(normBiasRate),
                "the rate of the norms' biases must be a positive multiple: %s",
                normBiasRate);
        checkArgument(
                bodyRate >= 0 && Double.isFinite(bodyRate),
                "the body's rate must be a multiple of at least 0: %s",
                bodyRate);
        checkArgument(
                labelSmoothing >= 0 && labelSmoothing < 1,
                "label smoothing must be in [0,1): %s",
                labelSmoothing);
        checkArgument(rest >= 0 && rest <= 1, "the rest must be in [0,1]: %s", rest);
        checkArgument(frozenStages >= 0, "cannot freeze %s stages", frozenStages);
        checkArgument(
                !whitened || frozenStages >= 1, "a whitened stem is frozen, but no stage is to be");
        checkArgument(patience >= 0, "patience must not be negative: %s epochs", patience);
        checkArgument(
                averageDecay >= 0 && averageDecay < 1,
                "the average's decay must be in [0,1): %s",
                averageDecay);
        checkArgument(
                statisticsImages >= 0,
                "statistics cannot be recomputed over %s images",
                statisticsImages);
        checkArgument(
                patience == 0 || statisticsImages == 0,
                "patience (%s epochs) takes the best epoch's network, but statistics (over %s images)"
                        + " are recomputed for the last epoch's: leave one of them out",
                patience,
                statisticsImages);
    }

    /// A recipe of that name to be completed: epochs, batch size and learning rate have to be
    /// given, everything else is off.
    public static RecipeBuilder builder(String name) {
        return new RecipeBuilder(name);
    }

    /// This recipe to be varied.
    public RecipeBuilder toBuilder() {
        return new RecipeBuilder(this);
    }

    /// The paper's own (section 4.1), for ImageNet and its like: simple augmentation, no smoothing.
    public static Recipe paper() {
        return builder("paper")
                .epochs(120) // section 4.1
                .batchSize(256) // section 4.1: 32 a GPU on 8 GPUs
                .peakLearningRate(0.1) // section 4.1
                .warmupEpochs(0) // section 4.1 names none
                .momentum(0.9) // section 4.1
                .nesterov(false) // the authors' first code; the 2022 one sets it
                .weightDecay(1e-4) // section 4.1
                .identityDecay(1e-4) // the authors' code
                .labelSmoothing(0) // only the heavy models smooth
                .augmentation(Augmentation.simple(4)) // crop and flip only
                .build();
    }

    /// Small images in many epochs: the row set against other people's CIFAR-10 figures.
    public static Recipe baseline() {
        return builder("baseline")
                .epochs(80) // the budget of the figure it is compared with
                .batchSize(128) // more steps than 256, and still efficient on a CPU
                .peakLearningRate(0.1) // the usual peak for batch 128
                .warmupEpochs(5) // three norms a block make the first steps rough
                .momentum(0.9)
                .nesterov(true) // costs nothing
                .weightDecay(5e-4) // docs/decisions/006
                .identityDecay(0) // docs/decisions/006: with 5e-4 the identities fade out
                .labelSmoothing(0.1)
                .augmentation(
                        new Augmentation(
                                4, // an eighth of the width
                                true,
                                0, // docs/decisions/006
                                new Distortion(12, 1.25, 0.3))) // docs/decisions/006
                .cutMix(new CutMix(0.25)) // docs/decisions/006
                .rest(0.15) // docs/decisions/006
                .averageDecay(0.999) // the last 1,000 steps: 2.5 epochs of 50,000 images
                .build();
    }

    /// A network that another one learns from: [#baseline] in fewer epochs and without smoothing,
    /// for what it thinks of the other classes is what it has to tell.
    public static Recipe teacher() {
        return baseline().toBuilder()
                .name("teacher")
                .epochs(48) // docs/decisions/006
                .warmupEpochs(3) // of the epochs as much as in the baseline
                .labelSmoothing(0)
                .cutMix(new CutMix(0.5)) // docs/decisions/006
                .build();
    }

    /// [#baseline] for a network with a [Teacher], whose targets keep it from learning by heart:
    /// more mixing, less decay, and every batch twice, which takes twice the time.
    public static Recipe taught() {
        return baseline().toBuilder()
                .name("taught")
                .repeats(2) // docs/decisions/006
                .peakLearningRate(0.07) // two steps on a batch, each of 0.7 of the usual one
                .weightDecay(3e-4) // docs/decisions/006
                .rest(0.2) // docs/decisions/006
                .cutMix(new CutMix(0.5)) // docs/decisions/006
                .build();
    }

    /// The most accuracy of few epochs, for small images and networks with few, wide layers, such
    /// as `--widths 32,64,256,256 --depths 1,1,2,2 --strides 1,2,2,2`.
    public static Recipe fast() {
        return builder("fast")
                .epochs(15) // 25 minutes for that network: docs/results/cifar10-fast
                .batchSize(128) // more steps than 256, and still efficient on a CPU
                .peakLearningRate(0.3) // docs/decisions/021
                .warmupEpochs(3) // a fifth: a rise and a fall, as short trainings have it
                .momentum(0.9)
                .nesterov(true)
                .weightDecay(5e-4)
                .normBiasRate(16) // docs/decisions/021
                .whitened(true) // docs/decisions/021
                .frozenStages(1) // the whitened stem
                .labelSmoothing(0.1)
                .augmentation(Augmentation.simple(2)) // few epochs leave little to overfit
                .averageDecay(0.995) // the last 200 steps: half an epoch of 50,000 images
                .build();
    }

    /// [#fast] for twice the epochs and a [Teacher]: enough time to learn from images that are
    /// mixed and distorted as in the [#baseline].
    public static Recipe best() {
        return fast().toBuilder()
                .name("best")
                .epochs(30) // docs/decisions/021
                .peakLearningRate(
                        0.2) // between that of fast and that of the baseline; no other was tried
                .augmentation(baseline().augmentation())
                .cutMix(baseline().cutMix())
                .rest(taught().rest())
                .averageDecay(0.998) // the last 500 steps
                .build();
    }

    /// A few epochs, one rise and one fall: for the first look and for small data.
    public static Recipe quick() {
        return builder("quick")
                .epochs(12) // the built-in shapes are at nine in ten after 9
                .batchSize(64) // few images: small batches give more steps
                .peakLearningRate(0.1) // usual for batch 128, high for 64: short schedules want it
                .warmupEpochs(2)
                .momentum(0.9)
                .nesterov(true)
                .weightDecay(5e-4)
                .labelSmoothing(0.1)
                .augmentation(Augmentation.simple(2)) // few epochs leave little to overfit
                .averageDecay(0.99) // the last 100 steps: less than an epoch of 10,000 images
                .build();
    }

    /// A trained network for other data, even for a few photos: small steps for the body, larger
    /// ones for its new head.
    public static Recipe finetune() {
        return builder("finetune")
                .epochs(30) // docs/fine-tuning.md
                .batchSize(32) // few images: small batches give more steps
                .peakLearningRate(0.1) // of the head
                .warmupEpochs(2) // the first steps of a new head are its largest
                .momentum(0.9)
                .nesterov(true)
                .weightDecay(5e-4)
                .bodyRate(0.1) // docs/fine-tuning.md
                .labelSmoothing(0.1)
                .augmentation(
                        new Augmentation(2, true, 0, new Distortion(12, 1.25, 0.3))) // as baseline
                .averageDecay(0.99) // the last 100 steps
                .build();
    }

    /// Whether images are moved and mirrored only in epoch `epoch`, counted from 1.
    boolean rests(int epoch) {
        return epoch > epochsBeforeRest();
    }

    int epochsBeforeRest() {
        return epochs - Math.toIntExact(Math.round(rest * epochs));
    }

    /// Finds a recipe by its name.
    public static Optional<Recipe> find(String name) {
        return all().stream().filter(recipe -> recipe.name.equals(name)).findFirst();
    }

    /// The named recipes.
    public static List<Recipe> all() {
        return List.of(
                paper(), baseline(), teacher(), taught(), fast(), best(), quick(), finetune());
    }

    /// The same with other epochs; the warm-up keeps its part of them.
    public Recipe withEpochs(int value) {
        checkArgument(value >= 1, "epochs must be at least 1: %s", value);
        return toBuilder().epochs(value).warmupEpochs(warmupEpochs * value / epochs).build();
    }

    public Recipe withBatchSize(int value) {
        return toBuilder().batchSize(value).build();
    }

    public Recipe withPeakLearningRate(double value) {
        return toBuilder().peakLearningRate(value).build();
    }

    /// Fresh weights of a network, as this recipe begins.
    ///
    /// @param split that will be learnt from
    /// @throws IllegalArgumentException if it cannot train that network
    /// @throws IOException if a whitened stem needs images, and none can be read
    public BranchedModel initial(RepVggSpec spec, InputSpec input, LabelledImages split, long seed)
            throws IOException {
        BranchedModel drawn =
                repOptimizer
                        ? RepOptimizer.initial(spec, input, seed)
                        : InitialWeights.random(spec, input, seed);
        return whitened ? WhitenedStem.of(drawn, split) : drawn;
    }

    /// The same without what only fresh weights of a network of RepVGG blocks have: a whitened
    /// stem, frozen.
    public Recipe withoutWhitening() {
        return whitened ? toBuilder().whitened(false).frozenStages(0).build() : this;
    }

    /// Every field as text, in order: for reports, `config.json` and the provenance.
    public Map<String, String> facts() {
        return RecipeFacts.of(this);
    }
}
