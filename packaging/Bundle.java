import java.awt.image.BufferedImage;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.attribute.FileTime;
import java.util.jar.JarFile;
import java.util.spi.ToolProvider;
import javax.imageio.ImageIO;

// Puts together the folder that runs repvgg on a machine without Java:
//
//   bin/repvgg, start.sh       the launcher
//   repvgg-cli.jar, lib/       the command, and those of the jars that its manifest names
//   runtime/                   this JDK, cut down to the modules that they use
//   repvgg.aot                 what Java finds out about their classes when it starts
//
//   java Bundle.java JARS CLI TARGET TIME
//
// JARS is a folder of jars, CLI the name of the command's jar in it. All files get the same TIME, for the
// cache knows jars by their times, and archives and images have to repeat them.

/// What is found by its name at run time, where jdeps sees nothing.
static final List<String> BY_NAME =
        List.of(
                "jdk.jcmd", // for people: jcmd, jstack
                "jdk.management"); // Micrometer looks for the load of the processors

static final Path SOURCES = Path.of("src/main/bundle");
static final Path NETWORK =
        Path.of("../core/src/test/resources/golden/official-small/deploy.safetensors");

void main(String[] arguments) throws Exception {
    Path jars = Path.of(arguments[0]);
    Files.createDirectories(jars.resolveSibling("classes")); // Jib wants it, empty as it is
    Path target = Path.of(arguments[2]).toAbsolutePath();
    Path bundle = target.resolveSibling(target.getFileName() + ".part");
    delete(bundle);

    copyTree(SOURCES, bundle);
    bundle.resolve("bin/repvgg").toFile().setExecutable(true, false);
    Files.copy(Path.of("../LICENSE"), bundle.resolve("LICENSE"));
    Path command = bundle.resolve("repvgg-cli.jar");
    Files.copy(jars.resolve(arguments[1]), command);
    List<Path> libraries = copyLibraries(command, jars, bundle.resolve("lib"));
    link(modules(command, libraries), bundle.resolve("runtime"));

    FileTime time = FileTime.from(Instant.parse(arguments[3]));
    setTimes(bundle, time);
    rehearse(bundle);
    setTimes(bundle, time);

    delete(target);
    Files.move(bundle, target);
    IO.println("%s: %.0f MB".formatted(target, size(target) / 1e6));
}

/// Native code is not among the jars, and so not in the bundle.
List<Path> copyLibraries(Path command, Path jars, Path to) throws IOException {
    Files.createDirectories(to);
    List<Path> copied = new ArrayList<>();
    try (JarFile jar = new JarFile(command.toFile())) {
        String classPath = jar.getManifest().getMainAttributes().getValue("Class-Path");
        for (String entry : classPath.split(" ")) {
            Path from = jars.resolve(Path.of(entry).getFileName());
            if (Files.exists(from)) {
                copied.add(Files.copy(from, to.resolve(from.getFileName())));
            }
        }
    }
    return copied;
}

/// The modules of the JDK that the jars mention.
Set<String> modules(Path command, List<Path> libraries) {
    List<String> jdeps = new ArrayList<>();
    jdeps.addAll(List.of("--multi-release", Integer.toString(Runtime.version().feature())));
    jdeps.addAll(List.of("--ignore-missing-deps", "--print-module-deps", "--class-path"));
    jdeps.add(libraries.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
    jdeps.add(command.toString());
    libraries.forEach(library -> jdeps.add(library.toString()));
    String answer = tool("jdeps", jdeps).lines().toList().getLast(); // after its warnings
    Set<String> modules = new TreeSet<>(List.of(answer.split(",")));
    modules.addAll(BY_NAME);
    return modules;
}

void link(Set<String> modules, Path runtime) {
    IO.println("modules: " + String.join(" ", modules));
    tool(
            "jlink",
            List.of(
                    "--add-modules",
                    String.join(",", modules),
                    "--strip-debug",
                    "--no-header-files",
                    "--no-man-pages",
                    "--output",
                    runtime.toString()));
}

/// Runs the server and asks it for a photo's classes, so that the cache knows what happens then.
void rehearse(Path bundle) throws Exception {
    Path cache = bundle.resolve("repvgg.aot");
    var builder =
            new ProcessBuilder(
                    bundle.resolve("bin/repvgg").toString(),
                    "serve",
                    NETWORK.toString(),
                    "--input=32",
                    "--port=0");
    builder.environment().put("REPVGG_OPTS", "-XX:AOTCacheOutput=" + cache);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    Process server = builder.start();
    try (BufferedReader out = server.inputReader();
            HttpClient client = HttpClient.newHttpClient()) {
        URI classify = URI.create(out.readLine() + "/v1/classify");
        HttpRequest photo =
                HttpRequest.newBuilder(classify)
                        .POST(HttpRequest.BodyPublishers.ofByteArray(photo()))
                        .build();
        for (int i = 0; client.send(photo, BodyHandlers.discarding()).statusCode() != 200; i++) {
            check(i < 600, "the server never got ready");
            Thread.sleep(50);
        }
        server.toHandle().destroy(); // SIGTERM; Process.destroy would close its output
        check(server.waitFor(120, TimeUnit.SECONDS), "the server does not stop");
    } finally {
        server.destroyForcibly();
    }
    check(Files.exists(cache), "no cache was written");
}

byte[] photo() throws IOException {
    var bytes = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB), "jpg", bytes);
    return bytes.toByteArray();
}

/// @return what the tool printed
String tool(String name, List<String> arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    int status =
            ToolProvider.findFirst(name)
                    .orElseThrow(() -> new IllegalStateException("this JDK has no " + name))
                    .run(
                            new PrintWriter(out, true),
                            new PrintWriter(err, true),
                            arguments.toArray(String[]::new));
    check(status == 0, name + " failed: " + out + err);
    return out.toString();
}

void copyTree(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
        for (Path file : (Iterable<Path>) files::iterator) {
            Files.copy(file, to.resolve(from.relativize(file).toString()));
        }
    }
}

void setTimes(Path folder, FileTime time) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : (Iterable<Path>) files::iterator) {
            if (!Files.isSymbolicLink(file)) {
                Files.setLastModifiedTime(file, time);
            }
        }
    }
}

long size(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
        return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
}

void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        }
    }
}

void check(boolean holds, String complaint) {
    if (!holds) {
        throw new IllegalStateException(complaint);
    }
}
