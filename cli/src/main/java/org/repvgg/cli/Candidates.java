package org.repvgg.cli;

import java.util.Iterator;
import java.util.List;
import org.repvgg.train.Recipe;
import org.repvgg.train.ablation.Variant;
import org.repvgg.zoo.Zoo;

/// What the Tab key offers after flags that know their values.
final class Candidates {
    private Candidates() {}

    private abstract static class Words implements Iterable<String> {
        private final List<String> words;

        Words(List<String> words) {
            this.words = words;
        }

        @Override
        public Iterator<String> iterator() {
            return words.iterator();
        }
    }

    /// Networks by name, with weights; looked up when somebody asks.
    static final class Trained implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Zoo.standard().names().iterator();
        }
    }

    /// Networks by name, with weights or without.
    static final class Networks implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Network.names().iterator();
        }
    }

    /// Names of the paper's table.
    static final class Family extends Words {
        Family() {
            super(Network.familyNames());
        }
    }

    static final class Engine extends Words {
        Engine() {
            super(List.of("auto", "java", "libtorch"));
        }
    }

    static final class Device extends Words {
        Device() {
            super(List.of("cpu", "cuda"));
        }
    }

    static final class Precision extends Words {
        Precision() {
            super(List.of("auto", "fp32", "bf16"));
        }
    }

    static final class StepPrecision extends Words {
        StepPrecision() {
            super(List.of("fp32", "bf16"));
        }
    }

    static final class Rivals extends Words {
        Rivals() {
            super(BenchmarkVerb.rivals());
        }
    }

    static final class Recipes extends Words {
        Recipes() {
            super(Recipe.all().stream().map(Recipe::name).toList());
        }
    }

    static final class Variants extends Words {
        Variants() {
            super(Variant.names());
        }
    }

    static final class Splits extends Words {
        Splits() {
            super(List.of("test", "train"));
        }
    }

    static final class Looks extends Words {
        Looks() {
            super(List.of("one", "mirror", "six"));
        }
    }

    static final class Forms extends Words {
        Forms() {
            super(List.of("train", "plain"));
        }
    }
}
