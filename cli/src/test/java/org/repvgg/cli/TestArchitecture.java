package org.repvgg.cli;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.Signature;
import java.lang.classfile.attribute.SignatureAttribute;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Data flows one way: reads the compiled classes of every module.
final class TestArchitecture {
    @ParameterizedTest
    @ValueSource(strings = {"core", "spark", "zoo", "train", "benchmark", "serve", "cli"})
    void compiledClassesKeepTheOrder(String module) throws IOException {
        List<String> violations;
        try (Stream<Path> files = Files.walk(Path.of("..", module, "target", "classes"))) {
            List<Path> classes = files.filter(f -> f.toString().endsWith(".class")).toList();
            assertThat(classes).as("compiled classes of %s", module).isNotEmpty();
            violations =
                    classes.stream()
                            .map(TestArchitecture::read)
                            .flatMap(r -> Architecture.violations(r).stream())
                            .toList();
        }
        assertThat(violations).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "org.repvgg.spec.A, org.repvgg.fold.B, comes after",
        "org.repvgg.export.A, org.repvgg.train.B, comes after",
        "org.repvgg.train.A, org.repvgg.cli.B, comes after",
        "org.repvgg.train.A, org.repvgg.benchmark.B, comes after",
        "org.repvgg.evaluate.A, org.repvgg.zoo.B, comes after",
        "org.repvgg.train.A, org.repvgg.spark.B, comes after",
        "org.repvgg.score.A, org.apache.spark.SparkContext, only org.repvgg.spark",
        "org.repvgg.cli.A, org.apache.spark.sql.SparkSession, only org.repvgg.spark",
        "org.repvgg.cli.A, io.helidon.webserver.WebServer, only org.repvgg.serve",
        "org.repvgg.serve.A, tools.jackson.core.JsonParser, only org.repvgg.serve.protocol",
        "org.repvgg.export.A, ai.onnxruntime.OrtSession, only org.repvgg.benchmark",
        "org.repvgg.runtime.A, jdk.incubator.vector.FloatVector, only org.repvgg.kernel",
        "org.repvgg.format.A, org.apache.commons.compress.archivers.tar.TarFile, only org.repvgg.data",
        "org.repvgg.train.A, org.bytedeco.pytorch.Tensor, only org.repvgg.train.torch",
        "org.repvgg.train.torch.A, picocli.CommandLine, only org.repvgg.cli",
        "org.repvgg.spec.A, com.example.Stranger, neither ours",
        "org.repvgg.spec.A, org.repvgg.util.Helper, neither ours",
        "org.repvgg.util.Helper, java.lang.String, without a place",
    })
    void refusesWhatBreaksTheOrder(String from, String to, String why) {
        References references = mention(from, to, Mention.FIELD);
        assertThat(Architecture.violations(references)).singleElement().asString().contains(why);
    }

    @ParameterizedTest
    @CsvSource({
        "org.repvgg.fold.A, org.repvgg.spec.B",
        "org.repvgg.fold.A, org.repvgg.fold.B",
        "org.repvgg.kernel.A, jdk.incubator.vector.FloatVector",
        "org.repvgg.data.A, org.apache.commons.compress.archivers.tar.TarFile",
        "org.repvgg.train.torch.A, org.bytedeco.pytorch.Tensor",
        "org.repvgg.benchmark.A, org.repvgg.train.torch.B",
        "org.repvgg.cli.A, org.repvgg.train.torch.B",
        "org.repvgg.spark.A, org.apache.hadoop.fs.Path",
        "org.repvgg.spark.A, org.repvgg.score.B",
        "org.repvgg.image.A, javax.imageio.ImageIO",
    })
    void allowsWhatFollowsIt(String from, String to) {
        assertThat(Architecture.violations(mention(from, to, Mention.FIELD))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"FIELD", "ARRAY", "PARAMETER", "SIGNATURE", "CODE", "SUPERCLASS"})
    void seesEveryWayToMentionAClass(Mention how) {
        assertThat(mention("org.repvgg.spec.A", "org.repvgg.fold.B", how).mentioned())
                .contains("org/repvgg/fold/B");
    }

    @Test
    void doesNotTakeAStringForAClass() {
        byte[] bytes =
                build(
                        "org.repvgg.spec.A",
                        c ->
                                c.withMethodBody(
                                        "m",
                                        MethodTypeDesc.of(CD_void),
                                        0,
                                        code ->
                                                code.loadConstant("Lorg/repvgg/fold/B;")
                                                        .pop()
                                                        .return_()));
        assertThat(References.of(bytes).mentioned()).doesNotContain("org/repvgg/fold/B");
    }

    enum Mention {
        FIELD,
        ARRAY,
        PARAMETER,
        SIGNATURE,
        CODE,
        SUPERCLASS
    }

    /// A made-up class `from` that mentions the class `to` in one way and in no other.
    private static References mention(String from, String to, Mention how) {
        ClassDesc type = ClassDesc.of(to);
        return References.of(
                build(
                        from,
                        c -> {
                            switch (how) {
                                case FIELD -> c.withField("f", type, 0);
                                case ARRAY -> c.withField("f", type.arrayType(2), 0);
                                case PARAMETER ->
                                        c.withMethod(
                                                "m",
                                                MethodTypeDesc.of(CD_void, CD_int, type),
                                                ClassFile.ACC_ABSTRACT,
                                                m -> {});
                                case SIGNATURE ->
                                        c.with(
                                                SignatureAttribute.of(
                                                        Signature.parseFrom(
                                                                "Ljava/util/ArrayList<+"
                                                                        + type.descriptorString()
                                                                        + ">;")));
                                case CODE ->
                                        c.withMethodBody(
                                                "m",
                                                MethodTypeDesc.of(CD_void),
                                                0,
                                                code ->
                                                        code.aconst_null()
                                                                .invokestatic(
                                                                        type,
                                                                        "g",
                                                                        MethodTypeDesc.of(
                                                                                CD_void, type))
                                                                .return_());
                                case SUPERCLASS -> c.withSuperclass(type);
                            }
                        }));
    }

    private static byte[] build(String name, Consumer<ClassBuilder> content) {
        return ClassFile.of(ClassFile.StackMapsOption.DROP_STACK_MAPS)
                .build(ClassDesc.of(name), content);
    }

    private static References read(Path file) {
        try {
            return References.of(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
