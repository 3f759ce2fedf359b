package org.repvgg.spark;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;
import org.jspecify.annotations.Nullable;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RuntimeOptions;

/// A network that all tasks of this JVM share: one runtime, its weights packed once.
///
/// Spark runs as many tasks as the executor has cores, so each has one thread and no other: a pass
/// that spread over the neighbours' cores would wait for them at every layer. Networks that no task
/// uses are closed when another one is wanted.
final class ExecutorNetwork {
    private static final Map<String, ExecutorNetwork> OPEN = new HashMap<>();

    private final Classifier classifier;
    private final Preprocessing preprocessing;
    private int tasks;

    private ExecutorNetwork(PlainModel model) {
        int callers = RuntimeOptions.defaults().threads();
        this.classifier = PlainRuntime.load(model, new RuntimeOptions(callers).oneThreadEach());
        this.preprocessing = new Preprocessing(model.input());
    }

    /// The network of that digest, built by `model` if this JVM does not have it yet. It is given
    /// back when the running task ends; where there is none (Spark computes constants without one),
    /// at once.
    static ExecutorNetwork forTask(String digest, Supplier<PlainModel> model) {
        @Nullable TaskContext task = TaskContext.get();
        synchronized (OPEN) {
            ExecutorNetwork network = OPEN.get(digest);
            if (network == null) {
                OPEN.values().removeIf(ExecutorNetwork::closeIfIdle);
                network = new ExecutorNetwork(model.get());
                OPEN.put(digest, network);
            }
            if (task != null) {
                ExecutorNetwork taken = network;
                taken.tasks++;
                TaskCompletionListener end = _ -> taken.giveBack();
                task.addTaskCompletionListener(end);
            }
            return network;
        }
    }

    private void giveBack() {
        synchronized (OPEN) {
            tasks--;
        }
    }

    private boolean closeIfIdle() {
        if (tasks > 0) {
            return false;
        }
        classifier.close();
        return true;
    }

    /// Networks that this JVM has.
    static int open() {
        synchronized (OPEN) {
            return OPEN.size();
        }
    }

    Classifier classifier() {
        return classifier;
    }

    Preprocessing preprocessing() {
        return preprocessing;
    }
}
