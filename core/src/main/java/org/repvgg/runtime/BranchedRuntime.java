package org.repvgg.runtime;

import org.repvgg.kernel.Kernels;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// Runs the training form in evaluation, branch by branch, nothing folded: slower, and a witness
/// for the plain form.
///
/// Callers may come at the same time: one alone has all threads of the runtime, more of them share
/// them. An image's answer does not depend on the number of threads, nor on the other images of the
/// batch. A [TunedPlan] is of no use to it.
public final class BranchedRuntime implements Classifier {
    private final BranchedModel model;
    private final ProgramRunner runner;

    private BranchedRuntime(BranchedModel model, ProgramRunner runner) {
        this.model = model;
        this.runner = runner;
    }

    /// Starts the threads and warms up, if that is wanted. Weights are packed with the first batch.
    ///
    /// @throws IllegalArgumentException if the weights do not fit each other, naming the place
    public static BranchedRuntime load(BranchedModel model, RuntimeOptions options) {
        return load(model, options, Kernels.fastest());
    }

    static BranchedRuntime load(BranchedModel model, RuntimeOptions options, Kernels kernels) {
        Program program = BranchedProgram.compile(model, kernels);
        if (options.lean()) {
            program = program.repacking();
        }
        var runtime = new BranchedRuntime(model, ProgramRunner.of(program, options));
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
