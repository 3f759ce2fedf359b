package org.repvgg.train.torch;

import static org.repvgg.tensor.Checks.checkArgument;

/// How libtorch trains. What is `AUTO` is decided once, at the engine's start;
/// [TorchEngine#options] tells what was decided, so that a resumed training can ask for exactly
/// that.
///
/// @param threads CPU threads of every operation; with [Layout#AUTO] one thread is taken instead if
///   that is faster
/// @param batchSize images a step, for the measurement that decides the layout; other sizes work
public record TorchOptions(
        Device device, Precision precision, Layout layout, int threads, int batchSize) {

    /// Where tensors live.
    public enum Device {
        CPU,
        CUDA
    }

    /// What convolutions compute in; weights, norms, logits and optimiser stay in single precision.
    public enum Precision {
        /// [#BF16] where the processor multiplies it faster, else [#FP32].
        AUTO,
        FP32,
        /// Eight bits of mantissa, sums in single precision.
        BF16
    }

    /// How pixels and channels lie in memory; it changes speed and the last bits, nothing else.
    public enum Layout {
        /// Whichever is faster in a few steps on random images.
        AUTO,
        NCHW,
        CHANNELS_LAST
    }

    public TorchOptions {
        checkArgument(threads >= 1, "threads must be positive: %s", threads);
        checkArgument(batchSize >= 1, "batch size must be positive: %s", batchSize);
    }

    /// Everything decided by the engine, on the CPU with all its processors, batches of 128.
    public static TorchOptions defaults() {
        return new TorchOptions(
                Device.CPU,
                Precision.AUTO,
                Layout.AUTO,
                Runtime.getRuntime().availableProcessors(),
                128);
    }

    public TorchOptions withDevice(Device other) {
        return new TorchOptions(other, precision, layout, threads, batchSize);
    }

    public TorchOptions withPrecision(Precision other) {
        return new TorchOptions(device, other, layout, threads, batchSize);
    }

    public TorchOptions withLayout(Layout other) {
        return new TorchOptions(device, precision, other, threads, batchSize);
    }

    public TorchOptions withThreads(int other) {
        return new TorchOptions(device, precision, layout, other, batchSize);
    }

    public TorchOptions withBatchSize(int other) {
        return new TorchOptions(device, precision, layout, threads, other);
    }
}
