package org.repvgg.train.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.GenericDict;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.torch.TorchOptions.Device;
import org.repvgg.train.torch.TorchOptions.Layout;

/// A network in a TorchScript file, on libtorch, on the CPU. Used by one thread at a time.
///
/// It computes in double: what it answers is what the file says, without libtorch's rounding and
/// without what oneDNN gets wrong in single precision on some processors, see [Convolutions].
public final class TorchScriptNetwork implements AutoCloseable {
    /// What runs it.
    public static final String RUNTIME = "libtorch 2.10";

    private static final NativeTensors TENSORS = new NativeTensors(Device.CPU, Layout.NCHW);

    private final JitModule module;
    private final String answer;
    private final int threads;

    private TorchScriptNetwork(JitModule module, String answer, int threads) {
        this.module = module;
        this.answer = answer;
        this.threads = threads;
    }

    /// Runs no code but TorchScript's own operators.
    ///
    /// @param answer what to call an answer that is a single tensor
    /// @throws IOException naming the file, if libtorch cannot read it
    public static TorchScriptNetwork load(Path file, String answer, int threads)
            throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        Libtorch.load(Device.CPU);
        try {
            return Libtorch.compute(
                    () -> {
                        JitModule module = torch.load(file.toString());
                        module.to(ScalarType.Double);
                        module.retainReference(); // outlives the scope
                        return new TorchScriptNetwork(module, answer, threads);
                    });
        } catch (IllegalStateException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /// Images `[n,c,h,w]` in, what `forward` answers out, by name.
    public Map<String, Tensor> answer(Tensor images) {
        return Libtorch.compute(
                () -> {
                    torch.set_num_threads(threads);
                    try (var _ = new NoGradGuard()) {
                        var input = TENSORS.toNative(images).to(ScalarType.Double);
                        var arguments = new IValueVector(new IValue(input));
                        return toJava(module.forward(arguments));
                    }
                });
    }

    private Map<String, Tensor> toJava(IValue value) {
        if (!value.isGenericDict()) {
            return Map.of(answer, NativeTensors.toJava(value.toTensor()));
        }
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        GenericDict dictionary = value.toGenericDict();
        for (var i = dictionary.begin(); !i.equals(dictionary.end()); i.increment()) {
            String name = i.access().key().toStringRef().getString();
            tensors.put(name, NativeTensors.toJava(i.access().value().toTensor()));
        }
        return tensors;
    }

    @Override
    public void close() {
        Libtorch.compute(
                () -> {
                    module.close();
                    return true;
                });
    }
}
