package org.repvgg.train.java;

import java.util.ArrayList;
import java.util.List;
import org.repvgg.kernel.Winograd;
import org.repvgg.kernel.Winograd.Window;

/// A tile of the maps of a convolution of stride 1: where it reads and where it writes.
///
/// @param inputAt number of the pixel at its first input, which may lie outside
/// @param input what of its inputs lies in the maps
/// @param outputAt number of the pixel at its first output
/// @param output what of its outputs lies in the maps
record Tile(int inputAt, Window input, int outputAt, Window output) {

    /// Tiles that cover the maps, row by row.
    static List<Tile> of(Winograd algorithm, Maps maps) {
        List<Tile> tiles = new ArrayList<>();
        int side = algorithm.outputs();
        for (int top = 0; top < maps.height(); top += side) {
            for (int left = 0; left < maps.width(); left += side) {
                int above = top - algorithm.before();
                int beside = left - algorithm.before();
                tiles.add(
                        new Tile(
                                above * maps.width() + beside,
                                window(above, beside, algorithm.inputs(), maps),
                                top * maps.width() + left,
                                window(top, left, side, maps)));
            }
        }
        return tiles;
    }

    private static Window window(int top, int left, int side, Maps maps) {
        return new Window(
                Math.max(0, -top),
                Math.min(side, maps.height() - top),
                Math.max(0, -left),
                Math.min(side, maps.width() - left));
    }
}
