package org.repvgg.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Who may use whom.
final class Architecture {
    /// The packages of `core`; each uses only those before it.
    private static final List<String> CORE =
            List.of(
                    "org.repvgg.tensor",
                    "org.repvgg.spec",
                    "org.repvgg.model",
                    "org.repvgg.format",
                    "org.repvgg.fold",
                    "org.repvgg.kernel",
                    "org.repvgg.runtime",
                    "org.repvgg.image",
                    "org.repvgg.data",
                    "org.repvgg.evaluate",
                    "org.repvgg.score",
                    "org.repvgg.export");

    private static final String ZOO = "org.repvgg.zoo";
    private static final String TRAIN = "org.repvgg.train";
    private static final String BENCHMARK = "org.repvgg.benchmark";
    private static final String SERVE = "org.repvgg.serve";
    private static final String CLI = "org.repvgg.cli";
    private static final String SPARK = "org.repvgg.spark";

    /// What comes with every JDK, and the annotations that only the compiler reads.
    private static final List<String> EVERYWHERE =
            List.of("java", "javax", "jdk", "org.w3c.dom", "org.jspecify");

    /// Libraries, each with the one package that may see it.
    private static final List<Home> HOMES =
            List.of(
                    new Home("jdk.incubator.vector", "org.repvgg.kernel"),
                    new Home("org.apache.commons.compress", "org.repvgg.data"),
                    new Home("org.bytedeco", "org.repvgg.train.torch"),
                    new Home("org.ejml", "org.repvgg.train"),
                    new Home("ai.onnxruntime", BENCHMARK),
                    new Home("io.helidon", SERVE),
                    new Home("io.micrometer", SERVE),
                    new Home("tools.jackson.core", "org.repvgg.serve.protocol"),
                    new Home("org.apache.commons.fileupload2", SERVE),
                    new Home("org.apache.commons.io", SERVE), // which the one above is built on
                    new Home("com.twelvemonkeys", SERVE),
                    new Home("org.apache.spark", SPARK),
                    new Home("org.apache.hadoop", SPARK),
                    new Home("scala", SPARK),
                    new Home("picocli", CLI));

    /// The modules in their order, after `core`.
    private static final List<String> MODULES = List.of(ZOO, TRAIN, SPARK, BENCHMARK, SERVE, CLI);

    private record Home(String library, String owner) {}

    private Architecture() {}

    /// One line for each thing that the class may not refer to; empty if all is well.
    static List<String> violations(References references) {
        List<String> found = new ArrayList<>();
        String from = References.packageOf(references.name());
        if (!isKnown(from)) {
            found.add(references.name() + " lies in a package without a place in the architecture");
        }
        for (String name : references.mentioned()) {
            refusal(from, References.packageOf(name))
                    .ifPresent(
                            why ->
                                    found.add(
                                            references.name() + " refers to " + name + ": " + why));
        }
        return found;
    }

    private static boolean isKnown(String name) {
        return CORE.contains(name) || MODULES.stream().anyMatch(module -> isWithin(name, module));
    }

    private static Optional<String> refusal(String from, String to) {
        for (Home home : HOMES) {
            if (isWithin(to, home.library())) {
                return isWithin(from, home.owner())
                        ? Optional.empty()
                        : Optional.of("only " + home.owner() + " may use " + home.library());
            }
        }
        if (EVERYWHERE.stream().anyMatch(base -> isWithin(to, base))) {
            return Optional.empty();
        }
        if (!isKnown(to)) {
            return Optional.of("neither ours nor listed as a library");
        }
        return rank(to) <= rank(from) ? Optional.empty() : Optional.of(to + " comes after " + from);
    }

    /// Place in the order: core's packages one by one, then the other modules.
    private static int rank(String name) {
        for (int i = 0; i < MODULES.size(); i++) {
            if (isWithin(name, MODULES.get(i))) {
                return CORE.size() + i;
            }
        }
        return CORE.indexOf(name);
    }

    private static boolean isWithin(String name, String base) {
        return name.equals(base) || name.startsWith(base + ".");
    }
}
