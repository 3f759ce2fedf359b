package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.repvgg.data.ChannelStatistics;
import org.repvgg.data.Dataset;
import org.repvgg.evaluate.Agreement;
import org.repvgg.format.Json;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.EngineFactory;
import org.repvgg.train.Finish;
import org.repvgg.train.Ranks;
import org.repvgg.train.Recipe;
import org.repvgg.train.RunFolder;
import org.repvgg.train.TrainException;
import org.repvgg.train.TrainResult;
import org.repvgg.train.Trainer;
import org.repvgg.train.report.ReportData.Outcome;

/// A training seen from the command line; shared by `train` and `quickstart`.
///
/// @param resumption what goes on with one that stopped: `--resume`; empty for nothing
record Training(Trainer.Job job, EngineFactory engines, String resumption) {
    /// Images looked at for mean and deviation; more would not change their third decimal.
    private static final int STATISTICS_IMAGES = 5000;

    /// Fresh weights for a network that fits the data: its classes, its images' size unless
    /// `--input` says another, its mean and deviation.
    static BranchedModel initial(
            RepVggSpec base, ModelOptions options, Dataset dataset, Recipe recipe, long seed)
            throws IOException {
        RepVggSpec varied = options.vary(base);
        int classes = dataset.train().classNames().size();
        RepVggSpec spec =
                options.classes == null && classes >= 2
                        ? varied.toBuilder().classes(classes).build()
                        : varied;
        InputSpec size =
                options.input == null
                        ? imageSize(dataset, spec.inputChannels())
                        : options.inputOr(InputSpec.centred(spec.inputChannels(), 32, 32));
        ChannelStatistics statistics =
                ChannelStatistics.of(dataset.train(), new Preprocessing(size), STATISTICS_IMAGES);
        InputSpec input =
                size.withNormalisation(statistics.mean(), statistics.std())
                        .withClassNames(dataset.train().classNames());
        return recipe.initial(spec, input, dataset.train(), seed);
    }

    /// The size of the first readable image if it is small; photos are taken at 224x224.
    private static InputSpec imageSize(Dataset dataset, int channels) throws IOException {
        for (int i = 0; i < dataset.train().size(); i++) {
            try {
                var image = dataset.train().image(i);
                return image.width() <= 64 && image.height() <= 64
                        ? InputSpec.centred(channels, image.height(), image.width())
                        : InputSpec.imageNet();
            } catch (IOException _) {
                // the trainer names and counts broken images
            }
        }
        throw new IOException("not one image of " + dataset.name() + " can be read");
    }

    /// Removes the checkpoint of an earlier training, so that the next one starts anew.
    static void forget(Path out) throws IOException {
        try (RunFolder folder = RunFolder.open(out)) {
            Files.deleteIfExists(folder.checkpoint());
        }
    }

    int run(Path out, boolean resume, String command, boolean json, Console console)
            throws IOException {
        return run(Ranks.alone(), out, resume, command, json, console);
    }

    /// One process's training, or the first's of several.
    int run(Ranks ranks, Path out, boolean resume, String command, boolean json, Console console)
            throws IOException {
        try (RunFolder folder = RunFolder.open(out)) {
            TrainResult result = train(ranks, folder, resume, console);
            Outcome outcome;
            try (ProgressLine line = console.progress("measuring both forms", "images")) {
                outcome = Finish.finish(result, job, folder, command, line);
            }
            if (json) {
                console.result(
                        ComparisonText.json(outcome)
                                .put("epochs", result.history().size())
                                .put("trainingSeconds", result.history().getLast().seconds())
                                .put("output", out.toString())
                                .build());
            } else {
                ComparisonText.print(console, outcome);
                console.result("");
                console.result("report: %s", folder.report());
            }
            return status(console, outcome);
        } catch (TrainException e) {
            return failed(e);
        }
    }

    /// The part of another process than the first, which leaves the result to that.
    int follow(Ranks ranks, boolean json, Console console) throws IOException {
        try {
            TrainResult result = train(ranks, null, false, console);
            if (json) {
                console.result(
                        Json.object()
                                .put("rank", ranks.rank())
                                .put("epochs", result.history().size())
                                .build());
            } else {
                console.result("rank %s is done; rank 0 writes the result", ranks.rank());
            }
            return ExitCode.DONE;
        } catch (TrainException e) {
            return failed(e);
        }
    }

    private static int failed(TrainException e) {
        if (e.wasStopped()) {
            return ExitCode.FAILED; // the listener has said so
        }
        throw new WorkFailed(e, "%s", String.valueOf(e.getMessage()));
    }

    private static int status(Console console, Outcome outcome) {
        return switch (outcome) {
            case Outcome.NotFolded _ -> ExitCode.DONE;
            case Outcome.Folded folded -> {
                Agreement agreement = folded.comparison().agreement();
                yield AgreementText.status(
                        console, agreement, "the plain form does not answer alike");
            }
        };
    }

    private TrainResult train(
            Ranks ranks, @Nullable RunFolder folder, boolean resume, Console console)
            throws IOException {
        try (ProgressLine line = console.progress("training", "images")) {
            return Trainer.train(
                    job,
                    ranks,
                    engines,
                    folder,
                    resume,
                    new TrainingReporter(console, line, job.recipe(), resumption));
        }
    }
}
