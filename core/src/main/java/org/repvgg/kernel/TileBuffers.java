package org.repvgg.kernel;

import java.util.Collection;

/// Memory in which one thread runs pieces of [WinogradTask]s, one after the other.
public final class TileBuffers {
    final float[] inputs;
    final float[] products;
    final float[] tile;
    final float[] lines;

    /// Buffers that are large enough for any of the tasks.
    public TileBuffers(Kernels kernels, Collection<WinogradTask> tasks) {
        inputs = new float[tasks.stream().mapToInt(WinogradTask::inputFloats).max().orElse(0)];
        products = new float[tasks.stream().mapToInt(WinogradTask::productFloats).max().orElse(0)];
        tile = new float[tasks.stream().mapToInt(WinogradTask::tileFloats).max().orElse(0)];
        lines = new float[kernels.transform().scratch()];
    }
}
