package org.repvgg.export;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.repvgg.kernel.ConvShape;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.Linear;
import org.repvgg.model.SqueezeExcite;
import org.repvgg.runtime.DiracKernel;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.ModuleNames;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;
import org.repvgg.tensor.Tensor;

/// The training form as nodes of an ONNX graph: every branch and every batch norm, nothing folded.
final class BranchedNodes {
    private final OnnxGraph graph;
    private final BranchedModel model;
    private final List<BlockSpec> specs;

    /// What each block reads.
    private final List<String> inputs = new ArrayList<>();

    private BranchedNodes(OnnxGraph graph, BranchedModel model) {
        this.graph = graph;
        this.model = model;
        this.specs = model.spec().blocks();
    }

    static Onnx.Body add(OnnxGraph graph, String images, BranchedModel model) {
        return new BranchedNodes(graph, model).body(images);
    }

    private Onnx.Body body(String images) {
        List<String> blocks = new ArrayList<>();
        String x = images;
        for (int block = 0; block < specs.size(); block++) {
            inputs.add(x);
            x = block(block);
            blocks.add(x);
        }
        Linear head = model.head();
        String logits = graph.linear(graph.averagePool(x), "linear", head.weight(), head.bias());
        return new Onnx.Body(blocks, logits);
    }

    private String block(int index) {
        BranchedBlock block = model.blocks().get(index);
        String place = ModuleNames.block(model.spec(), index);
        String sum = norm(sum(index, block, place), place + ".bn", block.postNorm());
        SqueezeExciteSpec gain = specs.get(index).squeezeExcite();
        SqueezeExcite weights = block.squeezeExcite();
        if (gain == null || weights == null) {
            return graph.relu(sum);
        }
        return gain.placement() == Placement.BEFORE_RELU
                ? graph.relu(gain(sum, place + ".se", weights))
                : gain(graph.relu(sum), place + ".post_se", weights);
    }

    private String gain(String x, String name, SqueezeExcite weights) {
        return GainNodes.add(graph, x, name + ".down", name + ".up", weights);
    }

    private String sum(int index, BranchedBlock block, String place) {
        List<String> names = ModuleNames.branches(specs.get(index));
        String sum = branch(index, 0, block, place + "." + names.getFirst());
        for (int b = 1; b < names.size(); b++) {
            sum = graph.add(sum, branch(index, b, block, place + "." + names.get(b)));
        }
        return sum;
    }

    private String branch(int index, int branch, BranchedBlock block, String name) {
        BranchSpec spec = specs.get(index).branches().get(branch);
        Branch weights = block.branches().get(branch);
        RepVggSpec.BranchInput from = RepVggSpec.branchInput(specs, index, spec);
        String x = inputs.get(index - spec.reach());
        String mapped =
                switch (weights) {
                    case Branch.Identity _ -> x;
                    case Branch.Convolution(Tensor weight, _) ->
                            graph.conv(x, name + ".conv", weight, from.stride(), from.groups());
                    case Branch.Dirac dirac -> {
                        Tensor kernel = DiracKernel.of(dirac, shape(specs.get(index)));
                        yield graph.conv(x, name + ".kernel", kernel, from.stride(), from.groups());
                    }
                };
        String norm = weights instanceof Branch.Identity ? name : name + ".bn";
        String normed = norm(mapped, norm, weights.norm());
        return spec.tail() == BranchSpec.Tail.NORM_RELU ? graph.relu(normed) : normed;
    }

    private static ConvShape shape(BlockSpec block) {
        return new ConvShape(block.in(), block.out(), block.groups(), 3, 3, block.stride());
    }

    private String norm(String x, String name, @Nullable BatchNorm norm) {
        return norm == null ? x : graph.norm(x, name, norm);
    }
}
