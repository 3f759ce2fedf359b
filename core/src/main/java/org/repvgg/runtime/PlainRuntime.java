package org.repvgg.runtime;

import org.repvgg.kernel.Kernels;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainModel;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// Runs the plain form: a stack of 3x3 convolutions, each with its ReLU in the same pass.
///
/// Callers may come at the same time: one alone has all threads of the runtime, more of them share
/// them. An image's answer does not depend on the number of threads, nor on what the other images
/// of the batch show; how many they are decides which algorithms compute it, and so how it is
/// rounded. Algorithms are estimated, or taken from a [TunedPlan].
public final class PlainRuntime implements Classifier {
    private final PlainModel model;
    private final ProgramRunner runner;

    private PlainRuntime(PlainModel model, ProgramRunner runner) {
        this.model = model;
        this.runner = runner;
    }

    /// Starts the threads and warms up, if that is wanted. Weights are packed when an image size
    /// and batch first need them.
    ///
    /// @throws IllegalArgumentException if the weights do not fit each other, naming the place, or
    ///   the plan was tuned for another network or other kernels
    public static PlainRuntime load(PlainModel model, RuntimeOptions options) {
        return load(model, options, Kernels.fastest());
    }

    static PlainRuntime load(PlainModel model, RuntimeOptions options, Kernels kernels) {
        Program program = PlainProgram.compile(model, kernels);
        if (options.plan() != null) {
            program = program.withPlan(options.plan());
        }
        if (options.lean()) {
            program = program.repacking();
        }
        var runtime = new PlainRuntime(model, ProgramRunner.of(program, options));
        WarmUp.run(runtime, options.warmUp());
        return runtime;
    }

    @Override
    public RepVggSpec spec() {
        return model.spec();
    }

    @Override
    public InputSpec input() {
        return model.input();
    }

    @Override
    public Tensor logits(Tensor images, BlockObserver observer) {
        return runner.logits(images, observer);
    }

    @Override
    public void close() {
        runner.close();
    }
}
