package org.repvgg.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The epochs so far, as `history.csv`: a header, then one line an epoch.
final class History {
    private static final String HEADER = "epoch,loss,top1,learning_rate,images_per_second,seconds";

    private final List<EpochRecord> epochs = new ArrayList<>();

    void add(EpochRecord epoch) {
        epochs.add(epoch);
    }

    List<EpochRecord> epochs() {
        return List.copyOf(epochs);
    }

    /// Best accuracy so far; negative before the first evaluation.
    double best() {
        return epochs.stream()
                .mapToDouble(EpochRecord::top1)
                .filter(top1 -> !Double.isNaN(top1))
                .max()
                .orElse(-1);
    }

    String csv() {
        StringBuilder csv = new StringBuilder(HEADER).append('\n');
        for (EpochRecord e : epochs) {
            csv.append(
                    String.format(
                            Locale.ROOT,
                            "%d,%.6f,%.4f,%.8f,%.1f,%.1f%n",
                            e.epoch(),
                            e.loss(),
                            e.top1(),
                            e.learningRate(),
                            e.imagesPerSecond(),
                            e.seconds()));
        }
        return csv.toString().replace("\r", "");
    }

    /// Reads what [#csv] wrote.
    ///
    /// @throws TrainException naming the line that is not of that form
    static History parse(String csv) {
        History history = new History();
        List<String> lines = csv.lines().toList();
        for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
            String[] fields = line.split(",", -1);
            try {
                history.add(
                        new EpochRecord(
                                Integer.parseInt(fields[0]),
                                Double.parseDouble(fields[1]),
                                Double.parseDouble(fields[2]),
                                Double.parseDouble(fields[3]),
                                Double.parseDouble(fields[4]),
                                Double.parseDouble(fields[5])));
            } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
                throw new TrainException("the checkpoint's history has a broken line: " + line, e);
            }
        }
        return history;
    }
}
