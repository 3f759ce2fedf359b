package org.repvgg.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TestModelCard {
    @TempDir Path folder;

    private ModelCard card() throws IOException {
        MadeNetworks.write(folder, "made", MadeNetworks.network(3, 2, 0.875));
        return new ModelCard(Zoo.in(folder).find("made").orElseThrow());
    }

    @Test
    void tellsWhatTheFileTells() throws IOException {
        assertThat(card().text())
                .startsWith("# made\n")
                .contains(
                        "| network | tiny, plain form: widths 8,8,16, depths 1,2,1, strides 1,2,2 |")
                .contains(
                        "| input | 3x16x16, mean ",
                        "| classes | 2: class0, class1 |",
                        " bytes, F16 |")
                .contains("| data | made, digest 0123 |")
                .contains("| top-1, plain form | 87.50 % of 1000 images |")
                .contains("| training | recipe baseline, 80 epochs, seed 0, 60 s, java |")
                .contains("| made | 2026-01-01T00:00:00Z by version 0.1.0 |");
    }

    @Test
    void keepsWhatPeopleWrite() throws IOException {
        ModelCard card = card();
        String written = card.text() + "\nNot for pedestrians.\n";
        Files.writeString(card.file(), written);
        assertThat(card.text()).isEqualTo(written);
    }

    @Test
    void noticesAFigureThatIsNotTheFiles() throws IOException {
        ModelCard card = card();
        String wrong = card.text().replace("87.50 %", "97.50 %");
        Files.writeString(card.file(), wrong);
        assertThat(card.text()).isNotEqualTo(wrong).contains("| top-1, plain form | 87.50 %");
    }

    @Test
    void wantsAPlaceForItsTable() throws IOException {
        ModelCard card = card();
        Files.writeString(card.file(), "# made\n");
        assertThatThrownBy(card::text).hasMessageStartingWith(card.file() + ": wants the lines");
    }
}
