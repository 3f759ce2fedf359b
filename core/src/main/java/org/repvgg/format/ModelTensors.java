package org.repvgg.format;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.BranchedModel.AuxiliaryHead;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Linear;
import org.repvgg.model.Model;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;
import org.repvgg.model.Provenance;
import org.repvgg.model.SqueezeExcite;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// A model as a row of tensors, and back.
///
/// Knows the order of the tensors and no names: those come as entries in the same order, so another
/// naming is another list of entries. Every shape is checked, which keeps the two orders together.
final class ModelTensors {
    private final Iterator<TensorEntry> entries;
    private final TensorSource source;

    private ModelTensors(Iterator<TensorEntry> entries, TensorSource source) {
        this.entries = entries;
        this.source = source;
    }

    static BranchedModel branched(
            RepVggSpec spec,
            InputSpec input,
            Provenance provenance,
            Iterator<TensorEntry> entries,
            TensorSource source) {
        var tensors = new ModelTensors(entries, source);
        List<BranchedBlock> blocks = new ArrayList<>();
        for (BlockSpec block : spec.blocks()) {
            blocks.add(tensors.branchedBlock(block));
        }
        Linear head = tensors.linear();
        List<AuxiliaryHead> auxiliary = new ArrayList<>();
        while (entries.hasNext()) {
            auxiliary.add(new AuxiliaryHead(tensors.next(), tensors.norm(), tensors.linear()));
        }
        return new BranchedModel(spec, blocks, head, auxiliary, input, provenance);
    }

    static PlainModel plain(
            RepVggSpec spec,
            InputSpec input,
            Provenance provenance,
            Iterator<TensorEntry> entries,
            TensorSource source) {
        var tensors = new ModelTensors(entries, source);
        List<PlainModel.Block> blocks = new ArrayList<>();
        for (BlockSpec block : spec.blocks()) {
            var convolution =
                    new PlainLayer.Conv3x3(
                            tensors.next(), tensors.next(), block.stride(), block.groups());
            blocks.add(new PlainModel.Block(convolution, tensors.squeezeExcite(block)));
        }
        return PlainModel.of(spec, blocks, tensors.linear(), input, provenance);
    }

    /// The tensors of `model` in order, under the names of `entries`.
    static Map<String, Tensor> named(Model model, List<TensorEntry> entries) {
        List<Tensor> row = new ArrayList<>();
        switch (model) {
            case BranchedModel branched -> addAll(row, branched);
            case PlainModel plain -> plain.layers().forEach(layer -> addAll(row, layer));
        }
        checkArgument(
                row.size() == entries.size(),
                "spec %s has %s tensors, the model has %s",
                model.spec().name(),
                entries.size(),
                row.size());
        Map<String, Tensor> named = new LinkedHashMap<>();
        for (int i = 0; i < row.size(); i++) {
            TensorEntry entry = entries.get(i);
            named.put(entry.name(), shaped(row.get(i), entry));
        }
        return named;
    }

    /// Squeeze-and-excitation layers are `[out,in]` in models and `[out,in,1,1]` in files.
    private static Tensor shaped(Tensor tensor, TensorEntry entry) {
        Shape shape = tensor.shape();
        if (shape.rank() == 2 && entry.shape().rank() == 4) {
            shape = Shape.of(shape.dimension(0), shape.dimension(1), 1, 1);
        }
        checkArgument(
                shape.equals(entry.shape()),
                "weight is %s, spec wants %s: %s",
                shape,
                entry.shape(),
                entry.name());
        return shape.equals(tensor.shape()) ? tensor : tensor.reshape(shape);
    }

    private Tensor next() {
        TensorEntry entry = entries.next();
        Tensor tensor = source.get(entry.name(), entry.shape());
        checkArgument(
                tensor.shape().equals(entry.shape()),
                "weight is %s, spec wants %s: %s",
                tensor.shape(),
                entry.shape(),
                entry.name());
        return tensor;
    }

    private BranchedBlock branchedBlock(BlockSpec block) {
        List<Branch> branches = new ArrayList<>();
        for (BranchSpec branch : block.branches()) {
            branches.add(
                    switch (branch) {
                        case BranchSpec.Convolution _ ->
                                new Branch.Convolution(next(), normOf(branch));
                        case BranchSpec.Dirac _ ->
                                new Branch.Dirac(next(), next(), next(), normOf(branch));
                        case BranchSpec.Identity _ -> new Branch.Identity(normOf(branch));
                    });
        }
        BatchNorm postNorm = block.postNorm() ? norm() : null;
        return new BranchedBlock(block, branches, postNorm, squeezeExcite(block));
    }

    private @Nullable BatchNorm normOf(BranchSpec branch) {
        return branch.hasNorm() ? norm() : null;
    }

    private BatchNorm norm() {
        return new BatchNorm(next(), next(), next(), next(), BatchNorm.EPSILON);
    }

    private Linear linear() {
        return new Linear(next(), next());
    }

    private @Nullable SqueezeExcite squeezeExcite(BlockSpec block) {
        return block.squeezeExcite() == null
                ? null
                : new SqueezeExcite(flat(next()), next(), flat(next()), next());
    }

    /// `[out,in,1,1]` → `[out,in]`.
    private static Tensor flat(Tensor weight) {
        return weight.reshape(Shape.of(weight.shape().dimension(0), weight.shape().dimension(1)));
    }

    private static void addAll(List<Tensor> row, BranchedModel model) {
        for (BranchedBlock block : model.blocks()) {
            block.branches().forEach(branch -> addAll(row, branch));
            addAll(row, block.postNorm());
            addAll(row, block.squeezeExcite());
        }
        addAll(row, model.head());
        for (AuxiliaryHead head : model.auxiliary()) {
            row.add(head.weight());
            addAll(row, head.norm());
            addAll(row, head.linear());
        }
    }

    private static void addAll(List<Tensor> row, Branch branch) {
        switch (branch) {
            case Branch.Convolution convolution -> row.add(convolution.weight());
            case Branch.Dirac dirac ->
                    row.addAll(
                            List.of(
                                    dirac.weight(),
                                    dirac.identityScale(),
                                    dirac.normalisedScale()));
            case Branch.Identity _ -> {}
        }
        addAll(row, branch.norm());
    }

    private static void addAll(List<Tensor> row, PlainLayer layer) {
        switch (layer) {
            case PlainLayer.Conv3x3 convolution ->
                    row.addAll(List.of(convolution.weight(), convolution.bias()));
            case PlainLayer.Gain gain -> addAll(row, gain.weights());
            case PlainLayer.Classify classify -> addAll(row, classify.weights());
            case PlainLayer.Relu _, PlainLayer.GlobalAveragePool _ -> {}
        }
    }

    private static void addAll(List<Tensor> row, @Nullable BatchNorm norm) {
        if (norm != null) {
            row.addAll(List.of(norm.weight(), norm.bias(), norm.mean(), norm.variance()));
        }
    }

    private static void addAll(List<Tensor> row, @Nullable SqueezeExcite gain) {
        if (gain != null) {
            row.addAll(List.of(gain.downWeight(), gain.downBias(), gain.upWeight(), gain.upBias()));
        }
    }

    private static void addAll(List<Tensor> row, Linear linear) {
        row.addAll(List.of(linear.weight(), linear.bias()));
    }
}
