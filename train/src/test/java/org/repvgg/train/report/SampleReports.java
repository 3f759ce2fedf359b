package org.repvgg.train.report;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.repvgg.evaluate.Agreement;
import org.repvgg.evaluate.Comparison;
import org.repvgg.evaluate.Evaluation;
import org.repvgg.image.Image;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.Form;
import org.repvgg.spec.LayerTable;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.EpochRecord;
import org.repvgg.train.report.ReportData.Mistake;
import org.repvgg.train.report.ReportData.Outcome;

/// Reports with invented figures, to test with and, by [#main], to look at.
final class SampleReports {
    static final List<String> ANIMALS =
            List.of(
                    "airplane",
                    "automobile",
                    "bird",
                    "cat",
                    "deer",
                    "dog",
                    "frog",
                    "horse",
                    "ship",
                    "truck");
    static final String DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    static final String HOSTILE = "<script>alert('x')</script>\"&amp;";

    private SampleReports() {}

    /// Writes samples into a folder: `java … SampleReports FOLDER`.
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        ReportWriter.write(folder.resolve("ten.html"), ten());
        ReportWriter.write(folder.resolve("hundred.html"), hundred());
        ReportWriter.write(folder.resolve("unfoldable.html"), unfoldable());
        ReportWriter.write(folder.resolve("strange.html"), strange());
    }

    /// 80 epochs of A0, ten classes.
    static ReportData ten() {
        RepVggSpec spec = spec(10);
        List<List<Integer>> confusion = confusion(10, 1000, 0.11, 1);
        return new ReportData(
                "RepVGG-A0 on a sample",
                "sample data (invented figures)",
                spec,
                InputSpec.centred(3, 32, 32),
                ANIMALS,
                new Outcome.Folded(comparison(confusion, List.of(), 0, 0)),
                history(80),
                mistakes(ANIMALS, 20, 32),
                recipe(),
                provenance());
    }

    /// 100 classes, with ties and broken images.
    static ReportData hundred() {
        List<String> names = IntStream.range(0, 100).mapToObj(i -> "class number " + i).toList();
        List<String> broken =
                IntStream.range(0, 30).mapToObj(i -> "test/x/" + i + ".jpg: truncated").toList();
        return new ReportData(
                "RepVGG-A0 on a hundred classes",
                "sample data (invented figures)",
                spec(100),
                InputSpec.centred(3, 32, 32),
                names,
                new Outcome.Folded(comparison(confusion(100, 100, 0.35, 2), broken, 0, 2)),
                history(80),
                mistakes(names, 24, 160),
                recipe(),
                provenance());
    }

    /// A network that cannot be folded.
    static ReportData unfoldable() {
        ReportData ten = ten();
        Outcome outcome =
                new Outcome.NotFolded(
                        trained(ten),
                        "stage1.0: branch conv3x3-relu has a ReLU before the sum, which is not"
                                + " linear.");
        RepVggSpec spec =
                ten.spec().toBuilder()
                        .branches(
                                List.of(
                                                "conv3x3-relu",
                                                "conv1x3",
                                                "conv3x1",
                                                "conv1x1-nobn",
                                                "identity")
                                        .stream()
                                        .map(org.repvgg.spec.BranchSpec::parse)
                                        .toList())
                        .build();
        return new ReportData(
                "RepVGG-A0 with ReLU in branches",
                ten.dataName(),
                spec,
                ten.input(),
                ten.classNames(),
                outcome,
                history(1),
                List.of(),
                ten.recipe(),
                ten.provenance());
    }

    /// After three epochs of eighty.
    static ReportData inTraining() {
        ReportData ten = ten();
        return new ReportData(
                ten.title(),
                ten.dataName(),
                ten.spec(),
                ten.input(),
                ten.classNames(),
                new ReportData.InTraining(ten.state().shown(), 80),
                history(3),
                List.of(),
                ten.recipe(),
                ten.provenance());
    }

    /// Figures of the training form when the training is over.
    static Comparison.Figures trained(ReportData data) {
        return ((Outcome) data.state()).train();
    }

    /// Everything that can be strange: hostile and long names, a class without images, a loss that
    /// became NaN, epochs without evaluation, nothing recorded about recipe and machine.
    static ReportData strange() {
        List<String> names =
                List.of(
                        HOSTILE,
                        "a class whose name goes on and on, as the names of folders sometimes do",
                        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
                        "猫 & \"Katze\"",
                        "bell\u0007 and half a pair \ud83d",
                        "empty");
        List<List<Integer>> confusion = new ArrayList<>(confusion(6, 7, 0.4, 5));
        confusion.set(5, List.of(0, 0, 0, 0, 0, 0));
        List<EpochRecord> history =
                List.of(
                        new EpochRecord(1, 2.25, Double.NaN, 0.1, 100, 10),
                        new EpochRecord(2, 1.75, 0.5, 0.1, 100, 20),
                        new EpochRecord(3, Double.NaN, Double.NaN, 0.1, 0, 30),
                        new EpochRecord(4, Double.POSITIVE_INFINITY, 0.1, 0.1, Double.NaN, 40));
        List<Mistake> mistakes =
                List.of(
                        new Mistake(
                                new Image(1, 1, 1, new byte[] {(byte) 200}),
                                "x/" + HOSTILE,
                                HOSTILE,
                                names.get(2),
                                Double.NaN),
                        new Mistake(
                                new Image(300, 2, 1, new byte[600]),
                                "wide.png",
                                names.get(1),
                                names.get(3),
                                1));
        return new ReportData(
                HOSTILE,
                HOSTILE,
                spec(6),
                InputSpec.centred(3, 33, 17),
                names,
                new Outcome.Folded(comparison(confusion, List.of(HOSTILE + ": broken"), 3, 1)),
                history,
                mistakes,
                Map.of(),
                Map.of(HOSTILE, HOSTILE));
    }

    static RepVggSpec spec(int classes) {
        return RepVggFamily.A0.spec().toBuilder().classes(classes).build();
    }

    static Comparison comparison(
            List<List<Integer>> confusion, List<String> broken, int disagreements, int ties) {
        int images = confusion.stream().flatMap(List::stream).mapToInt(Integer::intValue).sum();
        int right = IntStream.range(0, confusion.size()).map(i -> confusion.get(i).get(i)).sum();
        double top1 = (double) right / images;
        double top5 = Math.min(1, 1 - (1 - top1) * 0.04);
        Evaluation evaluation = new Evaluation(top1, top5, images, broken, 12.5, confusion);
        LayerTable train = LayerTable.of(spec(confusion.size()), Form.TRAIN, 32, 32);
        LayerTable plain = LayerTable.of(spec(confusion.size()), Form.PLAIN, 32, 32);
        double agreement = (double) (images - disagreements - ties) / images;
        return new Comparison(
                new Comparison.Figures(
                        Form.TRAIN,
                        train.parameters(),
                        train.parameterBytes(),
                        train.multiplyAdds(),
                        evaluation,
                        412.7),
                new Comparison.Figures(
                        Form.PLAIN,
                        plain.parameters(),
                        plain.parameterBytes(),
                        plain.multiplyAdds(),
                        evaluation,
                        1273.4),
                new Agreement(
                        3.8147e-6, agreement, images, disagreements, ties, 1e-4, List.of(), null));
    }

    static List<EpochRecord> history(int epochs) {
        RandomGenerator random = new SplittableRandom(3);
        List<EpochRecord> history = new ArrayList<>();
        for (int epoch = 1; epoch <= epochs; epoch++) {
            double rate = 0.05 * (1 + Math.cos(Math.PI * epoch / epochs));
            double done = (double) epoch / epochs;
            double noise = rate * random.nextGaussian(0, 0.25);
            double loss = 0.52 + 1.25 * Math.exp(-5 * done) + 0.25 * (1 - done) + noise * 0.3;
            double top1 = 0.893 - 0.42 * Math.exp(-6 * done) - 0.05 * (1 - done) + noise;
            history.add(new EpochRecord(epoch, loss, top1, rate, 812 + 5 * noise, 62.4 * epoch));
        }
        return history;
    }

    /// A confusion matrix where each class has a few neighbours it is taken for.
    static List<List<Integer>> confusion(int classes, int each, double wrong, long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        List<List<Integer>> confusion = new ArrayList<>();
        for (int label = 0; label < classes; label++) {
            int[] row = new int[classes];
            double share = wrong * random.nextDouble(0.3, 1.7);
            int favourite = random.nextInt(classes);
            for (int image = 0; image < each; image++) {
                int answer = label;
                if (random.nextDouble() < share) {
                    answer = random.nextDouble() < 0.4 ? favourite : random.nextInt(classes);
                }
                row[answer]++;
            }
            confusion.add(IntStream.of(row).boxed().toList());
        }
        return confusion;
    }

    static List<Mistake> mistakes(List<String> names, int count, int size) {
        RandomGenerator random = new SplittableRandom(4);
        List<Mistake> mistakes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String truth = names.get(random.nextInt(names.size()));
            int other = names.indexOf(truth) + random.nextInt(1, names.size());
            String answer = names.get(other % names.size());
            String name = String.format("test/%s/%04d.jpg", truth, i);
            double probability = random.nextDouble(0.3, 1);
            mistakes.add(new Mistake(picture(size, random), name, truth, answer, probability));
        }
        return mistakes;
    }

    /// A soft coloured disc on a soft ground, with noise.
    static Image picture(int size, RandomGenerator random) {
        byte[] pixels = new byte[3 * size * size];
        int x = random.nextInt(size / 4, 3 * size / 4);
        int y = random.nextInt(size / 4, 3 * size / 4);
        int[] disc = random.ints(3, 0, 256).toArray();
        int[] ground = random.ints(3, 40, 216).toArray();
        for (int i = 0; i < pixels.length; i++) {
            int pixel = i / 3;
            double far = Math.hypot(pixel % size - x, pixel / size - y) / (size / 3.0);
            double blend = 1 / (1 + Math.exp(12 * (far - 0.8)));
            double value = blend * disc[i % 3] + (1 - blend) * ground[i % 3];
            pixels[i] = (byte) Math.clamp(Math.round(value + random.nextGaussian(0, 9)), 0, 255);
        }
        return new Image(size, size, 3, pixels);
    }

    static Map<String, String> recipe() {
        Map<String, String> recipe = new LinkedHashMap<>();
        recipe.put("optimiser", "SGD, momentum 0.9, Nesterov");
        recipe.put("peak learning rate", "0.1, cosine to 0, 5 epochs of warm-up");
        recipe.put("weight decay", "5e-4, not on biases and branch norms");
        recipe.put("batch", "128");
        recipe.put("epochs", "80");
        recipe.put("augmentation", "crop 32 of 40, flip");
        recipe.put("label smoothing", "0.1");
        recipe.put("average of weights", "EMA 0.999");
        return recipe;
    }

    static Map<String, String> provenance() {
        Map<String, String> provenance = new LinkedHashMap<>();
        provenance.put("version", "0.1.0");
        provenance.put("JDK", "25.0.1+8 (Temurin)");
        provenance.put("system", "Linux 6.1 amd64");
        provenance.put("processor", "Sample CPU @ 2.40 GHz");
        provenance.put("threads", "2");
        provenance.put("seed", "1");
        provenance.put("data digest", DIGEST);
        provenance.put("date", "2026-11-24T15:04:05Z");
        provenance.put(
                "command line",
                "./repvgg train --data sample.tar --model A0 --epochs 80 --batch 128 --out runs/a0");
        return provenance;
    }
}
