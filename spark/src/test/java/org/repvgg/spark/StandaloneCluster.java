package org.repvgg.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.train.Trainer;

/// A standalone cluster of Spark on this machine, each part a process of its own: a master and
/// workers of one core, made of the jars on the class path. Closed, it kills what it has started.
final class StandaloneCluster implements AutoCloseable {
    /// Ten times what a start takes on a quiet machine.
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final Path folder;
    private final Path application;
    private final List<Process> processes = new ArrayList<>();
    private final List<Process> workers = new ArrayList<>();
    private final String master;

    StandaloneCluster(Path folder, int workerCount) throws Exception {
        this.folder = folder;
        this.application = applicationJar(folder.resolve("app.jar"));
        linkJars(Files.createDirectories(folder.resolve("home/jars")));
        try {
            start(
                    "master",
                    "org.apache.spark.deploy.master.Master",
                    List.of("--host", "127.0.0.1", "--port", "0", "--webui-port", "0"));
            this.master = said("master", "Starting Spark master at (spark://\\S+)", 1);
            for (int i = 0; i < workerCount; i++) {
                workers.add(startWorker("worker" + i));
            }
            said("master", "Registering worker (\\S+)", workerCount);
        } catch (Exception | Error e) {
            close();
            throw e;
        }
    }

    private Process startWorker(String name) throws IOException {
        return start(
                name,
                "org.apache.spark.deploy.worker.Worker",
                List.of(
                        "--host",
                        "127.0.0.1",
                        "--webui-port",
                        "0",
                        "--cores",
                        "1",
                        "--memory",
                        "700M",
                        "--work-dir",
                        folder.resolve(name).toString(),
                        master));
    }

    /// A program for spark-submit, started as spark-submit would.
    Process submit(String name, Class<?> main, List<String> arguments) throws IOException {
        List<String> options =
                Stream.of(
                                "master=" + master,
                                "jars=" + application.toUri(),
                                "app.name=" + name,
                                "ui.enabled=false",
                                "driver.host=127.0.0.1",
                                "driver.bindAddress=127.0.0.1",
                                "executor.memory=600m",
                                // both executors, before the first task
                                "scheduler.minRegisteredResourcesRatio=1",
                                "scheduler.maxRegisteredResourcesWaitingTime=300s")
                        .map("-Dspark."::concat)
                        .toList();
        return start(name, main.getName(), arguments, options);
    }

    private Process start(String name, String main, List<String> arguments) throws IOException {
        return start(name, main, arguments, List.of());
    }

    private Process start(String name, String main, List<String> arguments, List<String> properties)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Jvm.java());
        command.addAll(Jvm.options());
        command.add("-Xmx512m");
        command.addAll(properties);
        command.addAll(List.of("-cp", application + File.pathSeparator + folder + "/home/jars/*"));
        command.add(main);
        command.addAll(arguments);
        var builder =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log(name).toFile());
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(variable -> variable.startsWith("SPARK_"));
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        environment.put("SPARK_HOME", folder.resolve("home").toString());
        environment.put("SPARK_SCALA_VERSION", "2.13");
        environment.put("SPARK_LOCAL_IP", "127.0.0.1");
        environment.put("SPARK_LOCAL_DIRS", folder.resolve("scratch").toString());
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    private Path log(String name) {
        return folder.resolve(name + ".log");
    }

    /// Kills a worker and its executor, without a word of warning.
    void killWorker(int number) throws InterruptedException {
        Process worker = workers.get(number);
        worker.descendants().forEach(ProcessHandle::destroyForcibly);
        worker.destroyForcibly();
        assertThat(worker.waitFor(1, TimeUnit.MINUTES)).isTrue();
    }

    /// Waits until a process has said something so many times.
    ///
    /// @return what the pattern's group was
    String said(String name, String pattern, int times) throws InterruptedException {
        Pattern compiled = Pattern.compile(pattern);
        List<String> found = new ArrayList<>();
        await(
                name + " to say '" + pattern + "'",
                () -> {
                    found.clear();
                    Matcher matcher = compiled.matcher(text(name));
                    while (matcher.find()) {
                        found.add(matcher.group(1));
                    }
                    return found.size() >= times;
                });
        return found.getLast();
    }

    String text(String name) {
        try {
            return Files.readString(log(name));
        } catch (IOException e) {
            return "";
        }
    }

    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waiting for %s", what).isLessThan(end);
            Thread.sleep(20);
        }
    }

    @Override
    public void close() throws Exception {
        for (Process process : processes) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            process.waitFor(1, TimeUnit.MINUTES);
        }
    }

    /// The libraries on the class path, which are Spark's and the tests'; not our own.
    private static void linkJars(Path to) throws IOException {
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path jar = Path.of(entry).toAbsolutePath();
            String name = jar.getFileName().toString();
            if (name.endsWith(".jar") && !name.startsWith("repvgg-")) {
                Files.createSymbolicLink(to.resolve(name), jar);
            }
        }
    }

    /// The jar of the module's build, which is not there yet when tests run.
    private static Path applicationJar(Path target) throws Exception {
        try (OutputStream file = Files.newOutputStream(target);
                JarOutputStream jar = new JarOutputStream(file)) {
            Set<String> known = new HashSet<>(); // both folders of this module have a package-info
            for (Class<?> type :
                    List.of(
                            ImageScorer.class,
                            PlainRuntime.class,
                            Trainer.class,
                            ShapesProgram.class)) {
                Path source =
                        Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
                if (Files.isDirectory(source)) {
                    copy(source, jar, known);
                } else {
                    URI inside = URI.create("jar:" + source.toUri());
                    try (FileSystem packed = FileSystems.newFileSystem(inside, Map.of())) {
                        copy(packed.getPath("/"), jar, known);
                    }
                }
            }
        }
        return target;
    }

    private static void copy(Path root, JarOutputStream jar, Set<String> known) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                String name = root.relativize(file).toString().replace(File.separatorChar, '/');
                boolean ours =
                        name.startsWith("org/repvgg/") || name.startsWith("META-INF/services/");
                if (ours && known.add(name)) {
                    jar.putNextEntry(new ZipEntry(name));
                    Files.copy(file, jar);
                    jar.closeEntry();
                }
            }
        }
    }
}
