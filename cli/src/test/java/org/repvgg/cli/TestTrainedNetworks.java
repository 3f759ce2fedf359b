package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.format.Json;

/// Networks that come with the program, by name.
final class TestTrainedNetworks {
    @TempDir Path folder;

    private MadeZoo zoo;

    @BeforeEach
    void openZoo() throws IOException {
        zoo = new MadeZoo(folder.resolve("zoo"));
    }

    @AfterEach
    void closeZoo() {
        zoo.close();
    }

    private Path red() throws IOException {
        return Pictures.write(folder.resolve("red.png"), Color.RED);
    }

    private void fill() throws IOException {
        zoo.add("grey", 1, 0.99);
        zoo.add("colour-small", 3, 0.8);
        zoo.add("colour-best", 3, 0.9);
    }

    @Test
    void anImageAloneIsAnsweredByTheUsualOne() throws IOException {
        fill();
        String red = red().toString();
        String blue = Pictures.write(folder.resolve("blue.jpg"), Color.BLUE).toString();
        Run run = Run.repvgg("predict", red, blue);
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).contains(red, blue, "green", " %");
        assertThat(run.err()).startsWith("answered by colour-best, see 'repvgg models'");

        Json.Object alone = Run.repvgg("predict", red, "--json").json();
        assertThat(alone.get("network").asText()).isEqualTo("colour-best");
        Json.Object named = Run.repvgg("predict", "colour-best", red, "--json").json();
        assertThat(named).isEqualTo(alone);
        assertThat(Run.repvgg("predict", "grey", red).err()).isEmpty();
    }

    @Test
    void whatIsADamagedImageIsNoNetwork() throws IOException {
        fill();
        Run run = Run.repvgg("predict", Pictures.halfJpeg(folder.resolve("half.jpg")).toString());
        assertThat(run.status()).isEqualTo(ExitCode.WRONG_INPUT);
        assertThat(run.err()).contains("half.jpg").doesNotContain("safetensors");
    }

    @ParameterizedTest
    @CsvSource({"'',is an empty file", "<html>,'is HTML, XML or SVG'"})
    void neitherIsWhatIsCalledAnImage(String bytes, String answer) throws IOException {
        fill();
        Path broken = Files.writeString(folder.resolve("broken.jpg"), bytes);
        Run run = Run.repvgg("predict", broken.toString());
        assertThat(run.status()).isEqualTo(ExitCode.WRONG_INPUT);
        assertThat(run.err()).contains(broken + ": " + answer).doesNotContain("name an image");

        run = Run.repvgg("predict", broken.toString(), red().toString());
        assertThat(run.err()).contains(broken + ": " + answer);
        assertThat(run.out()).contains("red.png", " %");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evaluate colour-small --data DATA",
                "verify colour-small colour-best --data DATA",
                "inspect colour-small",
                "run colour-small --input x.npy --output OUT.npy",
                "convert colour-small -o OUT.safetensors --names timm",
                "export colour-small -o OUT.onnx",
                "benchmark colour-small --versus none --rounds 1 --seconds 0.01 --warm-up 0.01 --threads 1",
            })
    void everyVerbTakesAName(String line) throws IOException {
        fill();
        Path data = Pictures.classes(folder.resolve("data"), MadeZoo.CLASSES, 2);
        String command =
                line.replace("DATA", data.toString())
                        .replace("OUT", folder.resolve("out").toString())
                        .replace("x.npy", Goldens.IMAGES);
        Run run = Run.repvgg(command.split(" "));
        assertThat(run.status()).as(run.err()).isZero();
    }

    @Test
    void aFileOfThatNameWins() throws IOException {
        zoo.add("target", 3, 0.9); // a folder here is called so, too
        assertThat(Network.checkpoint("target")).contains(Path.of("target"));
        assertThat(Run.repvgg("inspect", "target").refusal(ExitCode.WRONG_INPUT))
                .endsWith("target: not a file");
    }

    @Test
    void aNameOfTheFamilyKeepsItsMeaning() throws IOException {
        zoo.add("a0", 3, 0.9);
        assertThat(Run.repvgg("inspect", "a0").out()).contains("A0, training form, 1000 classes");
        assertThat(Run.repvgg("run", "a0", "--input=x.npy", "--output=y.npy").err())
                .contains("a0 is a name without weights");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "evaluate colour-bset --data x | repvgg evaluate: colour-bset: no such file, and no trained network of that name (did you mean 'colour-best'?)",
                "inspect colour-bset | repvgg inspect: unknown network 'colour-bset' (did you mean 'colour-best'?): 'repvgg models' lists the names; a spec's .json file will do, too",
                "fold colour-best -o x.safetensors | repvgg fold: colour-best: is the plain form already, there is nothing to fold",
                "train --data shapes --model colour-best --out x | repvgg train: colour-best: --model wants a name such as A0 or a spec's .json file; 'repvgg inspect colour-best --json' tells the spec of a checkpoint, 'repvgg train --init colour-best' begins from its weights",
                "predict colour-best | repvgg predict: colour-best: name an image, too: repvgg predict M IMAGE...",
                "predict colour-bset | repvgg predict: colour-bset: no such file, and no trained network of that name (did you mean 'colour-best'?)",
                "benchmark colour-best --training | repvgg benchmark: colour-best is the plain form; --training wants the training form",
                "serve colour-bset | repvgg serve: colour-bset: no such file, and no trained network of that name (did you mean 'colour-best'?)",
            })
    void slipsAreToldInOneLine(String line, String answer) throws IOException {
        fill();
        assertThat(Run.repvgg(line.split(" ")).refusal(ExitCode.WRONG_INPUT)).isEqualTo(answer);
    }

    @Test
    void areListed() throws IOException {
        fill();
        assertThat(Run.repvgg("models").out().lines().toList())
                .anyMatch(
                        line ->
                                line.matches(
                                        "colour-best\\*\\s+colours\\s+3\\s+3x16x16\\s+[\\d,]+\\s+0.\\d\\d MB\\s+90.00 %\\s+89.00 %"))
                .anyMatch(line -> line.startsWith("grey "));
        List<Json> listed = Run.repvgg("models", "--json").json().get("pretrained").asList();
        assertThat(listed).hasSize(3);
        Json.Object best = listed.getFirst().asObject();
        assertThat(best.get("name").asText()).isEqualTo("colour-best");
        assertThat(best.get("usual").asBoolean()).isTrue();
        assertThat(best.get("input").compact()).isEqualTo("[3,16,16]");
        assertThat(best.get("trainTop1").asDouble()).isEqualTo(0.9);
        assertThat(best.get("plainTop1").asDouble()).isEqualTo(0.89);
        assertThat(best.get("bytes").asLong())
                .isEqualTo(Files.size(folder.resolve("zoo/colour-best.safetensors")));
    }

    @Test
    void theTabKeyKnowsThem() throws IOException {
        fill();
        assertThat(Run.repvgg("completion").out()).contains("colour-best");
    }

    @Test
    void noneIsNoAccident() throws IOException {
        assertThat(Run.repvgg("models").out())
                .contains("No trained networks come with this version.");
        assertThat(Run.repvgg("models", "--json").json().get("pretrained").asList()).isEmpty();
        assertThat(Run.repvgg("completion").status()).isZero();
        String red = red().toString();
        assertThat(Run.repvgg("predict", red).refusal(ExitCode.WRONG_INPUT))
                .endsWith(
                        red
                                + " is an image, and no trained network comes with this version: name a"
                                + " checkpoint before it");
        assertThat(Run.repvgg("serve").refusal(ExitCode.WRONG_INPUT))
                .isEqualTo(
                        "repvgg serve: no trained network comes with this version: name a checkpoint,"
                                + " such as the plain.safetensors of a training");
    }

    @Test
    void aDamagedOneIsNamed() throws IOException {
        Path rubbish = Files.writeString(folder.resolve("zoo/bad.safetensors"), "rubbish");
        assertThat(Run.repvgg("models").refusal(ExitCode.WRONG_INPUT))
                .contains(rubbish + ": too short");
    }
}
