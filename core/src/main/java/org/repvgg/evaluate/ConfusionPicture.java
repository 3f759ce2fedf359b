package org.repvgg.evaluate;

import static org.repvgg.tensor.Checks.checkArgument;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.repvgg.format.AtomicFile;

/// A confusion matrix as a picture: one row a true class, one column an answer, darker where more
/// images of the row went; right answers in blue, wrong ones in red, counts written in.
///
/// Up to [#NAMED] classes have their names and counts in the picture; beyond, a class is a few
/// pixels. Where the machine has no fonts at all, the picture has no text.
public final class ConfusionPicture {
    private static final int NAMED = 40;
    private static final int NAMED_CELL = 46;
    private static final int WIDEST = 1600;
    private static final int EDGE = 16;
    private static final Color RIGHT = new Color(0x1f, 0x5f, 0xa8);
    private static final Color WRONG = new Color(0xc0, 0x39, 0x2b);
    private static final Color INK = new Color(0x22, 0x22, 0x22);
    private static final Color GRID = new Color(0xdd, 0xdd, 0xdd);

    private final List<List<Integer>> confusion;
    private final List<String> names;
    private final boolean text;
    private final int cell;
    private final int margin;

    private ConfusionPicture(List<List<Integer>> confusion, List<String> names) {
        this.confusion = confusion;
        this.names = names;
        int classes = confusion.size();
        this.text = classes <= NAMED && hasFonts();
        this.cell = classes <= NAMED ? NAMED_CELL : Math.max(1, WIDEST / classes);
        this.margin = text ? longestName() + 2 * EDGE : EDGE;
    }

    /// @param confusion `confusion.get(label).get(answer)` counts images
    /// @param classNames in label order; numbers are written where it is empty
    public static BufferedImage draw(List<List<Integer>> confusion, List<String> classNames) {
        checkArgument(
                classNames.isEmpty() || classNames.size() == confusion.size(),
                "%s classes, %s names",
                confusion.size(),
                classNames.size());
        return new ConfusionPicture(confusion, classNames).draw();
    }

    /// Draws and writes a PNG, beside and then moved into place.
    public static void write(Path file, List<List<Integer>> confusion, List<String> classNames)
            throws IOException {
        var bytes = new ByteArrayOutputStream();
        if (!ImageIO.write(draw(confusion, classNames), "png", bytes)) {
            throw new IOException("this JDK cannot write PNG: " + file);
        }
        AtomicFile.write(file, bytes.toByteArray());
    }

    private BufferedImage draw() {
        int classes = confusion.size();
        int size = margin + classes * cell + EDGE;
        BufferedImage picture = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = picture.createGraphics();
        pen.setRenderingHint(
                RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        pen.setColor(Color.WHITE);
        pen.fillRect(0, 0, size, size);
        for (int label = 0; label < classes; label++) {
            drawRow(pen, label);
        }
        if (text) {
            drawNames(pen);
        }
        pen.dispose();
        return picture;
    }

    private void drawRow(Graphics2D pen, int label) {
        List<Integer> row = confusion.get(label);
        int total = row.stream().mapToInt(Integer::intValue).sum();
        int y = margin + label * cell;
        for (int answer = 0; answer < row.size(); answer++) {
            int count = row.get(answer);
            int x = margin + answer * cell;
            double share = total == 0 ? 0 : (double) count / total;
            pen.setColor(blend(answer == label ? RIGHT : WRONG, shade(share)));
            pen.fillRect(x, y, cell, cell);
            if (text) {
                pen.setColor(GRID);
                pen.drawRect(x, y, cell, cell);
                drawCount(pen, count, share, x, y);
            }
        }
    }

    private void drawCount(Graphics2D pen, int count, double share, int x, int y) {
        if (count == 0) {
            return;
        }
        String number = Integer.toString(count);
        pen.setFont(font(number.length() > 4 ? 11 : 13));
        pen.setColor(shade(share) > 0.55 ? Color.WHITE : INK);
        int width = pen.getFontMetrics().stringWidth(number);
        pen.drawString(number, x + (cell - width) / 2, y + cell / 2 + 5);
    }

    private void drawNames(Graphics2D pen) {
        pen.setFont(font(14));
        pen.setColor(INK);
        for (int c = 0; c < confusion.size(); c++) {
            int middle = margin + c * cell + cell / 2 + 5;
            String name = name(c);
            int width = pen.getFontMetrics().stringWidth(name);
            pen.drawString(name, margin - 8 - width, middle);
            pen.rotate(-Math.PI / 2, middle, margin - 8);
            pen.drawString(name, middle, margin - 8);
            pen.rotate(Math.PI / 2, middle, margin - 8);
        }
        pen.setFont(font(12));
        pen.drawString("answer →", 8, 18);
        pen.drawString("class ↓", 8, 36);
    }

    private String name(int c) {
        String name = names.isEmpty() ? Integer.toString(c) : names.get(c);
        return name.length() <= 24 ? name : name.substring(0, 23) + "…";
    }

    private int longestName() {
        Graphics2D pen = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
        pen.setFont(font(14));
        int longest = pen.getFontMetrics().stringWidth("answer");
        for (int c = 0; c < confusion.size(); c++) {
            longest = Math.max(longest, pen.getFontMetrics().stringWidth(name(c)));
        }
        pen.dispose();
        return longest;
    }

    /// Small shares must be seen: 1 % of a row is a mistake worth a look.
    private static double shade(double share) {
        return share == 0 ? 0 : 0.12 + 0.88 * Math.sqrt(share);
    }

    private static Color blend(Color color, double weight) {
        return new Color(
                fade(color.getRed(), weight),
                fade(color.getGreen(), weight),
                fade(color.getBlue(), weight));
    }

    private static int fade(int channel, double weight) {
        return (int) Math.round(255 + (channel - 255) * weight);
    }

    private static Font font(int size) {
        return new Font(Font.SANS_SERIF, Font.PLAIN, size);
    }

    /// A bare server may have no font configuration; the JDK then fails with an error of its own
    /// (`InternalError: Fontconfig head is null`, or an exception, by version) at the first text.
    private static boolean hasFonts() {
        Graphics2D pen = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
        try {
            return pen.getFontMetrics(font(14)).stringWidth("m") > 0;
        } catch (InternalError | RuntimeException e) {
            return false;
        } finally {
            pen.dispose();
        }
    }
}
