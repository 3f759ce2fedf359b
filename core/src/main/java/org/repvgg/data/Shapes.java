package org.repvgg.data;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.repvgg.image.Image;

/// Ten kinds of figures drawn by code: a data set that needs no download.
///
/// A figure of any colour, size and angle lies on a shaded background among scraps and strokes, one
/// of which may cover a part of it, and everything is grainy. 32x32, colour. Colours and places
/// tell nothing about the class, so that a linear model on pixels fails while a small convolutional
/// network gets nearly all right.
///
/// Image `index` depends on nothing but seed, split and index, and is the same on every machine:
/// the drawing uses exactly specified arithmetic only, and no graphics library. Drawn when asked
/// for, some ten thousand a second.
public final class Shapes implements Split {
    /// Height and width.
    public static final int SIDE = 32;

    private static final List<String> CLASS_NAMES =
            Arrays.stream(Figure.values())
                    .map(figure -> figure.name().toLowerCase(Locale.ROOT))
                    .toList();

    private final String split;
    private final long seed;
    private final int size;

    private Shapes(String split, long seed, int size) {
        this.split = split;
        this.seed = seed;
        this.size = size;
    }

    /// The first `size` images to learn from.
    public static Shapes train(long seed, int size) {
        return new Shapes("train", seed, size);
    }

    /// The first `size` images to judge by; none of them is among those to learn from.
    public static Shapes test(long seed, int size) {
        return new Shapes("test", seed, size);
    }

    @Override
    public List<String> classNames() {
        return CLASS_NAMES;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int label(int index) {
        return index % CLASS_NAMES.size();
    }

    /// `shapes/seed0/train/17`.
    @Override
    public String name(int index) {
        return "shapes/seed" + seed + "/" + split + "/" + index;
    }

    @Override
    public long bytes(int index) {
        return SIDE * SIDE * 3;
    }

    @Override
    public Image image(int index) {
        if (index < 0 || index >= size) {
            throw new IndexOutOfBoundsException("image %d of %d".formatted(index, size));
        }
        Dice dice = Dice.of(seed, split.equals("train") ? 1 : 2, index);
        return new Drawing(dice).draw(Figure.values()[label(index)]);
    }

    /// One picture in the making.
    private static final class Drawing {
        private static final double SMALLEST = 9.5;
        private static final double LARGEST = 13;
        private static final double CONTRAST = 10_000;

        private final Dice dice;
        private final Canvas canvas = new Canvas(SIDE);
        private final Canvas.Colour sky;
        private final Canvas.Colour ground;

        Drawing(Dice dice) {
            this.dice = dice;
            this.sky = Canvas.Colour.any(dice);
            this.ground = sky.near(dice, 90);
        }

        Image draw(Figure figure) {
            canvas.flood(gradient(sky, ground));
            for (int i = dice.below(4) + 1; i > 0; i--) {
                scrap();
            }
            double radius = dice.between(SMALLEST, LARGEST);
            double room = SIDE / 2.0 - 0.9 * radius;
            Canvas.Placement place =
                    Canvas.Placement.turned(
                            SIDE / 2.0 + dice.between(-room, room),
                            SIDE / 2.0 + dice.between(-room, room),
                            radius,
                            dice.between(0.9, 1.12),
                            angle());
            Canvas.Colour colour = contrasting();
            canvas.paint(figure.region(), place, gradient(colour, colour.near(dice, 50)));
            if (dice.unit() < 0.3) {
                cover(place);
            }
            return canvas.develop(dice, dice.between(3, 13));
        }

        private double angle() {
            return dice.between(0, 2 * StrictMath.PI);
        }

        private Canvas.Gradient gradient(Canvas.Colour from, Canvas.Colour to) {
            double angle = angle();
            return new Canvas.Gradient(from, to, StrictMath.cos(angle), StrictMath.sin(angle));
        }

        /// A colour that stands out from the background at either end.
        private Canvas.Colour contrasting() {
            Canvas.Colour colour = Canvas.Colour.any(dice);
            while (colour.distance(sky) < CONTRAST || colour.distance(ground) < CONTRAST) {
                colour = Canvas.Colour.any(dice);
            }
            return colour;
        }

        /// A small splinter or a thin stroke behind the figure.
        private void scrap() {
            boolean stroke = dice.unit() < 0.5;
            double radius = stroke ? dice.between(6, 16) : dice.between(2, 4.5);
            Figure.Region region =
                    stroke
                            ? new Figure.Strip(dice.between(0.5, 1.1) / radius)
                            : Figure.polygon(
                                    1,
                                    dice.between(-0.3, 0.3),
                                    dice.between(-0.6, 0),
                                    dice.between(0.4, 0.8),
                                    dice.between(-1, -0.2),
                                    dice.between(-0.8, 0.2));
            Canvas.Placement place =
                    Canvas.Placement.turned(
                            dice.between(0, SIDE), dice.between(0, SIDE), radius, 1, angle());
            Canvas.Colour colour = Canvas.Colour.any(dice);
            canvas.paint(region, place, gradient(colour, colour.near(dice, 40)));
        }

        /// A bar over a part of the figure, off its middle.
        private void cover(Canvas.Placement figure) {
            double angle = angle();
            double away = figure.radius() * dice.between(0.35, 0.95);
            double radius = 1.5 * SIDE;
            Canvas.Placement place =
                    Canvas.Placement.turned(
                            figure.centreX() + away * StrictMath.cos(angle),
                            figure.centreY() + away * StrictMath.sin(angle),
                            radius,
                            1,
                            angle + StrictMath.PI / 2);
            Canvas.Colour colour = Canvas.Colour.any(dice);
            canvas.paint(
                    new Figure.Strip(dice.between(0.8, 1.8) / radius),
                    place,
                    gradient(colour, colour.near(dice, 40)));
        }
    }
}
