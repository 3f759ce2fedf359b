package org.repvgg.train.java;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleBinaryOperator;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.ModuleNames;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.TrainingEngine.Batch;

/// The training loss in double, as simply as it can be written: no gradient, for it is there to
/// take differences of.
final class NaiveTraining {
    private final RepVggSpec spec;
    private final Map<String, double[]> weights = new LinkedHashMap<>();

    NaiveTraining(BranchedModel model) {
        spec = model.spec();
        ReferenceNames.tensors(model)
                .forEach(
                        (name, tensor) -> {
                            double[] values = new double[tensor.shape().elements()];
                            for (int i = 0; i < values.length; i++) {
                                values[i] = tensor.get(i);
                            }
                            weights.put(name, values);
                        });
    }

    /// The tensor of that name; to be changed by whoever takes differences.
    double[] weight(String name) {
        return Objects.requireNonNull(weights.get(name), name);
    }

    /// `[n][c][h][w]`.
    private record Images(double[][][][] values) {
        int count() {
            return values.length;
        }

        int channels() {
            return values[0].length;
        }

        int height() {
            return values[0][0].length;
        }

        int width() {
            return values[0][0][0].length;
        }
    }

    double loss(Batch batch) {
        Images x = images(batch.images());
        for (int b = 0; b < spec.blocks().size(); b++) {
            x = block(b, x);
        }
        double loss = 0;
        double[] matrix = weight("linear.weight");
        double[] bias = weight("linear.bias");
        for (int n = 0; n < x.count(); n++) {
            double[] logits = bias.clone();
            for (int k = 0; k < logits.length; k++) {
                for (int c = 0; c < x.channels(); c++) {
                    double sum = 0;
                    for (double[] row : x.values[n][c]) {
                        for (double value : row) {
                            sum += value;
                        }
                    }
                    logits[k] += matrix[k * x.channels() + c] * sum / (x.height() * x.width());
                }
            }
            double total = 0;
            for (double logit : logits) {
                total += Math.exp(logit);
            }
            for (int k = 0; k < logits.length; k++) {
                loss -=
                        batch.targets().get(n * logits.length + k)
                                * (logits[k] - Math.log(total))
                                / x.count();
            }
        }
        return loss;
    }

    private static Images images(Tensor tensor) {
        int channels = tensor.shape().dimension(1);
        int height = tensor.shape().dimension(2);
        int width = tensor.shape().dimension(3);
        var values = new double[tensor.shape().dimension(0)][channels][height][width];
        for (int i = 0; i < tensor.shape().elements(); i++) {
            values[i / (channels * height * width)][i / (height * width) % channels][
                            i / width % height][i % width] =
                    tensor.get(i);
        }
        return new Images(values);
    }

    private Images block(int index, Images x) {
        BlockSpec block = spec.blocks().get(index);
        String place = ModuleNames.block(spec, index);
        List<Images> branches = new ArrayList<>();
        for (int b = 0; b < block.branches().size(); b++) {
            branches.add(branch(block, b, place + "." + ModuleNames.branches(block).get(b), x));
        }
        Images sum = branches.getFirst();
        for (Images branch : branches.subList(1, branches.size())) {
            sum = combine(sum, branch, Double::sum);
        }
        return rectify(block.postNorm() ? normalise(sum, place + ".bn") : sum);
    }

    private Images branch(BlockSpec block, int index, String name, Images x) {
        BranchSpec branch = block.branches().get(index);
        Images y = x;
        String norm = name;
        if (branch instanceof BranchSpec.Convolution kernel) {
            y = convolve(x, block, kernel, name);
            norm = name + ".bn";
        }
        return switch (branch.tail()) {
            case NONE -> y;
            case NORM -> normalise(y, norm);
            case NORM_RELU -> rectify(normalise(y, norm));
        };
    }

    private static Images rectify(Images x) {
        return combine(x, x, (value, _) -> Math.max(0, value));
    }

    private static Images combine(Images a, Images b, DoubleBinaryOperator function) {
        var values = new double[a.count()][a.channels()][a.height()][a.width()];
        for (int n = 0; n < a.count(); n++) {
            for (int c = 0; c < a.channels(); c++) {
                for (int i = 0; i < a.height(); i++) {
                    for (int j = 0; j < a.width(); j++) {
                        values[n][c][i][j] =
                                function.applyAsDouble(a.values[n][c][i][j], b.values[n][c][i][j]);
                    }
                }
            }
        }
        return new Images(values);
    }

    private Images convolve(Images x, BlockSpec block, BranchSpec.Convolution kernel, String name) {
        double[] w = weight(name + ".conv.weight");
        int height = block.outputSize(x.height());
        int width = block.outputSize(x.width());
        var y = new double[x.count()][block.out()][height][width];
        for (int n = 0; n < x.count(); n++) {
            for (int o = 0; o < block.out(); o++) {
                for (int i = 0; i < height; i++) {
                    for (int j = 0; j < width; j++) {
                        y[n][o][i][j] = at(x.values[n], w, o, i, j, block.stride(), kernel);
                    }
                }
            }
        }
        return new Images(y);
    }

    private static double at(
            double[][][] x, double[] w, int o, int i, int j, int s, BranchSpec.Convolution kernel) {
        int area = kernel.height() * kernel.width();
        double sum = 0;
        for (int c = 0; c < x.length; c++) {
            for (int t = 0; t < area; t++) {
                int row = s * i + t / kernel.width() - kernel.height() / 2;
                int column = s * j + t % kernel.width() - kernel.width() / 2;
                if (row >= 0 && row < x[c].length && column >= 0 && column < x[c][0].length) {
                    sum += w[(o * x.length + c) * area + t] * x[c][row][column];
                }
            }
        }
        return sum;
    }

    private Images normalise(Images y, String name) {
        var z = new double[y.count()][y.channels()][y.height()][y.width()];
        double count = (double) y.count() * y.height() * y.width();
        for (int c = 0; c < y.channels(); c++) {
            double mean = 0;
            double square = 0;
            for (double[][][] image : y.values) {
                for (double[] row : image[c]) {
                    for (double value : row) {
                        mean += value / count;
                        square += value * value / count;
                    }
                }
            }
            double scale =
                    weight(name + ".weight")[c]
                            / Math.sqrt(square - mean * mean + BatchNorm.EPSILON);
            for (int n = 0; n < y.count(); n++) {
                for (int i = 0; i < y.height(); i++) {
                    for (int j = 0; j < y.width(); j++) {
                        z[n][c][i][j] =
                                (y.values[n][c][i][j] - mean) * scale + weight(name + ".bias")[c];
                    }
                }
            }
        }
        return new Images(z);
    }
}
