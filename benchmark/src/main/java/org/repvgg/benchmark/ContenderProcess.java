package org.repvgg.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.Npy;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// A contender in a JVM of its own, started with the options of this one: pools of threads that
/// spin, memory and compiled code of one do not disturb the others.
final class ContenderProcess implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 10;

    private final Competitor competitor;
    private final Path errors;
    private final Process process;
    private final Writer commands;
    private final BufferedReader answers;

    private ContenderProcess(Competitor competitor, Path errors, Process process) {
        this.competitor = competitor;
        this.errors = errors;
        this.process = process;
        this.commands = process.outputWriter();
        this.answers = process.inputReader();
    }

    /// Starts it and waits until its network is loaded.
    ///
    /// @param folder for what it leaves
    /// @throws IOException if it cannot, with what it said
    /// @param tuned perhaps a [org.repvgg.runtime.TunedPlan], for our plain form
    static ContenderProcess start(
            Competitor competitor, Path file, int threads, Path folder, Path... tuned)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.add(ContenderMain.class.getName());
        command.addAll(List.of(competitor.name(), file.toString(), Integer.toString(threads)));
        for (Path plan : tuned) {
            command.add(plan.toString());
        }
        Path errors = folder.resolve(competitor.title() + "-" + threads + ".log");
        var builder = new ProcessBuilder(command).redirectError(errors.toFile());
        // no argument: ONNX Runtime 1.29 crashes where the command line has more than 4 kB
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        var started = new ContenderProcess(competitor, errors, builder.start());
        try {
            started.answer();
            return started;
        } catch (IOException e) {
            started.close();
            throw e;
        }
    }

    /// What the first call with images of this shape answers, and its milliseconds.
    First first(Shape images, Path file) throws IOException {
        double millis =
                Double.parseDouble(
                        ask(
                                "images %s %s %s %s %s"
                                        .formatted(
                                                images.dimension(0),
                                                images.dimension(1),
                                                images.dimension(2),
                                                images.dimension(3),
                                                file)));
        return new First(millis, Npy.read(file));
    }

    record First(double millis, Tensor answer) {}

    /// Calls again and again; nanoseconds of each call.
    long[] round(Duration time) throws IOException {
        return Arrays.stream(ask("round " + time.toMillis()).split(" "))
                .mapToLong(Long::parseLong)
                .toArray();
    }

    String description() throws IOException {
        return ask("describe");
    }

    /// Bytes; -1 where the system does not tell.
    long peakMemory() throws IOException {
        return Long.parseLong(ask("memory"));
    }

    private String ask(String command) throws IOException {
        try {
            commands.write(command + "\n");
            commands.flush();
        } catch (IOException e) {
            throw ended(e);
        }
        return answer();
    }

    private String answer() throws IOException {
        for (String line = answers.readLine(); line != null; line = answers.readLine()) {
            if (line.startsWith(ContenderMain.ANSWER)) {
                return line.substring(ContenderMain.ANSWER.length());
            }
        }
        throw ended(null);
    }

    private IOException ended(@Nullable Exception cause) {
        String said = "nothing";
        try {
            said =
                    Files.readAllLines(errors).stream()
                            .filter(line -> line.contains("Exception") || line.contains("Error"))
                            .findFirst()
                            .orElse(said);
        } catch (IOException e) {
            if (cause != null) {
                cause.addSuppressed(e);
            }
        }
        return new IOException(
                "the process of %s ended early; it said: %s".formatted(competitor.title(), said),
                cause);
    }

    /// Lets it end; kills it if it does not.
    @Override
    public void close() {
        try {
            commands.close();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException _) { // it is gone already
            process.destroyForcibly();
        } catch (InterruptedException _) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
