package org.repvgg.train.torch;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.ExtraFilesMap;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.QualifiedName;
import org.repvgg.export.ExportOptions;
import org.repvgg.export.Signature;
import org.repvgg.format.AtomicFile;
import org.repvgg.model.PlainModel;
import org.repvgg.train.torch.TorchOptions.Device;
import org.repvgg.train.torch.TorchOptions.Layout;

/// Writes the plain form as TorchScript: modules and parameters under their names in the
/// checkpoint, each module with a `forward` of its own, so that a stage can be called by itself.
public final class TorchScript {
    /// Classes of modules live here, as those that Python writes.
    private static final String NAMESPACE = "__torch__.repvgg.";

    private static final NativeTensors TENSORS = new NativeTensors(Device.CPU, Layout.NCHW);

    private TorchScript() {}

    /// Writes `model` beside `path` and moves it into place. What [Signature#facts] tells goes into
    /// the file's `extra` folder. With features, `forward` answers a dictionary.
    ///
    /// @throws IllegalArgumentException if the options name stages that the network does not have
    /// @throws IOException naming the file and the reason, for instance a full disk
    public static void write(PlainModel model, Path path, ExportOptions options)
            throws IOException {
        ScriptModule source = ScriptModule.of(model, options);
        Map<String, String> facts = Signature.facts(model, options);
        Libtorch.load(Device.CPU);
        AtomicFile.writePath(path, beside -> save(source, facts, beside));
    }

    private static void save(ScriptModule source, Map<String, String> facts, Path file)
            throws IOException {
        checkSpace(file, source.bytes());
        try {
            boolean _ =
                    Libtorch.compute(
                            () -> {
                                JitModule module = build(source, new CompilationUnit());
                                module.save(file.toString(), extra(facts));
                                return true;
                            });
        } catch (IllegalStateException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /// libtorch ends the whole process where a disk is full, so that is found out before.
    static void checkSpace(Path file, long bytes) throws IOException {
        Path folder = requireNonNull(file.toAbsolutePath().getParent(), "a file has a folder");
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < bytes) {
            throw new IOException(
                    "No space left on device: %s bytes are needed, %s are free"
                            .formatted(bytes, free));
        }
    }

    private static JitModule build(ScriptModule source, CompilationUnit unit) {
        var module = new JitModule(new QualifiedName(NAMESPACE + source.className()), unit);
        source.parameters()
                .forEach(
                        (name, tensor) ->
                                module.register_parameter(name, TENSORS.toNative(tensor), false));
        source.constants()
                .forEach((name, tensor) -> module.register_buffer(name, TENSORS.toNative(tensor)));
        source.children()
                .forEach((name, child) -> module.register_module(name, build(child, unit)));
        module.define(source.forward());
        return module;
    }

    private static ExtraFilesMap extra(Map<String, String> facts) {
        var files = new ExtraFilesMap();
        facts.forEach((name, text) -> files.put(new BytePointer(name), new BytePointer(text)));
        return files;
    }
}
