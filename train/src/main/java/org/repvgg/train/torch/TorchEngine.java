package org.repvgg.train.torch;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.train.FrozenStages;
import org.repvgg.train.Ranks;
import org.repvgg.train.TrainingEngine;
import org.repvgg.train.torch.ForwardPass.Mode;
import org.repvgg.train.torch.TorchOptions.Device;
import org.repvgg.train.torch.TorchOptions.Layout;
import org.repvgg.train.torch.TorchOptions.Precision;

/// Trains any spec on libtorch.
///
/// Losses repeat bit for bit for the same weights, batches, options and machine; so does a training
/// that goes on from [#state]. [#options] tells what `AUTO` became: a training that is to go on
/// exactly must ask for that.
public final class TorchEngine implements TrainingEngine {
    private static final String VERSION = "2.10";

    /// Weight of each auxiliary head's loss: RepVGGplus's.
    private static final double AUXILIARY_WEIGHT = 0.1;

    private final TorchOptions options;
    private final RepVggSpec spec;
    private final Network network;
    private final ForwardPass forward;
    private final SgdUpdate update;
    private FrozenStages frozen;
    private Ranks ranks = Ranks.alone();
    private @Nullable Thread thread;

    private TorchEngine(BranchedModel model, TorchOptions options) {
        this.options = options;
        this.spec = model.spec();
        network = new Network(model, new NativeTensors(options.device(), options.layout()));
        forward = new ForwardPass(network);
        update = new SgdUpdate(network);
        frozen = new FrozenStages(spec, 0);
    }

    /// An engine that goes on from `initial`.
    ///
    /// @throws IllegalArgumentException if the device is not there
    public static TorchEngine start(BranchedModel initial, TorchOptions options) {
        Libtorch.load(options.device());
        checkArgument(
                options.layout() != Layout.NCHW
                        || options.device() == Device.CUDA
                        || Convolutions.allowNchw(initial.spec()),
                "layout NCHW needs channels that divide by 16, the widths of %s are %s:"
                        + " use CHANNELS_LAST",
                initial.spec().name(),
                initial.spec().widths());
        Precision precision = Libtorch.decide(options.precision(), options.device());
        TorchOptions decided = options.withPrecision(precision);
        if (options.layout() == Layout.AUTO) {
            decided = Tuning.fastest(initial, decided);
        }
        TorchOptions chosen = decided;
        return Libtorch.compute(() -> new TorchEngine(initial, chosen));
    }

    /// The options with everything decided: no `AUTO` left.
    public TorchOptions options() {
        return options;
    }

    @Override
    public String description() {
        return String.format(
                        "libtorch %s, %s, %s, %s, %s thread%s",
                        VERSION,
                        options.device(),
                        options.precision(),
                        options.layout(),
                        options.threads(),
                        options.threads() == 1 ? "" : "s")
                .toLowerCase(Locale.ROOT)
                .replace('_', ' ');
    }

    @Override
    public Map<String, String> choices() {
        return Map.of(
                "name", "libtorch",
                "layout", options.layout().name(),
                "precision", options.precision().name(),
                "threads", Integer.toString(options.threads()));
    }

    @Override
    public void freeze(int stages) {
        frozen = new FrozenStages(spec, stages);
        Libtorch.compute(
                () -> {
                    network.freeze(frozen);
                    return spec;
                });
        forward.freeze(frozen.blocks());
    }

    /// Batch norms take the statistics of this rank's images alone.
    ///
    /// @throws IllegalArgumentException if they shall take all ranks', or other ranks' engines are
    ///   of another kind
    @Override
    public void join(Ranks others) {
        checkArgument(
                !others.synchronisedNorms(),
                "--sync-bn is not for libtorch's batch norms: leave it out, or train with --engine java");
        others.checkSame(
                Map.of("the engine", "libtorch", "the precision", options.precision().name()));
        ranks = others;
    }

    @Override
    public void averageStatistics() {
        if (ranks.world() > 1) {
            Libtorch.copy(
                    () -> {
                        new SharedTensors(network.statistics(frozen)).mean(ranks);
                        return spec;
                    });
        }
    }

    @Override
    public void multiplyGradients(Map<String, org.repvgg.tensor.Tensor> multipliers) {
        TrainingEngine.checkMultipliers(multipliers, spec);
        Libtorch.compute(
                () -> {
                    update.setMultipliers(multipliers);
                    return spec;
                });
    }

    @Override
    public double step(List<Batch> parts, StepSettings step) {
        int images = (int) ranks.sum(Batch.images(parts));
        parts.forEach(this::checkBatch);
        double own =
                compute(
                        () -> {
                            double loss = backward(parts, images);
                            if (ranks.world() > 1) {
                                new SharedTensors(network.gradients()).sum(ranks);
                            }
                            withoutGradients(
                                    () -> {
                                        update.apply(step);
                                        return loss;
                                    });
                            return loss;
                        });
        return ranks.sum(own);
    }

    /// Gradients of the training loss under the trained tensors' names; running statistics move as
    /// in a step.
    Map<String, org.repvgg.tensor.Tensor> gradients(Batch... parts) {
        int images = Batch.images(List.of(parts));
        List.of(parts).forEach(this::checkBatch);
        return compute(
                () -> {
                    double _ = backward(List.of(parts), images);
                    Map<String, org.repvgg.tensor.Tensor> gradients = new LinkedHashMap<>();
                    network.trained()
                            .forEach(
                                    (name, leaf) -> {
                                        gradients.put(name, NativeTensors.toJava(leaf.grad()));
                                        leaf.mutable_grad().reset();
                                    });
                    return gradients;
                });
    }

    /// Leaves every trained tensor with its gradient, which libtorch adds up part by part; returns
    /// the main head's loss.
    private double backward(List<Batch> parts, int images) {
        double loss = 0;
        for (Batch part : parts) {
            double share = (double) part.count() / images;
            try (PointerScope _ = new PointerScope()) { // a part's maps go before the next's come
                loss += share * backward(part, share);
            }
        }
        return loss;
    }

    /// @param share of the loss in that of the whole step
    private double backward(Batch batch, double share) {
        Tensor images = network.tensors().toNative(batch.images());
        Tensor targets = network.tensors().toNative(batch.targets());
        List<Tensor> logits = forward.logits(images, Mode.TRAIN, options.precision());
        Tensor main = torch.cross_entropy_loss(logits.getFirst(), targets);
        Tensor total = main;
        for (Tensor auxiliary : logits.subList(1, logits.size())) {
            Tensor loss = torch.cross_entropy_loss(auxiliary, targets);
            total = total.add(loss, new Scalar(AUXILIARY_WEIGHT));
        }
        if (share != 1) {
            total = total.mul(new Scalar(share));
        }
        total.backward();
        return main.item_float();
    }

    @Override
    public org.repvgg.tensor.Tensor logits(org.repvgg.tensor.Tensor images) {
        TrainingEngine.checkImages(images.shape(), spec);
        return compute(
                () ->
                        withoutGradients(
                                () -> {
                                    Tensor input = network.tensors().toNative(images);
                                    List<Tensor> logits =
                                            forward.logits(input, Mode.EVALUATE, Precision.FP32);
                                    return NativeTensors.toJava(logits.getFirst());
                                }));
    }

    /// In single precision, as networks are evaluated.
    @Override
    public BranchedModel recomputeStatistics(
            BranchedModel model, Iterator<org.repvgg.tensor.Tensor> batches) {
        Network own = compute(() -> new Network(model, network.tensors()));
        try {
            ForwardPass pass = compute(() -> new ForwardPass(own));
            pass.freeze(frozen.blocks());
            gather(own, pass, batches);
            return Libtorch.copy(own::weights);
        } finally {
            Libtorch.compute(
                    () -> {
                        own.close();
                        return spec;
                    });
        }
    }

    private void gather(Network own, ForwardPass pass, Iterator<org.repvgg.tensor.Tensor> batches) {
        long seen = 0;
        while (batches.hasNext()) {
            org.repvgg.tensor.Tensor images = batches.next();
            checkImages(images.shape());
            int count = images.shape().dimension(0);
            boolean first = seen == 0;
            seen += count;
            var mode = new Mode(true, (double) count / seen);
            compute(
                    () ->
                            withoutGradients(
                                    () -> {
                                        if (first) {
                                            own.clearStatistics(frozen);
                                        }
                                        Tensor input = own.tensors().toNative(images);
                                        return pass.logits(input, mode, Precision.FP32);
                                    }));
        }
        checkArgument(seen > 0, "statistics need at least one batch");
    }

    @Override
    public BranchedModel weights() {
        return Libtorch.copy(network::weights);
    }

    @Override
    public Map<String, org.repvgg.tensor.Tensor> state() {
        return Libtorch.copy(network::state);
    }

    @Override
    public void restore(Map<String, org.repvgg.tensor.Tensor> state) {
        Libtorch.copy(
                () ->
                        withoutGradients(
                                () -> {
                                    network.restore(state);
                                    return state;
                                }));
    }

    @Override
    public void close() {
        Libtorch.compute(
                () -> {
                    network.close();
                    return spec;
                });
    }

    private <T> T compute(Supplier<T> computation) {
        return Libtorch.compute(
                () -> {
                    if (thread != Thread.currentThread()) { // OpenMP counts threads per caller
                        torch.set_num_threads(options.threads());
                        thread = Thread.currentThread();
                    }
                    return computation.get();
                });
    }

    private static <T> T withoutGradients(Supplier<T> computation) {
        try (var _ = new NoGradGuard()) {
            return computation.get();
        }
    }

    private void checkBatch(Batch batch) {
        batch.checkFits(spec);
        checkImages(batch.images().shape());
    }

    private void checkImages(Shape images) {
        TrainingEngine.checkImages(images, spec);
        int stride = spec.strides().stream().reduce(1, (a, b) -> a * b);
        checkArgument(
                images.dimension(0) > 1
                        || images.dimension(2) > stride
                        || images.dimension(3) > stride,
                "a batch norm needs more than one value a channel: images are %s, the last stage sees 1x1",
                images);
    }
}
