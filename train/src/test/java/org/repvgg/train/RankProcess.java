package org.repvgg.train;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A rank in a process of its own, to be killed.
final class RankProcess {
    /// Enough for a process to start on a machine that has much else to do.
    static final Duration PATIENCE = Duration.ofSeconds(180);

    private RankProcess() {}

    /// Starts `main` of a class; what it says on standard output is to be read.
    static Process start(Class<?> main, Path errors, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Xmx500m"));
        command.add("-Djava.library.path=target/absent");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return new ProcessBuilder(command).redirectError(errors.toFile()).start();
    }

    /// Joins the ranks of a world, says so, and ends when its standard input does, or at once,
    /// without a word to the others.
    ///
    /// @param arguments rank, world, port, whether it stays
    public static void main(String[] arguments) throws IOException {
        Rendezvous where =
                SeveralRanks.rendezvous(
                        Integer.parseInt(arguments[0]),
                        Integer.parseInt(arguments[1]),
                        Integer.parseInt(arguments[2]),
                        RankProcess.PATIENCE);
        System.out.println("here");
        Ranks _ = where.join(false);
        System.out.println("joined");
        if (Boolean.parseBoolean(arguments[3])) {
            int _ = System.in.read();
        }
        Runtime.getRuntime().halt(1);
    }
}
