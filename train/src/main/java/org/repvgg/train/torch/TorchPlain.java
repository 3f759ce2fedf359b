package org.repvgg.train.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.repvgg.model.Linear;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;
import org.repvgg.model.SqueezeExcite;
import org.repvgg.train.torch.TorchOptions.Device;
import org.repvgg.train.torch.TorchOptions.Layout;

/// The plain form on libtorch, operation by operation, on the CPU in single precision: what the
/// plain runtime is measured against. Used by one thread at a time.
public final class TorchPlain implements AutoCloseable {
    private static final long[] PIXELS = {2, 3};

    private final NativeTensors tensors;
    private final int threads;
    private final List<Layer> layers = new ArrayList<>();
    private final List<Pointer> kept = new ArrayList<>();
    private @Nullable Thread thread;

    /// One operation; its argument belongs to it.
    @FunctionalInterface
    private interface Layer {
        Tensor apply(Tensor x);
    }

    private TorchPlain(PlainModel model, Layout layout, int threads) {
        this.tensors = new NativeTensors(Device.CPU, layout);
        this.threads = threads;
        model.layers().forEach(layer -> layers.add(layer(layer)));
    }

    /// Copies the weights.
    ///
    /// @param layout of images, maps and kernels; not [Layout#AUTO]
    public static TorchPlain load(PlainModel model, Layout layout, int threads) {
        Libtorch.load(Device.CPU);
        return Libtorch.compute(() -> new TorchPlain(model, layout, threads));
    }

    /// `[n,c,h,w]` → `[n,classes]`.
    public org.repvgg.tensor.Tensor logits(org.repvgg.tensor.Tensor images) {
        return Libtorch.compute(
                () -> {
                    if (thread != Thread.currentThread()) { // OpenMP counts threads per caller
                        torch.set_num_threads(threads);
                        thread = Thread.currentThread();
                    }
                    try (var _ = new NoGradGuard()) {
                        Tensor x = tensors.toNative(images);
                        for (Layer layer : layers) {
                            Tensor y = layer.apply(x);
                            if (y != x) {
                                x.close(); // nobody reads it again
                            }
                            x = y;
                        }
                        return NativeTensors.toJava(x);
                    }
                });
    }

    private Layer layer(PlainLayer layer) {
        return switch (layer) {
            case PlainLayer.Conv3x3 conv -> convolution(conv);
            case PlainLayer.Relu _ ->
                    x -> {
                        Tensor _ = torch.relu_(x);
                        return x;
                    };
            case PlainLayer.Gain gain -> gain(gain.weights());
            case PlainLayer.GlobalAveragePool _ -> TorchPlain::pool;
            case PlainLayer.Classify classify -> linear(classify.weights());
        };
    }

    private Layer convolution(PlainLayer.Conv3x3 conv) {
        Tensor weight = keep(tensors.toNative(conv.weight()));
        TensorOptional bias = optional(conv.bias());
        long[] stride = {conv.stride(), conv.stride()};
        return x ->
                torch.conv2d(
                        x,
                        weight,
                        bias,
                        stride,
                        new long[] {1, 1},
                        new long[] {1, 1},
                        conv.groups());
    }

    private Layer linear(Linear weights) {
        Tensor weight = keep(tensors.toNative(weights.weight()));
        TensorOptional bias = optional(weights.bias());
        return x -> torch.linear(x, weight, bias);
    }

    private Layer gain(SqueezeExcite weights) {
        Layer down = linear(new Linear(weights.downWeight(), weights.downBias()));
        Layer up = linear(new Linear(weights.upWeight(), weights.upBias()));
        return x -> {
            Tensor gains = torch.sigmoid(up.apply(torch.relu(down.apply(pool(x)))));
            return x.mul(gains.unsqueeze(-1).unsqueeze(-1));
        };
    }

    private static Tensor pool(Tensor x) {
        return x.mean(PIXELS, false, new ScalarTypeOptional());
    }

    private TensorOptional optional(org.repvgg.tensor.Tensor tensor) {
        return keep(new TensorOptional(keep(tensors.toNative(tensor))));
    }

    /// Lets a native object outlive the scope it was made in.
    private <T extends Pointer> T keep(T pointer) {
        pointer.retainReference();
        kept.add(pointer);
        return pointer;
    }

    @Override
    public void close() {
        Libtorch.compute(
                () -> {
                    kept.forEach(Pointer::close);
                    return kept.size();
                });
    }
}
