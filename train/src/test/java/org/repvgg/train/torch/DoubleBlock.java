package org.repvgg.train.torch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.ModuleNames;
import org.repvgg.tensor.Shape;
import org.repvgg.train.torch.TorchOptions.Device;

/// One block in training on libtorch in double, differentiated by libtorch itself.
public final class DoubleBlock {
    private final BranchedModel model;
    private final int index;
    private final Map<String, Tensor> leaves = new LinkedHashMap<>();

    private DoubleBlock(BranchedModel model, int index) {
        this.model = model;
        this.index = index;
    }

    /// What to multiply the sum of branches by instead of the ReLU, and the gradient of that.
    ///
    /// @param x `[n,in,h,w]`
    /// @param mask `[n,out,h,w]`, ones and zeros
    /// @param gradient likewise
    public record Given(
            org.repvgg.tensor.Tensor x,
            org.repvgg.tensor.Tensor mask,
            org.repvgg.tensor.Tensor gradient) {}

    /// Gradients of the block's tensors under their names, and of `x` under `x`.
    public static Map<String, double[]> gradients(BranchedModel model, int index, Given given) {
        Libtorch.load(Device.CPU);
        return Libtorch.compute(() -> new DoubleBlock(model, index).gradients(given));
    }

    private Map<String, double[]> gradients(Given given) {
        Tensor x = leaf("x", given.x);
        String place = ModuleNames.block(model.spec(), index);
        ReferenceNames.tensors(model)
                .forEach(
                        (name, tensor) -> {
                            if (name.startsWith(place + ".") && !name.contains("running")) {
                                Tensor _ = leaf(name, tensor);
                            }
                        });
        Tensor z = block(x, place).mul(toDouble(given.mask));
        z.mul(toDouble(given.gradient)).sum().backward();
        Map<String, double[]> gradients = new LinkedHashMap<>();
        leaves.forEach((name, leaf) -> gradients.put(name, values(leaf.grad())));
        return gradients;
    }

    private Tensor block(Tensor x, String place) {
        BlockSpec block = model.spec().blocks().get(index);
        List<Tensor> branches = new ArrayList<>();
        for (int b = 0; b < block.branches().size(); b++) {
            String name = place + "." + ModuleNames.branches(block).get(b);
            branches.add(
                    block.branches().get(b) instanceof BranchSpec.Convolution kernel
                            ? norm(convolve(x, block, kernel, name), name + ".bn")
                            : norm(x, name));
        }
        return branches.stream().reduce(Tensor::add).orElseThrow();
    }

    private Tensor convolve(Tensor x, BlockSpec block, BranchSpec.Convolution kernel, String name) {
        return torch.conv2d(
                x,
                leaves.get(name + ".conv.weight"),
                new TensorOptional(),
                new long[] {block.stride(), block.stride()},
                new long[] {kernel.height() / 2, kernel.width() / 2},
                new long[] {1, 1},
                block.groups());
    }

    private Tensor norm(Tensor y, String name) {
        return torch.batch_norm(
                y,
                new TensorOptional(leaves.get(name + ".weight")),
                new TensorOptional(leaves.get(name + ".bias")),
                new TensorOptional(),
                new TensorOptional(),
                true,
                0,
                BatchNorm.EPSILON,
                false);
    }

    private Tensor leaf(String name, org.repvgg.tensor.Tensor tensor) {
        Tensor leaf = toDouble(tensor);
        leaf.requires_grad_(true);
        leaves.put(name, leaf);
        return leaf;
    }

    private static Tensor toDouble(org.repvgg.tensor.Tensor tensor) {
        Shape shape = tensor.shape();
        long[] sizes = new long[shape.rank()];
        for (int d = 0; d < sizes.length; d++) {
            sizes[d] = shape.dimension(d);
        }
        return Tensor.create(tensor.toArray(), sizes).to(ScalarType.Double);
    }

    private static double[] values(Tensor tensor) {
        Tensor plain = tensor.contiguous();
        double[] values = new double[(int) plain.numel()];
        plain.data_ptr_double().get(values);
        return values;
    }
}
