package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.repvgg.format.Json;
import org.repvgg.train.ablation.Variant;

/// An ablation of seconds, from the command line to its table.
final class TestAblate {
    @TempDir Path folder;

    @Test
    void testComparesBlocksAndRepeatsNothing() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("red", "green", "blue"), 10);
        Path out = folder.resolve("blocks");
        Run first = ablate(data, out, "--variants=full,branch-relu", "--seeds=2", "--json");

        Json.Object answer = first.json();
        List<Json> rows = answer.get("variants").asList();
        Json.Object full = rows.get(0).asObject();
        Json.Object relu = rows.get(1).asObject();
        assertThat(answer.get("trainings").asInt()).isEqualTo(4);
        assertThat(full.get("variant").asText()).isEqualTo("full");
        assertThat(full.get("paperTop1").asDouble()).isEqualTo(0.7514);
        assertThat(full.get("top1")).isEqualTo(full.get("plainTop1"));
        assertThat(full.get("differenceToFull")).isInstanceOf(Json.Null.class);
        assertThat(full.get("parameters").asLong())
                .isGreaterThan(full.get("plainParameters").asLong());
        assertThat(full.get("notFolded")).isInstanceOf(Json.Null.class);
        assertThat(relu.get("notFolded").asText()).contains("a ReLU inside a branch");
        assertThat(relu.get("plainTop1")).isInstanceOf(Json.Null.class);
        assertThat(relu.get("differenceToFull").asObject().has("deviation")).isTrue();
        assertThat(first.err())
                .contains(
                        "training 1 of 4: RepVGG's block, seed 0: --branches conv3x3,conv1x1,identity",
                        "full-0: top-1 ",
                        "training 4 of 4: ReLU in every branch, seed 1: --branches conv3x3-relu");

        Run again = ablate(data, out, "--variants=full,branch-relu", "--seeds=2");
        assertThat(again.status()).as(again.err()).isZero();
        assertThat(again.err()).doesNotContain("training 1 of 4", "epoch");
        assertThat(again.out())
                .contains("block", "75.14", "yes", "branch-relu: stage0", "ablation.md");
        assertThat(Files.readAllLines(out.resolve("ablation.csv"))).hasSize(5);
        assertThat(out.resolve("ablation.md")).content().contains("repvgg ablate --data=");

        Run other = ablate(data, out, "--variants=full", "--lr=0.5");
        assertThat(other.status()).isEqualTo(ExitCode.WRONG_INPUT);
        assertThat(other.err())
                .contains(
                        "full-0 holds another training: peak learning rate is 0.5 now and was 0.1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--variants=full,no-identty | unknown variant 'no-identty' (did you mean 'no-identity'?): use some of full, no-identity, no-1x1,",
                "--variants= | unknown variant ''",
                "--seeds=0 | --seeds must be from 1 to 1000, not 0",
                "--branches=conv3x3 | --branches is what an ablation varies itself: choose blocks with --variants",
                "--post-norm | --post-norm is what an ablation varies itself: choose blocks with --variants",
                "--rep-optimizer | --rep-optimizer is what an ablation varies itself: choose blocks with --variants",
                "--whiten | --whiten is not for an ablation: not every block can begin so",
                "--recipe=basline | unknown recipe 'basline' (did you mean 'baseline'?)",
                "--epochs=0 | epochs must be at least 1: 0",
            })
    void testRefusals(String flag, String answer) {
        Run run = Run.repvgg("ablate", "--data=shapes", "--out=" + folder.resolve("x"), flag);

        assertThat(run.refusal(ExitCode.WRONG_INPUT)).startsWith("repvgg ablate: " + answer);
        assertThat(folder.resolve("x")).doesNotExist();
    }

    /// The help and the documentation name every block, the latter with its flags.
    @Test
    void testEveryVariantIsExplained() throws IOException {
        String help = Run.repvgg("ablate", "--help").out();
        String page = Files.readString(Path.of("../docs/ablation.md"));

        for (Variant variant : Variant.values()) {
            assertThat(help).contains(variant.toString());
            assertThat(page).contains("| `" + variant + "` |", "`" + variant.flags() + "`");
        }
    }

    private static Run ablate(Path data, Path out, String... more) {
        List<String> words =
                new ArrayList<>(
                        List.of(
                                "ablate",
                                "--data=" + data,
                                "--out=" + out,
                                "--recipe=quick",
                                "--epochs=1",
                                "--batch=8",
                                "--widths=8,8,16",
                                "--depths=1,1,1",
                                "--strides=1,2,2",
                                "--threads=1"));
        words.addAll(List.of(more));
        return Run.repvgg(words.toArray(String[]::new));
    }
}
