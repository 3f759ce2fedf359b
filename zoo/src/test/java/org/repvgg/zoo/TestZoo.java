package org.repvgg.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.format.CheckpointException;
import org.repvgg.spec.Form;

final class TestZoo {
    @TempDir Path folder;

    @Test
    void findsByName() throws IOException {
        Path file = MadeNetworks.write(folder, "cifar10-small", MadeNetworks.network(3, 4, 0.8));
        MadeNetworks.write(folder, "b", MadeNetworks.network(1, 4, 0.9));
        Files.writeString(folder.resolve("cifar10-small.md"), "# card");
        Files.writeString(folder.resolve("Upper.safetensors"), "no name");
        Files.writeString(folder.resolve(".hidden.safetensors"), "no name");
        Files.createDirectory(folder.resolve("folder.safetensors"));
        Zoo zoo = Zoo.in(folder);

        assertThat(zoo.names()).containsExactly("b", "cifar10-small");
        assertThat(zoo.file("cifar10-small")).contains(file);
        ZooNetwork network = zoo.find("cifar10-small").orElseThrow();
        assertThat(network.bytes()).isEqualTo(Files.size(file));
        assertThat(network.about().form()).isEqualTo(Form.PLAIN);
        assertThat(network.about().provenance().top1(Form.PLAIN)).isEqualTo(OptionalDouble.of(0.8));
        assertThat(zoo.find("cifar10")).isEmpty();
        assertThat(zoo.file("Upper")).isEmpty();
        assertThat(zoo.file("../" + folder.getFileName() + "/b")).isEmpty();
    }

    @Test
    void takesColourThenClassesThenAccuracy() throws IOException {
        assertThat(Zoo.in(folder).usual()).isEmpty();
        MadeNetworks.write(folder, "grey", MadeNetworks.network(1, 9, 0.99));
        assertThat(usual()).isEqualTo("grey");
        MadeNetworks.write(folder, "few", MadeNetworks.network(3, 2, 0.95));
        assertThat(usual()).isEqualTo("few");
        MadeNetworks.write(folder, "many-b", MadeNetworks.network(3, 4, 0.7));
        assertThat(usual()).isEqualTo("many-b");
        MadeNetworks.write(folder, "many-c", MadeNetworks.network(3, 4, 0.7));
        assertThat(usual()).as("the first of two alike").isEqualTo("many-b");
        MadeNetworks.write(folder, "many-a", MadeNetworks.network(3, 4, 0.6));
        MadeNetworks.write(folder, "many-d", MadeNetworks.network(3, 4, 0.8));
        assertThat(usual()).isEqualTo("many-d");
    }

    @Test
    void isEmptyWithoutAFolder() throws IOException {
        Zoo zoo = Zoo.in(folder.resolve("absent"));
        assertThat(zoo.names()).isEmpty();
        assertThat(zoo.networks()).isEmpty();
        assertThat(zoo.usual()).isEmpty();
        assertThat(zoo.file("a")).isEmpty();
    }

    @Test
    void namesAFileThatIsNone() throws IOException {
        Path rubbish = Files.writeString(folder.resolve("a.safetensors"), "rubbish");
        assertThatThrownBy(() -> Zoo.in(folder).networks())
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith(rubbish + ": too short");
    }

    @Test
    void looksWhereThePropertySays() throws IOException {
        MadeNetworks.write(folder, "told", MadeNetworks.network(3, 2, 0.5));
        System.setProperty(Zoo.PROPERTY, folder.toString());
        try {
            assertThat(Zoo.standard().names()).containsExactly("told");
        } finally {
            System.clearProperty(Zoo.PROPERTY);
        }
    }

    private String usual() throws IOException {
        return Zoo.in(folder).usual().orElseThrow().name();
    }
}
