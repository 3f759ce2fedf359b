package org.repvgg.cli;

import java.util.ArrayList;
import java.util.List;

/// Rows in columns, two spaces apart; text to the left, numbers to the right.
final class TextTable {
    private final List<Align> columns;
    private final List<List<String>> rows = new ArrayList<>();

    enum Align {
        LEFT,
        RIGHT
    }

    TextTable(Align... columns) {
        this.columns = List.of(columns);
    }

    TextTable row(String... cells) {
        rows.add(List.of(cells));
        return this;
    }

    /// The rows as lines, without spaces at their ends.
    List<String> lines() {
        int[] widths = new int[columns.size()];
        for (List<String> row : rows) {
            for (int c = 0; c < row.size(); c++) {
                widths[c] = Math.max(widths[c], row.get(c).length());
            }
        }
        return rows.stream().map(row -> line(row, widths)).toList();
    }

    private String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int c = 0; c < row.size(); c++) {
            String cell = row.get(c);
            String space = " ".repeat(widths[c] - cell.length());
            line.append(c == 0 ? "" : "  ");
            switch (columns.get(c)) {
                case LEFT -> line.append(cell).append(space);
                case RIGHT -> line.append(space).append(cell);
            }
        }
        return line.toString().stripTrailing();
    }
}
