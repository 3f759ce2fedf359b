package org.repvgg.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;
import org.repvgg.model.Provenance;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestCheckpoint {
    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"A0", "B1g4", "D2se", "plus-L2pse"})
    void readsBackEveryVariant(String name) throws IOException {
        RepVggSpec spec = thin(RepVggFamily.find(name).orElseThrow().spec());
        InputSpec input =
                InputSpec.centred(3, 32, 48).withClassNames(List.of("cat", "dog", "öl", "a b"));
        Provenance provenance = new Provenance(Map.of("seed", "7", "recipe", "fast"));
        BranchedModel model = InitialWeights.random(spec, input, 7).withProvenance(provenance);
        assertReadsBack(model);
        assertReadsBack(plain(model));
    }

    @Test
    void readsBackBranchesThatOnlyMetadataTells() throws IOException {
        RepVggSpec spec =
                thin(RepVggFamily.A0.spec()).toBuilder()
                        .branchCycle(
                                List.of(
                                        branches(
                                                "conv3x3",
                                                "conv1x1-nobn",
                                                "identity-nobn",
                                                "dirac"),
                                        branches("conv3x3-relu", "conv3x3", "identity@1")))
                        .postNorm(true)
                        .strides(List.of(1, 1, 2, 2, 1))
                        .build();
        assertReadsBack(InitialWeights.random(spec, InputSpec.imageNet(), 3));
    }

    @Test
    void writesTheSameBytesForTheSameModel() throws IOException {
        BranchedModel model =
                InitialWeights.random(thin(RepVggFamily.A0.spec()), InputSpec.imageNet(), 1);
        Path first = folder.resolve("a.safetensors");
        Path second = folder.resolve("b.safetensors");
        Checkpoint.write(first, model);
        Checkpoint.write(second, Checkpoint.read(first));
        assertThat(Files.readAllBytes(second)).isEqualTo(Files.readAllBytes(first));
    }

    @Test
    void writesWhatPyTorchInsistsOn() throws IOException {
        Path file = folder.resolve("a.safetensors");
        Checkpoint.write(
                file, InitialWeights.random(thin(RepVggFamily.A0.spec()), InputSpec.imageNet(), 1));
        try (Safetensors written = Safetensors.open(file)) {
            assertThat(written.metadata()).containsEntry("format", "pt");
            assertThat(written.entries().keySet())
                    .contains(
                            "stage0.rbr_dense.bn.num_batches_tracked",
                            "stage1.1.rbr_identity.num_batches_tracked");
            assertThat(
                            written.entries()
                                    .get("stage1.1.rbr_identity.num_batches_tracked")
                                    .dimensions())
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "official-small, 10, '{}', 8",
        "official-groups, 7, '{2=2, 4=4, 6=2}', 8",
        "official-se, 10, '{}', 16",
        "official-small-legacy, 10, '{}', 8"
    })
    void recognisesWhatTheReferenceWrote(String name, int classes, String groups, int stem)
            throws IOException {
        recognisesWhatTheReferenceWrote(name, ".safetensors", classes, groups, stem);
        recognisesWhatTheReferenceWrote(name, ".pth", classes, groups, stem);
    }

    private static void recognisesWhatTheReferenceWrote(
            String name, String ending, int classes, String groups, int stem) throws IOException {
        Model train = Checkpoint.read(Golden.file(name + "/train" + ending));
        Model plain = Checkpoint.read(Golden.file(name + "/deploy" + ending));
        assertThat(train).isInstanceOf(BranchedModel.class);
        assertThat(plain).isInstanceOf(PlainModel.class);
        assertThat(train.spec()).isEqualTo(plain.spec());
        assertThat(train.spec().classes()).isEqualTo(classes);
        assertThat(new TreeMap<>(train.spec().groups())).hasToString(groups);
        assertThat(train.spec().widths())
                .isEqualTo(List.of(stem, stem, 2 * stem, 4 * stem, 8 * stem));
        assertThat(train.spec().strides()).containsExactly(2, 2, 2, 2, 2);
        assertThat(train.provenance().facts()).containsEntry("assumed", "strides [2,2,2,2,2]");
        assertThat(train.input()).isEqualTo(InputSpec.imageNet());
    }

    @ParameterizedTest
    @CsvSource({
        "official-groups/train.safetensors",
        "official-se/deploy.safetensors",
        "official-small/train.pth"
    })
    void describesWhatItWouldRead(String name) throws IOException {
        Path file = Golden.file(name);
        ReadOptions options = ReadOptions.withStrides(List.of(2, 2, 2, 2, 2));

        assertThat(Checkpoint.describe(file, options))
                .isEqualTo(CheckpointMetadata.of(Checkpoint.read(file, options)));
    }

    @Test
    void describesNothingThatCannotBeRead() throws IOException {
        Model model = InitialWeights.random(thin(RepVggFamily.A0.spec()), InputSpec.imageNet(), 1);
        var writer = new SafetensorsWriter();
        ReferenceNames.tensors(model)
                .forEach(
                        (name, tensor) -> {
                            if (name.equals("linear.bias")) {
                                writer.addLongs(name, new long[tensor.shape().elements()]);
                            } else {
                                writer.add(name, tensor);
                            }
                        });
        Path file = folder.resolve("whole-numbers.safetensors");
        writer.write(file);

        assertThatThrownBy(() -> Checkpoint.describe(file, ReadOptions.NONE))
                .hasMessage(file + ": data type I64 is none of F32, F64, F16, BF16: linear.bias");
    }

    @Test
    void recognisesSqueezeExcite() throws IOException {
        assertThat(
                        Checkpoint.read(Golden.file("official-se/deploy.safetensors"))
                                .spec()
                                .squeezeExcite())
                .isEqualTo(new SqueezeExciteSpec(16, Placement.BEFORE_RELU));
    }

    /// Without our metadata, under a prefix: everything but the strides must show.
    @ParameterizedTest
    @CsvSource({
        "A0, ''",
        "B1g4, module.",
        "D2se, model.backbone.",
        "plus-L2pse, module.",
        "B3g2, ''"
    })
    void recognisesTheFamily(String name, String prefix) throws IOException {
        RepVggSpec spec =
                RepVggFamily.find(name).orElseThrow().spec().toBuilder().classes(3).build();
        for (Form form : Form.values()) {
            Map<String, TensorFile.Entry> entries = new LinkedHashMap<>();
            for (TensorEntry e : ReferenceNames.entries(spec, form)) {
                List<Integer> shape = Arrays.stream(e.shape().toArray()).boxed().toList();
                entries.put(e.name(), new TensorFile.Entry(e.name(), DataType.F32, shape));
            }
            assertThat(FoundArchitecture.form(entries)).isEqualTo(form);
            assertThat(FoundArchitecture.spec(entries, form, null)).isEqualTo(spec);
        }
        RepVggSpec small = thin(spec);
        Model model = InitialWeights.random(small, InputSpec.imageNet(), 1);
        Path file = stripped(model, tensor -> prefix + tensor);
        RepVggSpec read = Checkpoint.read(file).spec();
        assertThat(read.toBuilder().name(small.name()).build()).isEqualTo(small);
    }

    @Test
    void seesAStrideWhereAnIdentityStands() throws IOException {
        RepVggSpec spec =
                thin(RepVggFamily.A0.spec()).toBuilder()
                        .widths(List.of(8, 8, 8, 16, 16))
                        .strides(List.of(1, 1, 2, 2, 1))
                        .build();
        Path file = stripped(InitialWeights.random(spec, InputSpec.imageNet(), 1), name -> name);
        assertThat(Checkpoint.read(file).spec().strides()).containsExactly(2, 1, 2, 2, 1);
        Model known = Checkpoint.read(file, ReadOptions.withStrides(spec.strides()));
        assertThat(known.spec().strides()).isEqualTo(spec.strides());
        assertThat(known.provenance()).isEqualTo(Provenance.UNKNOWN);
        assertThat(Checkpoint.read(file, ReadOptions.withSpec(spec)).spec()).isEqualTo(spec);
    }

    @Test
    void saysWhichWeightHasTheWrongShape() throws IOException {
        BranchedModel model =
                InitialWeights.random(thin(RepVggFamily.A0.spec()), InputSpec.imageNet(), 1);
        Path file = folder.resolve("a.safetensors");
        Checkpoint.write(file, model);
        RepVggSpec wider = model.spec().toBuilder().widths(List.of(4, 4, 9, 8, 12)).build();
        assertThatThrownBy(() -> Checkpoint.read(file, ReadOptions.withSpec(wider)))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(
                        file
                                + ": weight is [8,4,3,3], spec wants [9,4,3,3]:"
                                + " stage2.0.rbr_dense.conv.weight");
    }

    @Test
    void saysWhatIsMissingAndWhatIsUnexpected() throws IOException {
        BranchedModel model =
                InitialWeights.random(thin(RepVggFamily.A0.spec()), InputSpec.imageNet(), 1);
        Path file =
                stripped(
                        model,
                        name ->
                                name.replace(
                                        "stage1.1.rbr_1x1.bn.bias", "stage1.1.rbr_1x1.bn.bais"));
        assertThatThrownBy(() -> Checkpoint.read(file))
                .hasMessage(
                        file
                                + ": looks like the training form, 1 tensor is missing, first"
                                + " stage1.1.rbr_1x1.bn.bias, 1 tensor is unexpected, first"
                                + " stage1.1.rbr_1x1.bn.bais (did you mean"
                                + " 'stage1.1.rbr_1x1.bn.bias'?)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "features.0.weight | not a RepVGG checkpoint",
                "stage0.rbr_dense.conv.weight | linear.weight is missing",
                "stage1.0.rbr_dense.conv.weight | stage0 is missing",
                "x.rbr_dense.conv.weight | stage0 is missing",
                "stage0.rbr_identity.weight | cannot tell the width of stage0",
                "stage0.rbr_dense_from_1.conv.weight | cannot be told from names with 'rbr_dense_from_1'",
            })
    void saysWhatAFileSeemsToBe(String name, String why) throws IOException {
        Path file = folder.resolve("a.safetensors");
        var writer = new SafetensorsWriter();
        writer.add(name, Tensor.zeros(Shape.of(2, 3, 3, 3)));
        if (name.endsWith("conv.weight")) {
            writer.add(name.replace("conv", "bn"), Tensor.vector(1, 2));
        }
        writer.write(file);
        assertThatThrownBy(() -> Checkpoint.read(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(why);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"formatVersion\":1 | \"formatVersion\":2 | formatVersion is 2, this program reads 1",
                "\"form\":\"train\" | \"form\":\"plain\" | looks like the plain form, ",
                "\"form\":\"train\" | \"form\":\"x\" | wanted train or plain",
                "\"classes\":4 | \"classes\":5 | weight is [4,12], spec wants [5,12]: linear.weight",
                "[4,4,8,8,12] | [4,4,8,8,2000000000] | every width must be in",
                "[4,4,8,8,12] | [65536,65536,8,8,12] | more elements than an array can hold",
                "[4,4,8,8,12] | [4,4,8,8,40000] | weight is [12,8,3,3], spec wants [40000,8,3,3]",
                "\"height\":224 | \"height\":2000000000 | at most 16384",
                "\"channels\":3 | \"channels\":1 | one value a channel",
                "\"std\":[0.229 | \"std\":[0 | std must be positive",
                "\"std\":[0.229 | \"std\":[1e300 | beyond a float's range",
                "\"classNames\":[] | \"classNames\":[\"a\"] | 1 class names, spec has 4 classes",
                "\"spec\": | \"spek\": | field 'spec' is missing",
                "\"provenance\":{} | \"provenance\":{},\"x\":1 | unknown field 'x'",
                "{\"formatVersion\" | [{\"formatVersion\" | metadata is not sound JSON: the text ends",
            })
    void doesNotTrustItsMetadata(String from, String to, String why) throws IOException {
        BranchedModel model =
                InitialWeights.random(thin(RepVggFamily.A0.spec()), InputSpec.imageNet(), 1);
        String sound = CheckpointMetadata.of(model).write();
        assertThat(sound).contains(from);
        var writer =
                new SafetensorsWriter().metadata(CheckpointMetadata.KEY, sound.replace(from, to));
        ReferenceNames.tensors(model).forEach(writer::add);
        Path file = folder.resolve("a.safetensors");
        writer.write(file);
        assertThatThrownBy(() -> Checkpoint.read(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(why);
    }

    @Test
    void refusesBothFormsInOneFile() throws IOException {
        BranchedModel model =
                InitialWeights.random(thin(RepVggFamily.A0.spec()), InputSpec.imageNet(), 1);
        var writer = new SafetensorsWriter();
        ReferenceNames.tensors(model).forEach(writer::add);
        writer.add("stage0.rbr_reparam.bias", Tensor.vector(1));
        Path file = folder.resolve("a.safetensors");
        writer.write(file);
        assertThatThrownBy(() -> Checkpoint.read(file)).hasMessageContaining("holds both forms");
    }

    @Test
    void refusesANormThatFilesCannotTell() {
        BranchedModel model =
                InitialWeights.random(thin(RepVggFamily.A0.spec()), InputSpec.imageNet(), 1);
        BranchedBlock stem = model.blocks().getFirst();
        var dense = (Branch.Convolution) stem.branches().getFirst();
        BatchNorm norm = dense.norm();
        var other = new BatchNorm(norm.weight(), norm.bias(), norm.mean(), norm.variance(), 1e-3f);
        List<Branch> branches = new ArrayList<>(stem.branches());
        branches.set(0, new Branch.Convolution(dense.weight(), other));
        List<BranchedBlock> blocks = new ArrayList<>(model.blocks());
        blocks.set(0, new BranchedBlock(stem.spec(), branches, null, null));
        var changed =
                new BranchedModel(
                        model.spec(),
                        blocks,
                        model.head(),
                        List.of(),
                        model.input(),
                        Provenance.UNKNOWN);
        assertThatThrownBy(() -> Checkpoint.write(folder.resolve("a"), changed))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a checkpoint's batch norms have epsilon 1.0E-5, this model's 0.001");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void saysWhichFormItHolds() throws IOException {
        Path file = Golden.file("official-small/deploy.safetensors");
        assertThatThrownBy(() -> Checkpoint.readBranched(file))
                .hasMessage(file + ": holds the plain form, wanted the training form");
    }

    private void assertReadsBack(Model model) throws IOException {
        Path file = folder.resolve("back.safetensors");
        Checkpoint.write(file, model);
        Model read = Checkpoint.read(file);
        assertThat(read.form()).isEqualTo(model.form());
        assertThat(read.spec()).isEqualTo(model.spec());
        assertThat(read.input()).isEqualTo(model.input());
        assertThat(read.provenance()).isEqualTo(model.provenance());
        Map<String, Tensor> theirs = ReferenceNames.tensors(model);
        assertThat(ReferenceNames.tensors(read))
                .allSatisfy(
                        (name, tensor) ->
                                assertThat(tensor.unsafeArray())
                                        .isEqualTo(theirs.get(name).unsafeArray()));
    }

    /// Some plain model of the same spec.
    private static PlainModel plain(BranchedModel model) {
        return ReferenceNames.assemblePlain(
                model.spec(),
                model.input(),
                model.provenance(),
                (name, shape) -> Tensor.filled(shape, name.hashCode()));
    }

    /// A file with the tensors alone.
    private Path stripped(Model model, UnaryOperator<String> rename) throws IOException {
        var writer = new SafetensorsWriter().metadata("format", "pt");
        ReferenceNames.tensors(model)
                .forEach((name, tensor) -> writer.add(rename.apply(name), tensor));
        Path file = folder.resolve("stripped.safetensors");
        writer.write(file);
        return file;
    }

    private static RepVggSpec thin(RepVggSpec spec) {
        return spec.toBuilder().classes(4).widths(List.of(4, 4, 8, 8, 12)).build();
    }

    private static List<BranchSpec> branches(String... texts) {
        return Arrays.stream(texts).map(BranchSpec::parse).toList();
    }
}
