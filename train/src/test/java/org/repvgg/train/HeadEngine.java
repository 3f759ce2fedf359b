package org.repvgg.train;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.Linear;
import org.repvgg.runtime.BranchedRuntime;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// A small engine in plain Java: it trains the classifier by softmax regression on the features of
/// blocks that stay as they are.
final class HeadEngine implements TrainingEngine {
    private static final String WEIGHT = "linear.weight";
    private static final String BIAS = "linear.bias";
    private static final String MOMENTUM = "momentum/";

    private final BranchedModel initial;
    private final Classifier body;
    private final int features;
    private final int classes;
    private final float[] weight;
    private final float[] bias;
    private final float[] weightVelocity;
    private final float[] biasVelocity;
    private final List<Shape> gathered = new ArrayList<>();
    private boolean closed;

    HeadEngine(BranchedModel initial) {
        this.initial = initial;
        this.body = BranchedRuntime.load(initial, new RuntimeOptions(1));
        this.features = initial.spec().features();
        this.classes = initial.spec().classes();
        this.weight = initial.head().weight().toArray();
        this.bias = initial.head().bias().toArray();
        this.weightVelocity = new float[weight.length];
        this.biasVelocity = new float[bias.length];
    }

    @Override
    public String description() {
        return "softmax regression on fixed features";
    }

    @Override
    public Map<String, String> choices() {
        return Map.of("precision", "fp32");
    }

    /// The blocks stay as they are anyway.
    @Override
    public void freeze(int stages) {
        var _ = new FrozenStages(initial.spec(), stages);
    }

    /// The classifier's gradients are never multiplied.
    @Override
    public void multiplyGradients(Map<String, Tensor> multipliers) {
        TrainingEngine.checkMultipliers(multipliers, initial.spec());
        checkArgument(!multipliers.containsKey(WEIGHT), "gradients of %s stay", WEIGHT);
    }

    /// Its features go by the first statistics.
    @Override
    public BranchedModel recomputeStatistics(BranchedModel model, Iterator<Tensor> batches) {
        while (batches.hasNext()) {
            gathered.add(batches.next().shape());
        }
        return model;
    }

    /// Shapes of the images that statistics were to be recomputed over.
    List<Shape> gathered() {
        return gathered;
    }

    @Override
    public double step(List<Batch> parts, StepSettings step) {
        checkArgument(!closed, "the engine is closed");
        int total = Batch.images(parts);
        float[] gradient = new float[weight.length];
        float[] biasGradient = new float[bias.length];
        double loss = 0;
        for (Batch part : parts) {
            loss += addGradients(part, total, gradient, biasGradient);
        }
        descend(weight, gradient, weightVelocity, step, step.weightDecay());
        descend(bias, biasGradient, biasVelocity, step, 0);
        return loss / total;
    }

    private double addGradients(Batch batch, int total, float[] gradient, float[] biasGradient) {
        int n = batch.count();
        float[] inputs = features(batch.images());
        float[] errors = scores(inputs, n);
        double loss = 0;
        for (int i = 0; i < n; i++) {
            loss += toErrors(errors, batch.targets(), i, total);
        }
        for (int i = 0; i < n; i++) {
            for (int c = 0; c < classes; c++) {
                float error = errors[i * classes + c];
                biasGradient[c] += error;
                for (int f = 0; f < features; f++) {
                    gradient[c * features + f] += error * inputs[i * features + f];
                }
            }
        }
        return loss;
    }

    /// Turns a row of scores into `(softmax - target) / total`; returns its cross-entropy.
    private double toErrors(float[] scores, Tensor targets, int row, int total) {
        double max = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < classes; c++) {
            max = Math.max(max, scores[row * classes + c]);
        }
        double sum = 0;
        for (int c = 0; c < classes; c++) {
            sum += Math.exp(scores[row * classes + c] - max);
        }
        double loss = 0;
        for (int c = 0; c < classes; c++) {
            int at = row * classes + c;
            double logProbability = scores[at] - max - Math.log(sum);
            loss -= targets.get(at) * logProbability;
            scores[at] = (float) ((Math.exp(logProbability) - targets.get(at)) / total);
        }
        return loss;
    }

    private static void descend(
            float[] values, float[] gradient, float[] velocity, StepSettings step, double decay) {
        for (int i = 0; i < values.length; i++) {
            double g = gradient[i] + decay * values[i];
            velocity[i] = (float) (step.momentum() * velocity[i] + g);
            double move = step.nesterov() ? g + step.momentum() * velocity[i] : velocity[i];
            values[i] -= (float) (step.learningRate() * move);
        }
    }

    @Override
    public Tensor logits(Tensor images) {
        int n = images.shape().dimension(0);
        return Tensor.ofOwned(Shape.of(n, classes), scores(features(images), n));
    }

    /// Mean of each channel after the last block, `[n,features]`.
    private float[] features(Tensor images) {
        int n = images.shape().dimension(0);
        float[] means = new float[n * features];
        int last = initial.spec().blocks().size() - 1;
        body.logits(
                images,
                new Classifier.BlockObserver() {
                    @Override
                    public boolean wants(int block) {
                        return block == last;
                    }

                    @Override
                    public void blockOutput(int block, Tensor output) {
                        int pixels = output.shape().elements() / means.length;
                        for (int i = 0; i < output.shape().elements(); i++) {
                            means[i / pixels] += output.get(i) / pixels;
                        }
                    }
                });
        return means;
    }

    private float[] scores(float[] inputs, int n) {
        float[] scores = new float[n * classes];
        for (int i = 0; i < n; i++) {
            for (int c = 0; c < classes; c++) {
                float score = bias[c];
                for (int f = 0; f < features; f++) {
                    score += weight[c * features + f] * inputs[i * features + f];
                }
                scores[i * classes + c] = score;
            }
        }
        return scores;
    }

    @Override
    public BranchedModel weights() {
        Linear head =
                new Linear(
                        Tensor.copyOf(Shape.of(classes, features), weight),
                        Tensor.copyOf(Shape.of(classes), bias));
        return new BranchedModel(
                initial.spec(),
                initial.blocks(),
                head,
                initial.auxiliary(),
                initial.input(),
                initial.provenance());
    }

    @Override
    public Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>(ReferenceNames.tensors(weights()));
        state.put(MOMENTUM + WEIGHT, Tensor.copyOf(Shape.of(classes, features), weightVelocity));
        state.put(MOMENTUM + BIAS, Tensor.copyOf(Shape.of(classes), biasVelocity));
        return state;
    }

    @Override
    public void restore(Map<String, Tensor> state) {
        restore(state, WEIGHT, weight);
        restore(state, BIAS, bias);
        restore(state, MOMENTUM + WEIGHT, weightVelocity);
        restore(state, MOMENTUM + BIAS, biasVelocity);
    }

    private static void restore(Map<String, Tensor> state, String name, float[] target) {
        Tensor saved = state.get(name);
        checkArgument(saved != null, "the state has no tensor '%s'", name);
        System.arraycopy(saved.toArray(), 0, target, 0, target.length);
    }

    @Override
    public void close() {
        closed = true;
        body.close();
    }
}
