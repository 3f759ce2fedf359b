package org.repvgg.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.repvgg.evaluate.RandomImages;
import org.repvgg.format.Npy;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.TunedPlan;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// The process of one contender: does what it is told, line by line, until its standard input ends.
///
/// | line | answer |
/// |---|---|
/// | `images N C H W FILE` | milliseconds that the first call took; its answer is in FILE |
/// | `round MILLIS` | nanoseconds of each call |
/// | `memory` | the largest size this process had, bytes; -1 where the system does not tell |
/// | `describe` | [Contender#description] |
final class ContenderMain {
    /// Before each answer; whatever else a library prints is no answer.
    static final String ANSWER = "answer: ";

    /// More calls than this say nothing new.
    private static final int MAX_CALLS = 20_000;

    private static final Path STATUS = Path.of("/proc/self/status");

    private final Contender contender;
    private @Nullable Tensor images;

    private ContenderMain(Contender contender) {
        this.contender = contender;
    }

    /// @param arguments competitor, file, threads, perhaps a tuned plan for our plain form
    static void main(String[] arguments) throws IOException {
        int threads = Integer.parseInt(arguments[2]);
        RuntimeOptions options = new RuntimeOptions(threads);
        if (arguments.length > 3) {
            options = options.withPlan(TunedPlan.parse(Files.readString(Path.of(arguments[3]))));
        }
        PrintStream out = System.out;
        var commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (Contender contender =
                Contender.load(competitor(arguments[0]), Path.of(arguments[1]), options)) {
            var main = new ContenderMain(contender);
            out.println(ANSWER + "ready");
            for (String line = commands.readLine(); line != null; line = commands.readLine()) {
                out.println(ANSWER + main.answer(line.split(" ", 6)));
            }
        }
    }

    private static Competitor competitor(String name) {
        return Stream.<Competitor>concat(Stream.of(Engine.values()), Stream.of(StepEngine.values()))
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private String answer(String[] words) throws IOException {
        return switch (words[0]) {
            case "images" -> first(words);
            case "round" -> round(Long.parseLong(words[1]) * 1_000_000);
            case "memory" -> Long.toString(peakMemory());
            case "describe" -> contender.description();
            default -> throw new IllegalArgumentException("no command: " + words[0]);
        };
    }

    private String first(String[] words) throws IOException {
        Tensor made =
                noise(
                        Shape.of(
                                Integer.parseInt(words[1]),
                                Integer.parseInt(words[2]),
                                Integer.parseInt(words[3]),
                                Integer.parseInt(words[4])));
        images = made;
        long start = System.nanoTime();
        Tensor answer = contender.call(made);
        double millis = (System.nanoTime() - start) * 1e-6;
        Npy.write(Path.of(words[5]), answer);
        return Double.toString(millis);
    }

    private String round(long nanos) {
        Tensor given = Objects.requireNonNull(images, "images come first");
        StringBuilder times = new StringBuilder();
        long end = System.nanoTime() + nanos;
        int calls = 0;
        do {
            long start = System.nanoTime();
            Tensor _ = contender.call(given);
            times.append(System.nanoTime() - start).append(' ');
            calls++;
        } while (System.nanoTime() < end && calls < MAX_CALLS);
        return times.toString().strip();
    }

    /// Images every contender sees alike.
    static Tensor noise(Shape shape) {
        return RandomImages.noise(shape, 1);
    }

    private static long peakMemory() throws IOException {
        if (!Files.isReadable(STATUS)) {
            return -1;
        }
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .findFirst()
                .orElse(-1);
    }
}
