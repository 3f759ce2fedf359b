package org.repvgg.train;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The epochs so far, as `history.csv`: a header, then one line an epoch.
///
/// An epoch that was not evaluated has NaN for its top-1.
final class History {
    private static final String HEADER = "epoch,loss,top1,learning_rate,images_per_second,seconds";

    private final List<EpochRecord> epochs = new ArrayList<>();

    void add(EpochRecord epoch) {
        epochs.add(epoch);
    }

    List<EpochRecord> epochs() {
        return List.copyOf(epochs);
    }

    int size() {
        return epochs.size();
    }

    /// @throws java.util.NoSuchElementException before the first epoch is done
    EpochRecord last() {
        return epochs.getLast();
    }

    /// Wall time of all epochs.
    double seconds() {
        return epochs.isEmpty() ? 0 : last().seconds();
    }

    /// Best accuracy so far; negative before the first evaluation.
    double best() {
        return bestRecord().map(EpochRecord::top1).orElse(-1.0);
    }

    /// The first epoch of that accuracy; 0 before the first evaluation.
    int bestEpoch() {
        return bestRecord().map(EpochRecord::epoch).orElse(0);
    }

    private Optional<EpochRecord> bestRecord() {
        return epochs.stream()
                .filter(epoch -> !Double.isNaN(epoch.top1()))
                .max(Comparator.comparingDouble(EpochRecord::top1)); // the first of equal ones
    }

    /// For people: rounded.
    String csv() {
        return lines("%d,%.6f,%.4f,%.8f,%.1f,%.1f");
    }

    /// For checkpoints: every digit, so that a resumed training compares the very same numbers.
    String exactCsv() {
        return lines("%s,%s,%s,%s,%s,%s");
    }

    private String lines(String format) {
        StringBuilder csv = new StringBuilder(HEADER).append('\n');
        for (EpochRecord e : epochs) {
            csv.append(
                    String.format(
                            Locale.ROOT,
                            format,
                            e.epoch(),
                            e.loss(),
                            e.top1(),
                            e.learningRate(),
                            e.imagesPerSecond(),
                            e.seconds()));
            csv.append('\n');
        }
        return csv.toString();
    }

    /// Reads what [#csv] or [#exactCsv] wrote.
    ///
    /// @throws IllegalArgumentException naming the line that is not of that form
    static History parse(String csv) {
        History history = new History();
        List<String> lines = csv.lines().toList();
        for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
            history.add(record(line));
        }
        return history;
    }

    private static EpochRecord record(String line) {
        String[] fields = line.split(",", -1);
        try {
            return new EpochRecord(
                    Integer.parseInt(fields[0]),
                    Double.parseDouble(fields[1]),
                    Double.parseDouble(fields[2]),
                    Double.parseDouble(fields[3]),
                    Double.parseDouble(fields[4]),
                    Double.parseDouble(fields[5]));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new IllegalArgumentException("the history has a broken line: " + line, e);
        }
    }
}
