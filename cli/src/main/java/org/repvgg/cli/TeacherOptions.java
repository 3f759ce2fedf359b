package org.repvgg.cli;

import java.io.IOException;
import org.repvgg.format.Checkpoint;
import org.repvgg.train.Teacher;
import picocli.CommandLine.Option;

/// Flags for learning from another network.
final class TeacherOptions {
    static final String HEADING = "%nLearn from another network, too:%n";

    @Option(
            names = "--teacher",
            required = true,
            paramLabel = "M",
            description =
                    "A trained network of either form for the same data, whose probabilities become part of"
                            + " every target: a file, or a name that 'repvgg models' lists.")
    String teacher = "";

    @Option(
            names = "--teacher-part",
            paramLabel = "F",
            defaultValue = "0.8",
            description = "That part, above 0 and at most 1; 0.8 unless given.")
    double part = 0.8;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            defaultValue = "2",
            description = "Divides the teacher's logits before softmax; 2 unless given.")
    double temperature = 2;

    @Option(
            names = "--teacher-views",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Ask the teacher about the images of N epochs, and of N of the rest, and show them again"
                            + " in the epochs that follow: a large teacher costs N epochs instead of"
                            + " all. 0 for all, unless given.")
    int views;

    Teacher read() throws IOException {
        return new Teacher(Checkpoint.read(WeightOptions.file(teacher)), part, temperature, views);
    }
}
