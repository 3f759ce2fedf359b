package org.repvgg.train;

/// A [Recipe] in the making: a method for every field, [#build] checks them all.
public final class RecipeBuilder {
    private String name;
    private int epochs;
    private int batchSize;
    private int accumulation = 1;
    private int repeats = 1;
    private double peakLearningRate;
    private double warmupEpochs;
    private double momentum;
    private boolean nesterov;
    private double weightDecay;
    private double identityDecay;
    private double normBiasRate = 1;
    private double bodyRate = 1;
    private boolean repOptimizer;
    private boolean whitened;
    private double labelSmoothing;
    private Augmentation augmentation = Augmentation.NONE;
    private CutMix cutMix = CutMix.NONE;
    private Mixup mixup = Mixup.NONE;
    private double rest;
    private int frozenStages;
    private boolean balanced;
    private int patience;
    private double averageDecay;
    private int statisticsImages;

    RecipeBuilder(String name) {
        this.name = name;
    }

    RecipeBuilder(Recipe recipe) {
        name = recipe.name();
        epochs = recipe.epochs();
        batchSize = recipe.batchSize();
        accumulation = recipe.accumulation();
        repeats = recipe.repeats();
        peakLearningRate = recipe.peakLearningRate();
        warmupEpochs = recipe.warmupEpochs();
        momentum = recipe.momentum();
        nesterov = recipe.nesterov();
        weightDecay = recipe.weightDecay();
        identityDecay = recipe.identityDecay();
        normBiasRate = recipe.normBiasRate();
        bodyRate = recipe.bodyRate();
        repOptimizer = recipe.repOptimizer();
        whitened = recipe.whitened();
        labelSmoothing = recipe.labelSmoothing();
        augmentation = recipe.augmentation();
        cutMix = recipe.cutMix();
        mixup = recipe.mixup();
        rest = recipe.rest();
        frozenStages = recipe.frozenStages();
        balanced = recipe.balanced();
        patience = recipe.patience();
        averageDecay = recipe.averageDecay();
        statisticsImages = recipe.statisticsImages();
    }

    public RecipeBuilder name(String value) {
        name = value;
        return this;
    }

    public RecipeBuilder epochs(int value) {
        epochs = value;
        return this;
    }

    public RecipeBuilder batchSize(int value) {
        batchSize = value;
        return this;
    }

    public RecipeBuilder accumulation(int value) {
        accumulation = value;
        return this;
    }

    public RecipeBuilder repeats(int value) {
        repeats = value;
        return this;
    }

    public RecipeBuilder peakLearningRate(double value) {
        peakLearningRate = value;
        return this;
    }

    public RecipeBuilder warmupEpochs(double value) {
        warmupEpochs = value;
        return this;
    }

    public RecipeBuilder momentum(double value) {
        momentum = value;
        return this;
    }

    public RecipeBuilder nesterov(boolean value) {
        nesterov = value;
        return this;
    }

    public RecipeBuilder weightDecay(double value) {
        weightDecay = value;
        return this;
    }

    public RecipeBuilder identityDecay(double value) {
        identityDecay = value;
        return this;
    }

    public RecipeBuilder normBiasRate(double value) {
        normBiasRate = value;
        return this;
    }

    public RecipeBuilder bodyRate(double value) {
        bodyRate = value;
        return this;
    }

    public RecipeBuilder repOptimizer(boolean value) {
        repOptimizer = value;
        return this;
    }

    public RecipeBuilder whitened(boolean value) {
        whitened = value;
        return this;
    }

    public RecipeBuilder labelSmoothing(double value) {
        labelSmoothing = value;
        return this;
    }

    public RecipeBuilder augmentation(Augmentation value) {
        augmentation = value;
        return this;
    }

    public RecipeBuilder cutMix(CutMix value) {
        cutMix = value;
        return this;
    }

    public RecipeBuilder mixup(Mixup value) {
        mixup = value;
        return this;
    }

    public RecipeBuilder rest(double value) {
        rest = value;
        return this;
    }

    public RecipeBuilder frozenStages(int value) {
        frozenStages = value;
        return this;
    }

    public RecipeBuilder balanced(boolean value) {
        balanced = value;
        return this;
    }

    public RecipeBuilder patience(int value) {
        patience = value;
        return this;
    }

    public RecipeBuilder averageDecay(double value) {
        averageDecay = value;
        return this;
    }

    public RecipeBuilder statisticsImages(int value) {
        statisticsImages = value;
        return this;
    }

    /// @throws IllegalArgumentException naming the first value that makes no sense
    public Recipe build() {
        return new Recipe(
                name,
                epochs,
                batchSize,
                accumulation,
                repeats,
                peakLearningRate,
                warmupEpochs,
                momentum,
                nesterov,
                weightDecay,
                identityDecay,
                normBiasRate,
                bodyRate,
                repOptimizer,
                whitened,
                labelSmoothing,
                augmentation,
                cutMix,
                mixup,
                rest,
                frozenStages,
                balanced,
                patience,
                averageDecay,
                statisticsImages);
    }
}
