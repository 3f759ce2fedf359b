package org.repvgg.serve.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import tools.jackson.core.JsonGenerator;

/// The content of an output, to be written as JSON or as bytes.
sealed interface OutputData {
    /// In the protocol's words.
    String datatype();

    Shape shape();

    /// How many bytes [#putInto] writes.
    int bytes();

    /// Appends all elements, row-major.
    ///
    /// @param out little-endian
    void putInto(ByteBuffer out);

    /// Writes all elements, row-major, into an array that is begun already.
    void writeTo(JsonGenerator json);

    /// @param scores `[n,classes]`; not modified
    /// @param classification how many classes to name of each row; 0 for all scores, as numbers
    /// @param classNames in label order; empty where unknown
    static OutputData of(Tensor scores, int classification, List<String> classNames) {
        return classification == 0
                ? new Scores(scores)
                : Lines.best(scores, classification, classNames);
    }

    /// Numbers.
    ///
    /// @param values finite
    record Scores(Tensor values) implements OutputData {
        @Override
        public String datatype() {
            return "FP32";
        }

        @Override
        public Shape shape() {
            return values.shape();
        }

        @Override
        public int bytes() {
            return Math.multiplyExact(values.shape().elements(), Float.BYTES);
        }

        @Override
        public void putInto(ByteBuffer out) {
            for (float value : values.unsafeArray()) {
                out.putFloat(value);
            }
        }

        @Override
        public void writeTo(JsonGenerator json) {
            for (float value : values.unsafeArray()) {
                json.writeNumber(value);
            }
        }
    }

    /// Texts; in binary, each is its length in four bytes, then itself in UTF-8.
    record Lines(Shape shape, List<String> values) implements OutputData {
        public Lines {
            values = List.copyOf(values);
        }

        /// `score:index` or `score:index:name` of each row's classes with the highest scores, best
        /// first; of equal ones, the lower index.
        ///
        /// @param scores `[n,classes]`; not modified
        /// @param most how many at most
        /// @return `[n,k]`
        static Lines best(Tensor scores, int most, List<String> classNames) {
            int rows = scores.shape().dimension(0);
            int classes = scores.shape().dimension(1);
            int count = Math.min(most, classes);
            List<String> lines = new ArrayList<>();
            for (int row = 0; row < rows; row++) {
                int start = row * classes;
                IntStream.range(0, classes)
                        .boxed()
                        .sorted(Comparator.comparingDouble(label -> -scores.get(start + label)))
                        .limit(count)
                        .map(label -> line(scores.get(start + label), label, classNames))
                        .forEach(lines::add);
            }
            return new Lines(Shape.of(rows, count), lines);
        }

        private static String line(float score, int label, List<String> classNames) {
            String line = score + ":" + label;
            return label < classNames.size() ? line + ":" + classNames.get(label) : line;
        }

        @Override
        public String datatype() {
            return "BYTES";
        }

        @Override
        public int bytes() {
            return values.stream().mapToInt(value -> Integer.BYTES + utf8(value).length).sum();
        }

        @Override
        public void putInto(ByteBuffer out) {
            for (String value : values) {
                byte[] text = utf8(value);
                out.putInt(text.length).put(text);
            }
        }

        @Override
        public void writeTo(JsonGenerator json) {
            values.forEach(json::writeString);
        }

        private static byte[] utf8(String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
    }
}
