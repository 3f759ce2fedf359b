package org.repvgg.train.torch;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.repvgg.tensor.Shape;
import org.repvgg.train.torch.TorchOptions.Device;
import org.repvgg.train.torch.TorchOptions.Layout;

/// Copies between our tensors and libtorch's.
record NativeTensors(Device device, Layout layout) {
    private static final int IMAGE_RANK = 4;

    /// A copy on the device, single precision; of rank 4, in the layout.
    Tensor toNative(org.repvgg.tensor.Tensor tensor) {
        var data = new FloatPointer(tensor.unsafeArray());
        Tensor borrowed = torch.from_blob(data, longs(tensor.shape()));
        return place(borrowed).clone();
    }

    /// Overwrites `target` by `source`, whatever the layout.
    void overwrite(Tensor target, org.repvgg.tensor.Tensor source) {
        var data = new FloatPointer(source.unsafeArray());
        target.copy_(torch.from_blob(data, longs(source.shape())));
    }

    /// Overwrites `target` by values in our order, whatever the layout.
    static void overwrite(Tensor target, float[] values, int at, int length) {
        var data = new FloatPointer((long) length).put(values, at, length);
        target.copy_(torch.from_blob(data, target.sizes()));
    }

    /// A copy in our order, outermost dimension first.
    static org.repvgg.tensor.Tensor toJava(Tensor tensor) {
        Tensor plain =
                tensor.detach().to(cpu(), ScalarType.Float).contiguous(MemoryFormat.Contiguous);
        int[] dimensions = new int[(int) plain.dim()];
        for (int d = 0; d < dimensions.length; d++) {
            dimensions[d] = (int) plain.size(d);
        }
        Shape shape = Shape.of(dimensions);
        float[] data = new float[shape.elements()];
        plain.data_ptr_float().get(data);
        return org.repvgg.tensor.Tensor.ofOwned(shape, data);
    }

    DeviceType deviceType() {
        return device == Device.CUDA ? DeviceType.CUDA : DeviceType.CPU;
    }

    private Tensor place(Tensor tensor) {
        Tensor there =
                device == Device.CPU
                        ? tensor
                        : tensor.to(
                                new org.bytedeco.pytorch.Device(DeviceType.CUDA), ScalarType.Float);
        return layout == Layout.CHANNELS_LAST && there.dim() == IMAGE_RANK
                ? there.contiguous(MemoryFormat.ChannelsLast)
                : there;
    }

    private static org.bytedeco.pytorch.Device cpu() {
        return new org.bytedeco.pytorch.Device(DeviceType.CPU);
    }

    private static long[] longs(Shape shape) {
        long[] sizes = new long[shape.rank()];
        for (int d = 0; d < sizes.length; d++) {
            sizes[d] = shape.dimension(d);
        }
        return sizes;
    }
}
