package org.repvgg.spark;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;

/// More JVMs like this one.
final class Jvm {
    private Jvm() {}

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /// What Spark wants of Java, as the build has given it to this JVM.
    static List<String> options() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(
                        option ->
                                option.startsWith("--add-")
                                        || option.startsWith("--enable-native-access")
                                        || option.startsWith("--sun-misc-unsafe")
                                        || option.startsWith("-Dio.netty")
                                        || option.startsWith("-XX:+Ignore"))
                .toList();
    }
}
