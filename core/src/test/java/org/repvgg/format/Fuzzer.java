package org.repvgg.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.repvgg.fold.PartialFold;
import org.repvgg.model.BatchNorm;

/// Reads files with random faults: each must be read, or refused in one line, in two seconds.
///
/// `java -Xmx512m … org.repvgg.format.Fuzzer COUNT FILE…` ends with status 1 at the first that is
/// not, and says its number: the same number makes the same faults.
final class Fuzzer {
    private static final long NANOS = 2_000_000_000;
    private static final int MOST_FAULTS = 6;

    /// Where headers and pickles are: half of the faults go there.
    private static final int START = 4096;

    private static final int[] INTERESTING = {0, 1, 0x7f, 0x80, 0xff, '.', '(', '}', ']', 'R', 't'};

    private final Path file;
    private final byte[] sound;
    private final Path mutant;

    private Fuzzer(Path file, Path mutant) throws IOException {
        this.file = file;
        this.sound = Files.readAllBytes(file);
        this.mutant = mutant;
    }

    static void main(String[] arguments) throws IOException {
        int count = Integer.parseInt(arguments[0]);
        Path mutant = Files.createTempFile("mutant", "");
        try {
            for (int i = 1; i < arguments.length; i++) {
                new Fuzzer(Path.of(arguments[i]), mutant).run(count);
            }
        } finally {
            Files.delete(mutant);
        }
    }

    private void run(int count) throws IOException {
        int read = 0;
        for (int number = 0; number < count; number++) {
            Files.write(mutant, mutate(new SplittableRandom(number)));
            long start = System.nanoTime();
            String problem = problem();
            long nanos = System.nanoTime() - start;
            if (problem.isEmpty()) {
                read++;
            } else if (!problem.startsWith("refused")) {
                fail(number, problem);
            }
            if (nanos > NANOS) {
                fail(number, "took " + nanos / 1_000_000 + " ms");
            }
        }
        System.out.printf("%s: %s mutants, %s of them read%n", file, count, read);
    }

    private void fail(int number, String problem) {
        System.out.printf("%s: mutant %s: %s%n", file, number, problem);
        System.exit(1);
    }

    /// Empty if the mutant was read; begins with "refused" if it was refused as it should be.
    private String problem() {
        try {
            if (file.toString().endsWith(".npy")) {
                Npy.read(mutant);
            } else {
                foldBlocks();
                Checkpoint.read(mutant);
            }
            return "";
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage());
            boolean line = message.contains(mutant.toString()) && !message.contains("\n");
            return line ? "refused" : "says " + message;
        } catch (RuntimeException | Error e) {
            return "throws " + e;
        }
    }

    private void foldBlocks() throws IOException {
        try (TensorFile opened = TensorFile.open(mutant)) {
            PartialFold.of(opened, BatchNorm.EPSILON);
        }
    }

    private byte[] mutate(SplittableRandom random) {
        byte[] bytes = sound.clone();
        int faults = random.nextInt(1, MOST_FAULTS + 1);
        for (int fault = 0; fault < faults && bytes.length > 1; fault++) {
            int reach = random.nextBoolean() ? Math.min(START, bytes.length) : bytes.length;
            int at = random.nextInt(reach);
            int length = random.nextInt(1, Math.min(64, bytes.length - at) + 1);
            switch (random.nextInt(8)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2, 3 -> bytes[at] = (byte) INTERESTING[random.nextInt(INTERESTING.length)];
                case 4 -> Arrays.fill(bytes, at, at + length, (byte) random.nextInt(-1, 1));
                case 5 -> bytes = Arrays.copyOf(bytes, at + 1);
                case 6 -> bytes = with(bytes, at, Arrays.copyOfRange(bytes, at, at + length), 0);
                default -> bytes = with(bytes, at, new byte[0], length);
            }
        }
        return bytes;
    }

    /// With `inserted` at `at` in the place of `removed` bytes.
    private static byte[] with(byte[] bytes, int at, byte[] inserted, int removed) {
        byte[] changed = new byte[bytes.length + inserted.length - removed];
        System.arraycopy(bytes, 0, changed, 0, at);
        System.arraycopy(inserted, 0, changed, at, inserted.length);
        System.arraycopy(
                bytes, at + removed, changed, at + inserted.length, bytes.length - at - removed);
        return changed;
    }
}
