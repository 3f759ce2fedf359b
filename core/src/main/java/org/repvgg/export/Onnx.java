package org.repvgg.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;

/// Writes a network as ONNX, for batches and images of any size. The weights have their names in
/// the checkpoint.
///
/// The plain form is convolutions, ReLUs, pooling and the classifier, nothing else. The training
/// form is its branches and batch norms as they are in evaluation; auxiliary heads are left out.
public final class Onnx {
    private Onnx() {}

    /// A network's body in a graph.
    ///
    /// @param blocks the value that each block gives
    record Body(List<String> blocks, String logits) {}

    /// Writes `model` for normalised images and with logits, beside `path`, and moves it into
    /// place.
    ///
    /// @throws IOException naming the file and the reason, for instance a full disk
    public static void write(Model model, Path path) throws IOException {
        write(model, path, ExportOptions.defaults());
    }

    /// Likewise, as `options` say. Weights go to a second file, `NAME.data`, where one would be too
    /// large. What [Signature#facts] tells becomes `metadata_props`.
    ///
    /// @throws IllegalArgumentException if the options name stages that the network does not have
    public static void write(Model model, Path path, ExportOptions options) throws IOException {
        Signature signature = Signature.of(model, options);
        var graph = new OnnxGraph(model.spec().name(), signature.input());
        InputSpec input = model.input();
        String x = signature.input().name();
        String images = options.preprocessing() ? graph.normalise(x, input.mean(), input.std()) : x;
        Body body =
                switch (model) {
                    case PlainModel plain -> PlainNodes.add(graph, images, plain);
                    case BranchedModel branched -> BranchedNodes.add(graph, images, branched);
                };
        List<Signature.Value> outputs = signature.outputs();
        if (options.features().isEmpty()) {
            String answer = options.softmax() ? graph.softmax(body.logits) : body.logits;
            graph.output(answer, outputs.getFirst());
        }
        for (int i = 0; i < options.features().size(); i++) {
            int block = model.spec().lastBlock(options.features().get(i));
            graph.output(body.blocks.get(block), outputs.get(i));
        }
        graph.write(path, Signature.facts(model, options), options.largestFile());
    }
}
