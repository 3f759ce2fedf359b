package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// README's Java compiles and does what it says.
final class TestReadme {
    private static final Path README = Path.of("../README.md");
    private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    @TempDir Path folder;

    @Test
    void testTheJavaOfTheReadmeRuns() throws Exception {
        String code = code();
        Path picture = Pictures.classes(folder.resolve("data"), List.of("red"), 1);
        try (var files = Files.walk(picture)) {
            picture = files.filter(Files::isRegularFile).findFirst().orElseThrow();
        }
        String source =
                code.replace("\"plain.safetensors\"", quoted(Path.of(Goldens.PLAIN)))
                        .replace("\"new.jpg\"", quoted(picture));
        assertThat(source).as("the snippet names both files").isNotEqualTo(code);
        Path file = folder.resolve("Snippet.java");
        int body = source.lastIndexOf("import ");
        int end = source.indexOf('\n', body) + 1;
        Files.writeString(
                file,
                source.substring(0, end)
                        + "public class Snippet { public static void main(String[] a) throws Exception {\n"
                        + source.substring(end)
                        + "}}\n");

        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        boolean compiled =
                compiler.getTask(
                                said,
                                null,
                                null,
                                List.of(
                                        "-proc:none",
                                        "-d",
                                        folder.toString(),
                                        "-cp",
                                        System.getProperty("java.class.path")),
                                null,
                                compiler.getStandardFileManager(null, null, null)
                                        .getJavaFileObjects(file))
                        .call();
        assertThat(compiled).as(said.toString()).isTrue();
        assertThat(run()).as("three predictions, a line each").hasLineCount(3).contains("%");
    }

    private static String code() throws IOException {
        Matcher matcher = JAVA.matcher(Files.readString(README));
        assertThat(matcher.find()).as("README has Java").isTrue();
        return matcher.group(1);
    }

    private static String quoted(Path path) {
        return "\"" + path + "\"";
    }

    /// What the snippet prints.
    private String run() throws Exception {
        var bytes = new ByteArrayOutputStream();
        PrintStream before = System.out;
        try (URLClassLoader loader =
                new URLClassLoader(
                        new URL[] {folder.toUri().toURL()}, TestReadme.class.getClassLoader())) {
            System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
            loader.loadClass("Snippet")
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) new String[0]);
        } catch (InvocationTargetException e) {
            throw new AssertionError(e.getCause());
        } finally {
            System.setOut(before);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
