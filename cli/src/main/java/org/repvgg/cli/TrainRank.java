package org.repvgg.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.function.Consumer;
import org.repvgg.train.LostRankException;
import org.repvgg.train.cluster.RankEnd;
import org.repvgg.train.cluster.RankPlace;
import org.repvgg.train.cluster.RankProgram;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/// `spark-train` on the machine of one rank: the same command line, read again.
public final class TrainRank implements RankProgram {

    @Override
    public RankEnd run(List<String> arguments, RankPlace place, Consumer<String> lines) {
        var result = new StringWriter();
        try (var err = new PrintWriter(new LineWriter(lines))) {
            var out = new PrintWriter(result);
            int status = verb(arguments).runAs(place, new Console(out, err, false));
            return new RankEnd(status, result.toString(), "", false);
        } catch (OutOfMemoryError e) {
            return new RankEnd(ExitCode.FAILED, "", outOfMemory(), false);
        } catch (Exception e) {
            ErrorLine line = ErrorLine.of(e);
            return new RankEnd(line.status(), "", line.text(), isLost(e));
        }
    }

    private static String outOfMemory() {
        return "out of memory with a heap of %s: give executors more with --conf spark.executor.memory=12g,"
                        .formatted(Numbers.megabytes(Runtime.getRuntime().maxMemory()))
                + " ranks of local[N] with REPVGG_OPTS=-Xmx12g";
    }

    private static boolean isLost(Throwable thrown) {
        for (Throwable e = thrown; e != null; e = e.getCause()) {
            if (e instanceof LostRankException) {
                return true;
            }
        }
        return false;
    }

    private static SparkTrainVerb verb(List<String> arguments) {
        var verb = new SparkTrainVerb();
        var command = new CommandLine(CommandSpec.create().name("repvgg"));
        command.addSubcommand("spark-train", verb)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs(arguments.toArray(String[]::new));
        return verb;
    }
}
