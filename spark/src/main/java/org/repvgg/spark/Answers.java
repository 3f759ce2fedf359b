package org.repvgg.spark;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.OptionalInt;
import java.util.function.LongConsumer;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;
import org.repvgg.evaluate.Prediction;
import org.repvgg.image.ImageDecoder;
import org.repvgg.image.Preprocessing;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.Classifier.BlockObserver;
import org.repvgg.score.ScoreSettings;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// The answers to a task's images, batch by batch in their order.
///
/// Every pass has [ScoreSettings#batch] places. The last one may have fewer images; its other
/// places hold what was there before and nobody looks at their answers. So the kernels are those of
/// a full batch, and an answer does not depend on where a partition ends.
final class Answers implements Iterator<Row> {
    /// Broken images take no place in a pass; rows are held back for so many batches at most.
    private static final int MOST_BATCHES_HELD = 4;

    private final ExecutorNetwork network;
    private final ScoreSettings settings;
    private final Iterator<Source> sources;
    private final LongConsumer counted;
    private final OptionalInt featureBlock;
    private final Shape shape;
    private final float[] pixels;
    private final Deque<Row> ready = new ArrayDeque<>();

    /// @param counted hears how many rows a batch has answered
    Answers(
            ExecutorNetwork network,
            ScoreSettings settings,
            Iterator<Source> sources,
            LongConsumer counted) {
        this.network = network;
        this.settings = settings;
        this.sources = sources;
        this.counted = counted;
        Classifier classifier = network.classifier();
        this.featureBlock =
                settings.featureBlock(classifier.spec())
                        .map(OptionalInt::of)
                        .orElse(OptionalInt.empty());
        var input = classifier.input();
        this.shape = Shape.of(settings.batch(), input.channels(), input.height(), input.width());
        this.pixels = new float[shape.elements()];
    }

    /// An image and what is written beside its answer.
    ///
    /// @param kept values of the columns that stay
    record Source(Object[] kept, Bytes bytes) {}

    /// A compressed image, read when it is wanted.
    @FunctionalInterface
    interface Bytes {
        /// @throws IOException if it cannot be had; the message is one line
        byte[] read() throws IOException;
    }

    /// @param place in the pass; -1 where there is a reason why not
    private record Pending(Object[] kept, int place, @Nullable String reason) {}

    @Override
    public boolean hasNext() {
        return !ready.isEmpty() || sources.hasNext();
    }

    @Override
    public Row next() {
        if (ready.isEmpty()) {
            answerBatch();
        }
        Row row = ready.poll();
        if (row == null) {
            throw new NoSuchElementException("no row after the last");
        }
        return row;
    }

    private void answerBatch() {
        List<Pending> pending = new ArrayList<>();
        int places = 0;
        while (places < settings.batch()
                && pending.size() < MOST_BATCHES_HELD * settings.batch()
                && sources.hasNext()) {
            Source source = sources.next();
            try {
                prepare(source.bytes.read(), places);
                pending.add(new Pending(source.kept, places, null));
                places++;
            } catch (IOException e) {
                pending.add(new Pending(source.kept, -1, reason(e)));
            }
        }
        answer(pending, places);
        counted.accept(pending.size());
    }

    private void prepare(byte[] bytes, int place) throws IOException {
        Preprocessing preprocessing = network.preprocessing();
        preprocessing.into(
                ImageDecoder.standard().decode(bytes, "image"),
                pixels,
                place * preprocessing.elements());
    }

    private void answer(List<Pending> pending, int places) {
        var features = new FeatureMeans(featureBlock);
        Tensor logits =
                places == 0
                        ? null
                        : network.classifier().logits(Tensor.ofOwned(shape, pixels), features);
        List<String> names = network.classifier().input().classNames();
        for (Pending row : pending) {
            if (logits == null || row.reason != null) {
                ready.add(AnswerSchema.failure(row.kept, String.valueOf(row.reason), settings));
            } else {
                ready.add(
                        AnswerSchema.answer(
                                row.kept,
                                Prediction.best(logits, row.place, names, settings.top()),
                                features.of(row.place)));
            }
        }
    }

    static String reason(IOException e) {
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return message.replaceAll("\\p{Cntrl}+", " ").strip();
    }

    /// A stage's maps, averaged over their places.
    private static final class FeatureMeans implements BlockObserver {
        private final OptionalInt block;
        private @Nullable Tensor maps;

        FeatureMeans(OptionalInt block) {
            this.block = block;
        }

        @Override
        public boolean wants(int index) {
            return block.isPresent() && block.getAsInt() == index;
        }

        @Override
        public void blockOutput(int index, Tensor output) {
            maps = output;
        }

        /// `[channels]` of an image; null where none are wanted.
        float @Nullable [] of(int image) {
            if (maps == null) {
                return null;
            }
            int channels = maps.shape().dimension(1);
            int places = maps.shape().dimension(2) * maps.shape().dimension(3);
            float[] means = new float[channels];
            for (int c = 0; c < channels; c++) {
                int first = (image * channels + c) * places;
                double sum = 0;
                for (int place = 0; place < places; place++) {
                    sum += maps.get(first + place);
                }
                means[c] = (float) (sum / places);
            }
            return means;
        }
    }
}
