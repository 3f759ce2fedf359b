package org.repvgg.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Contenders of one case, who take turns round by round, so that a busy machine slows them alike.
final class Contest implements AutoCloseable {
    /// Between two turns: pools of threads that spin come to rest.
    private static final Duration PAUSE = Duration.ofMillis(30);

    private final Path folder;
    private final int threads;
    private final List<ContenderProcess> processes = new ArrayList<>();

    /// @param folder for what contenders leave
    /// @param threads of each
    Contest(Path folder, int threads) {
        this.folder = folder;
        this.threads = threads;
    }

    /// What was measured of one.
    ///
    /// @param answer to the first call
    /// @param steadyAfter calls, see [Measurement]
    /// @param nanos of each call in its turns, sorted
    /// @param peakMemory bytes; -1 where the system does not tell
    record Timed(
            String description,
            double firstMillis,
            Tensor answer,
            int steadyAfter,
            long[] nanos,
            long peakMemory) {}

    /// Starts one more.
    ///
    /// @param tuned perhaps a [org.repvgg.runtime.TunedPlan], for our plain form
    /// @throws IOException if it cannot, with what it said
    void add(Competitor competitor, Path file, Path... tuned) throws IOException {
        processes.add(ContenderProcess.start(competitor, file, threads, folder, tuned));
    }

    /// Times calls with random images of this shape.
    ///
    /// @return what was measured, in the order of [#add]
    /// @throws IOException if a process ends early, with what it said
    List<Timed> run(Shape images, Schedule schedule) throws IOException {
        List<ContenderProcess.First> firsts = new ArrayList<>();
        List<long[]> warmUps = new ArrayList<>();
        for (ContenderProcess one : processes) {
            firsts.add(one.first(images, folder.resolve("answer.npy")));
            warmUps.add(one.round(schedule.warmUp()));
        }
        List<List<long[]>> rounds = takeTurns(schedule);
        List<Timed> all = new ArrayList<>();
        for (int i = 0; i < processes.size(); i++) {
            ContenderProcess one = processes.get(i);
            long[] nanos = rounds.get(i).stream().flatMapToLong(LongStream::of).sorted().toArray();
            all.add(
                    new Timed(
                            one.description(),
                            firsts.get(i).millis(),
                            firsts.get(i).answer(),
                            Measurement.steadyAfter(warmUps.get(i), nanos[nanos.length / 2]),
                            nanos,
                            one.peakMemory()));
        }
        return all;
    }

    private List<List<long[]>> takeTurns(Schedule schedule) throws IOException {
        List<List<long[]>> rounds = new ArrayList<>();
        processes.forEach(_ -> rounds.add(new ArrayList<>()));
        for (int round = 0; round < schedule.rounds(); round++) {
            for (int i = 0; i < processes.size(); i++) {
                rounds.get(i).add(processes.get(i).round(schedule.turn()));
                pause();
            }
        }
        return rounds;
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        processes.forEach(ContenderProcess::close);
    }
}
