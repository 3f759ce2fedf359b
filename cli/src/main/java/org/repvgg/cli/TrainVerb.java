package org.repvgg.cli;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.repvgg.train.Ranks;
import org.repvgg.train.Recipe;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;

@Command(
        name = "train",
        header = "Trains a network with its branches, folds it, and measures both forms.",
        description =
                "Every epoch ends with an evaluation and a checkpoint; Ctrl-C stops between two steps and"
                        + " --resume goes on from the last finished epoch. At the end the folder OUT holds"
                        + " trained.safetensors, its fold plain.safetensors, history.csv and report.html.",
        footer = {
            "  repvgg train --data photos/ --model A0 --width 0.5 --input 64x64 --out runs/photos",
            "  repvgg train --data few-photos/ --init runs/photos/trained.safetensors --balance --out runs/few",
            "  repvgg train --data cifar10 --model A0 --recipe baseline --epochs 80 --out runs/a0",
            "  repvgg train --data cifar10 --model A0 --recipe baseline --epochs 80 --out runs/a0 --resume",
            "  repvgg train --data cifar10 --out runs/a0 --rank 0 --world 2 --rendezvous 10.0.0.1:29500",
            "  repvgg train --data cifar10 --recipe taught --teacher runs/t/plain.safetensors --out runs/b"
        })
final class TrainVerb extends TrainingVerb {
    @ArgGroup(exclusive = false, heading = RankOptions.HEADING)
    @Nullable RankOptions several;

    @Override
    int run(Console console) throws IOException {
        int processors = Runtime.getRuntime().availableProcessors();
        return train(several == null ? new Alone() : several, resume, processors, console);
    }

    private record Alone() implements Processes {
        @Override
        public int world() {
            return 1;
        }

        @Override
        public void check(String device, Recipe recipe) {
            // one process trains on every device, and whole batches
        }

        @Override
        public Ranks join(Console console) {
            return Ranks.alone();
        }
    }
}
