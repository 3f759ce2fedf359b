package org.repvgg.kernel;

import jdk.incubator.vector.VectorSpecies;

/// [MatrixKernels] in register tiles of sixteen accumulators where there are 32 vector registers,
/// of eight where there are 16; see docs/decisions/005.
///
/// Long sums are cut into blocks whose part of the second matrix stays in the first-level cache
/// while all tiles pass over it.
final class VectorMatrixKernels implements MatrixKernels {
    private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
    private static final int LANES = SPECIES.length();
    private static final boolean MANY_REGISTERS = SPECIES.vectorBitSize() == 512;

    /// Products of a sum in a block: 24 KiB with two vectors of 512 bits.
    private static final int BLOCK = 192;

    @Override
    public int lanes() {
        return LANES;
    }

    @Override
    public void multiply(
            Rows a,
            float[] panel,
            int panelAt,
            int[] segments,
            int length,
            Rows c,
            int cAt,
            int rows,
            int width,
            boolean add) {
        check(length, width);
        int block = 2 * Math.max(1, BLOCK / length);
        int from = 0;
        do {
            int to = Math.min(segments.length, from + block);
            boolean more = add || from > 0;
            if (width == LANES) {
                rowsByOne(a, panel, panelAt, segments, from, to, length, c, cAt, rows, more);
            } else {
                rowsByTwo(a, panel, panelAt, segments, from, to, length, c, cAt, rows, more);
            }
            from = to;
        } while (from < segments.length);
    }

    private static void rowsByOne(
            Rows a,
            float[] w,
            int wAt,
            int[] segments,
            int from,
            int to,
            int length,
            Rows c,
            int cAt,
            int rows,
            boolean add) {
        int row = c.row;
        int r = 0;
        for (; MANY_REGISTERS && r + 16 <= rows; r += 16) {
            RowTiles.tile16x1(
                    a, r * a.row, w, wAt, segments, from, to, length, c, cAt + r * row, add);
        }
        for (; r + 8 <= rows; r += 8) {
            RowTiles.tile8x1(
                    a, r * a.row, w, wAt, segments, from, to, length, c, cAt + r * row, add);
        }
        for (; r < rows; r++) {
            RowTiles.tile1x1(
                    a, r * a.row, w, wAt, segments, from, to, length, c, cAt + r * row, add);
        }
    }

    private static void rowsByTwo(
            Rows a,
            float[] w,
            int wAt,
            int[] segments,
            int from,
            int to,
            int length,
            Rows c,
            int cAt,
            int rows,
            boolean add) {
        int row = c.row;
        int r = 0;
        for (; MANY_REGISTERS && r + 8 <= rows; r += 8) {
            RowTiles.tile8x2(
                    a, r * a.row, w, wAt, segments, from, to, length, c, cAt + r * row, add);
        }
        for (; r + 4 <= rows; r += 4) {
            RowTiles.tile4x2(
                    a, r * a.row, w, wAt, segments, from, to, length, c, cAt + r * row, add);
        }
        for (; r < rows; r++) {
            RowTiles.tile1x2(
                    a, r * a.row, w, wAt, segments, from, to, length, c, cAt + r * row, add);
        }
    }

    @Override
    public void multiplyTransposed(
            Rows a,
            Rows b,
            int bAt,
            int[] segments,
            int length,
            Rows c,
            int cAt,
            int columns,
            int width) {
        check(length, width);
        int block = 2 * Math.max(1, BLOCK / length);
        int from = 0;
        do {
            int to = Math.min(segments.length, from + block);
            if (width == LANES) {
                columnsByOne(a, b, bAt, segments, from, to, length, c, cAt, columns, from > 0);
            } else {
                columnsByTwo(a, b, bAt, segments, from, to, length, c, cAt, columns, from > 0);
            }
            from = to;
        } while (from < segments.length);
    }

    private static void columnsByOne(
            Rows a,
            Rows b,
            int bAt,
            int[] segments,
            int from,
            int to,
            int length,
            Rows c,
            int cAt,
            int columns,
            boolean add) {
        int row = c.row;
        int i = 0;
        for (; MANY_REGISTERS && i + 16 <= columns; i += 16) {
            ColumnTiles.tile16x1(a, i, b, bAt, segments, from, to, length, c, cAt + i * row, add);
        }
        for (; i + 8 <= columns; i += 8) {
            ColumnTiles.tile8x1(a, i, b, bAt, segments, from, to, length, c, cAt + i * row, add);
        }
        for (; i < columns; i++) {
            ColumnTiles.tile1x1(a, i, b, bAt, segments, from, to, length, c, cAt + i * row, add);
        }
    }

    private static void columnsByTwo(
            Rows a,
            Rows b,
            int bAt,
            int[] segments,
            int from,
            int to,
            int length,
            Rows c,
            int cAt,
            int columns,
            boolean add) {
        int row = c.row;
        int i = 0;
        for (; MANY_REGISTERS && i + 8 <= columns; i += 8) {
            ColumnTiles.tile8x2(a, i, b, bAt, segments, from, to, length, c, cAt + i * row, add);
        }
        for (; i + 4 <= columns; i += 4) {
            ColumnTiles.tile4x2(a, i, b, bAt, segments, from, to, length, c, cAt + i * row, add);
        }
        for (; i < columns; i++) {
            ColumnTiles.tile1x2(a, i, b, bAt, segments, from, to, length, c, cAt + i * row, add);
        }
    }
}
