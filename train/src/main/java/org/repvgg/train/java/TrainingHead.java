package org.repvgg.train.java;

import org.jspecify.annotations.Nullable;
import org.repvgg.kernel.MatrixKernels.Rows;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// Global average pooling, the classifier and the loss.
///
/// `logits = mean(z) W + b`; the loss is the mean over a step's images of `-Σ target * log
/// softmax`, its gradient `(softmax - target) / total`.
final class TrainingHead {
    /// The whole matrix as one segment.
    private static final int[] WHOLE = {0, 0};

    private final StepContext context;
    private final Maps maps;
    private final int classes;
    private final Panels panels;
    private final Panels transposed;
    private final int weightAt;
    private final int biasAt;

    /// Maps of the last block's output, and their gradient.
    private final float[] z;

    private final float @Nullable [] zGradient;

    /// `[image][channel]`.
    private final Rows features;

    private final Rows featureGradient;

    /// `[image][padded class]`; later their gradient.
    private final Rows logits;

    /// @param zGradient null if nobody wants the gradient of `z`
    TrainingHead(
            StepContext context,
            RepVggSpec spec,
            Maps maps,
            float[] z,
            float @Nullable [] zGradient) {
        this.context = context;
        this.maps = maps;
        this.classes = spec.classes();
        this.panels = context.parameters.panels("linear.weight");
        this.transposed = transposed(spec, context.lanes());
        this.weightAt = context.parameters.at("linear.weight");
        this.biasAt = context.parameters.at("linear.bias");
        this.z = z;
        this.zGradient = zGradient;
        this.features = rows(maps.channels());
        this.featureGradient = rows(maps.channels());
        this.logits = rows(Panels.padded(classes, context.lanes()));
    }

    private Rows rows(int width) {
        return new Rows(new float[Math.multiplyExact(maps.images(), width)], width);
    }

    /// The classifier's matrix, inputs and outputs exchanged.
    static Panels transposed(RepVggSpec spec, int lanes) {
        return new Panels(1, spec.classes(), spec.features(), lanes);
    }

    /// Forward and backward: leaves the gradients of the classifier and of `z`.
    ///
    /// @param targets `[images,classes]`
    /// @param total images of the whole step
    /// @return the sum of the images' losses
    double step(Tensor targets, int images, int total) {
        pool(images);
        classify(images);
        double loss = differentiate(targets.unsafeArray(), images, total);
        weightGradient(images);
        if (zGradient != null) {
            featureGradient(images);
            spread(zGradient, images);
        }
        return loss;
    }

    private void pool(int images) {
        int length = images * maps.channels();
        float[] mean = features.values();
        System.arraycopy(z, 0, mean, 0, length);
        for (int pixel = 1; pixel < maps.pixels(); pixel++) {
            context.kernels.channel().add(z, pixel * maps.plane(), mean, 0, length);
        }
        scale(mean, length);
    }

    private void classify(int images) {
        float[] weights = context.parameters.weights;
        for (int n = 0; n < images; n++) {
            System.arraycopy(weights, biasAt, logits.values(), n * logits.row(), logits.row());
        }
        for (int panel = 0; panel < panels.count(); panel++) {
            context.matrix.multiply(
                    features,
                    weights,
                    weightAt + panels.at(panel),
                    WHOLE,
                    panels.in(),
                    logits,
                    panel * panels.width(),
                    images,
                    panels.computed(panel),
                    true);
        }
    }

    /// Replaces the logits by the loss's gradient.
    private double differentiate(float[] targets, int images, int total) {
        double loss = 0;
        for (int n = 0; n < images; n++) {
            loss += differentiate(logits.values(), n * logits.row(), targets, n * classes, total);
        }
        return loss;
    }

    /// One image's; the classes that pad get none.
    private double differentiate(float[] row, int at, float[] targets, int targetsAt, int total) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < classes; k++) {
            largest = Math.max(largest, row[at + k]); // NaN stays NaN
        }
        double sum = 0;
        for (int k = 0; k < classes; k++) {
            sum += Math.exp(row[at + k] - largest);
        }
        double logSum = largest + Math.log(sum);
        double loss = 0;
        for (int k = 0; k < classes; k++) {
            double logSoftmax = row[at + k] - logSum;
            float target = targets[targetsAt + k];
            loss -= target * logSoftmax;
            row[at + k] = (float) ((Math.exp(logSoftmax) - target) / total);
        }
        for (int k = classes; k < logits.row(); k++) {
            row[at + k] = 0;
        }
        return loss;
    }

    private void weightGradient(int images) {
        float[] gradients = context.parameters.gradients;
        for (int k = 0; k < classes; k++) {
            double sum = 0;
            for (int n = 0; n < images; n++) {
                sum += logits.values()[n * logits.row() + k];
            }
            gradients[biasAt + k] = (float) sum;
        }
        for (int panel = 0; panel < panels.count(); panel++) {
            context.matrix.multiplyTransposed(
                    features,
                    logits,
                    panel * panels.width(),
                    WHOLE,
                    images,
                    new Rows(gradients, panels.width()),
                    weightAt + panels.at(panel),
                    panels.in(),
                    panels.computed(panel));
        }
    }

    private void featureGradient(int images) {
        for (int panel = 0; panel < panels.count(); panel++) {
            panels.transpose(
                    context.parameters.weights,
                    weightAt,
                    panel,
                    0,
                    context.transposed,
                    transposed,
                    0);
        }
        for (int panel = 0; panel < transposed.count(); panel++) {
            context.matrix.multiply(
                    logits,
                    context.transposed,
                    transposed.at(panel),
                    WHOLE,
                    classes,
                    featureGradient,
                    panel * transposed.width(),
                    images,
                    transposed.computed(panel),
                    false);
        }
    }

    /// The features' gradient, divided among the pixels.
    private void spread(float[] target, int images) {
        int length = images * maps.channels();
        scale(featureGradient.values(), length);
        for (int pixel = 0; pixel < maps.pixels(); pixel++) {
            System.arraycopy(featureGradient.values(), 0, target, pixel * maps.plane(), length);
        }
    }

    /// Divides by the number of pixels.
    private void scale(float[] values, int length) {
        float part = 1f / maps.pixels();
        for (int i = 0; i < length; i++) {
            values[i] *= part;
        }
    }
}
