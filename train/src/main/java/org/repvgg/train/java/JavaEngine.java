package org.repvgg.train.java;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.repvgg.kernel.Kernels;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.BranchedModel;
import org.repvgg.runtime.BranchedRuntime;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.WorkerPool;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.FrozenStages;
import org.repvgg.train.Ranks;
import org.repvgg.train.TrainingEngine;

/// Trains blocks of convolution and identity branches in pure Java, single precision.
///
/// Losses repeat bit for bit for the same weights and batches, whatever the number of threads:
/// every sum has one order.
public final class JavaEngine implements TrainingEngine {
    /// Floats that a piece of the update changes.
    private static final int PIECE = 1 << 16;

    private final RepVggSpec spec;
    private final int threads;
    private final Kernels kernels;
    private final Parameters parameters;
    private final WorkerPool pool;
    private final @Nullable StepClock clock;
    private List<Range> ranges;
    private FrozenStages frozen;
    private Ranks ranks = Ranks.alone();
    private @Nullable TrainingPass pass;

    private JavaEngine(
            BranchedModel initial, int threads, Kernels kernels, @Nullable StepClock clock) {
        this.spec = initial.spec();
        this.threads = threads;
        this.kernels = kernels;
        this.parameters = new Parameters(initial, kernels.matrix().lanes());
        this.pool = new WorkerPool(threads);
        this.clock = clock;
        this.frozen = new FrozenStages(spec, 0);
        this.ranges = ranges();
    }

    /// Part of a tensor.
    private record Range(Parameters.Slot slot, int at, int length) {}

    /// Everything that a step changes.
    private List<Range> ranges() {
        List<Range> all = new ArrayList<>();
        for (Parameters.Slot slot : parameters.trained()) {
            if (frozen.contains(slot.entry().name())) {
                continue;
            }
            for (int at = 0; at < slot.length(); at += PIECE) {
                all.add(new Range(slot, at, Math.min(PIECE, slot.length() - at)));
            }
        }
        return all;
    }

    /// An engine that goes on from `initial`.
    ///
    /// @throws IllegalArgumentException if the network has something that [#refusal] names
    public static JavaEngine start(BranchedModel initial, int threads) {
        return start(initial, threads, Kernels.fastest());
    }

    static JavaEngine start(BranchedModel initial, int threads, Kernels kernels) {
        return start(initial, threads, kernels, null);
    }

    /// @param clock what times the steps, or null for nothing
    static JavaEngine start(
            BranchedModel initial, int threads, Kernels kernels, @Nullable StepClock clock) {
        checkArgument(threads >= 1, "threads must be at least 1: %s", threads);
        refusal(initial.spec())
                .ifPresent(
                        reason -> {
                            throw new IllegalArgumentException(reason);
                        });
        for (BranchedBlock block : initial.blocks()) {
            checkEpsilon(block.postNorm());
            block.branches().forEach(branch -> checkEpsilon(branch.norm()));
        }
        return new JavaEngine(initial, threads, kernels, clock);
    }

    private static void checkEpsilon(@Nullable BatchNorm norm) {
        checkArgument(
                norm == null || norm.epsilon() == BatchNorm.EPSILON,
                "a batch norm's epsilon is %s, checkpoints can only keep %s",
                norm == null ? 0 : norm.epsilon(),
                BatchNorm.EPSILON);
    }

    /// What keeps this engine from training a network; empty if nothing does.
    public static Optional<String> refusal(RepVggSpec spec) {
        if (spec.auxiliaryHeads()) {
            return refused(spec, "auxiliary heads");
        }
        for (BlockSpec block : spec.blocks()) {
            if (block.groups() != 1) {
                return refused(spec, "convolutions in groups");
            }
            if (block.squeezeExcite() != null) {
                return refused(spec, "squeeze-and-excitation");
            }
            int identities = 0;
            for (BranchSpec branch : block.branches()) {
                identities += branch instanceof BranchSpec.Identity ? 1 : 0;
                if (branch instanceof BranchSpec.Dirac || branch.reach() != 0) {
                    return refused(spec, "the branch " + branch);
                }
            }
            if (identities > 1 || identities == block.branches().size()) {
                return refused(spec, "blocks of these branches: " + block.branches());
            }
        }
        return Optional.empty();
    }

    private static Optional<String> refused(RepVggSpec spec, String what) {
        return Optional.of(
                "the java engine does not train %s: %s has that, use --engine libtorch"
                        .formatted(what, spec.name()));
    }

    @Override
    public String description() {
        return "java, fp32, %s kernels, %s thread%s"
                .formatted(kernels.name(), threads, threads == 1 ? "" : "s");
    }

    @Override
    public Map<String, String> choices() {
        return Map.of("name", "java");
    }

    @Override
    public void freeze(int stages) {
        frozen = new FrozenStages(spec, stages);
        ranges = ranges();
        pass = null;
    }

    @Override
    public void multiplyGradients(Map<String, Tensor> multipliers) {
        parameters.setMultipliers(multipliers);
    }

    @Override
    public void join(Ranks others) {
        others.checkSame(
                Map.of(
                        "the engine",
                        "java",
                        "the width of vectors",
                        kernels.matrix().lanes() + " floats"));
        ranks = others;
        pass = null;
    }

    @Override
    public void averageStatistics() {
        if (ranks.world() > 1 && !ranks.synchronisedNorms()) {
            parameters.averageStatistics(ranks, frozen);
        }
    }

    @Override
    public double step(List<Batch> parts, StepSettings step) {
        if (clock != null) {
            clock.begin();
        }
        double loss = gradients(parts);
        pool.run(ranges.size(), i -> descend(ranges.get(i), step));
        if (clock != null) {
            clock.lap(Work.UPDATE);
        }
        return loss;
    }

    /// Leaves the gradients of the training loss in [#gradient]; running statistics move as in a
    /// step.
    double gradients(List<Batch> parts) {
        int images = (int) ranks.sum(Batch.images(parts));
        parts.forEach(part -> part.checkFits(spec));
        var sums = new GradientSums(ranks, parameters.gradients, ranges.getFirst().slot.at());
        // Sums of norms would wait behind those of gradients, and parts are no sums yet.
        boolean early = parts.size() == 1 && !ranks.synchronisedNorms();
        IntConsumer computed = early ? sums::computed : _ -> {};
        double loss = 0;
        for (int part = 0; part < parts.size(); part++) {
            Batch batch = parts.get(part);
            loss += pass(batch.images().shape()).run(batch, images, computed);
            if (part + 1 < parts.size()) {
                accumulate(part == 0);
            }
        }
        if (parts.size() > 1) {
            float[] sum = parameters.accumulated();
            pool.run(ranges.size(), i -> add(sum, parameters.gradients, ranges.get(i)));
        }
        sums.computedAll();
        double sum = ranks.sum(loss);
        sums.finish();
        return sum / images;
    }

    double gradients(Batch batch) {
        return gradients(List.of(batch));
    }

    /// Keeps a part's gradients while the next part overwrites them.
    private void accumulate(boolean first) {
        float[] sum = parameters.accumulated();
        if (first) {
            System.arraycopy(parameters.gradients, 0, sum, 0, sum.length);
        } else {
            pool.run(ranges.size(), i -> add(parameters.gradients, sum, ranges.get(i)));
        }
    }

    private void add(float[] from, float[] to, Range range) {
        int at = range.slot.at() + range.at;
        kernels.channel().add(from, at, to, at, range.length);
    }

    /// The pass that computes batches of this shape; its memory is kept for the next.
    private TrainingPass pass(Shape images) {
        if (pass != null && pass.fits(images)) {
            return pass;
        }
        pass = null; // its memory goes before the next takes as much
        Ranks norms = ranks.synchronisedNorms() ? ranks : Ranks.alone();
        TrainingPass next = newPass(parameters, norms, images);
        pass = next;
        return next;
    }

    private TrainingPass newPass(Parameters own, Ranks norms, Shape images) {
        try {
            TrainingPass next =
                    new TrainingPass(
                            spec, own, kernels, pool, clock, norms, images, frozen.blocks());
            checkArgument(
                    images.dimension(0) * next.lastPixels() > 1,
                    "a batch norm needs more than one value a channel: images are %s, the last stage"
                            + " sees 1x1",
                    images);
            return next;
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(
                    "maps of images %s do not fit into arrays: use a smaller --batch or --engine"
                                    .formatted(images)
                            + " libtorch",
                    e);
        }
    }

    /// The gradient of a trained tensor, copied.
    Tensor gradient(String name) {
        return parameters.gradient(name);
    }

    private void descend(Range range, StepSettings step) {
        int at = range.slot.at() + range.at;
        parameters.multiplyGradients(at, range.length);
        kernels.training()
                .descend(
                        parameters.weights,
                        parameters.momentum,
                        parameters.gradients,
                        at,
                        range.length,
                        (float) range.slot.group().learningRate(step),
                        (float) step.momentum(),
                        (float) range.slot.group().decay(step),
                        step.nesterov());
    }

    @Override
    public Tensor logits(Tensor images) {
        TrainingEngine.checkImages(images.shape(), spec);
        try (Classifier classifier = BranchedRuntime.load(weights(), new RuntimeOptions(threads))) {
            return classifier.logits(images);
        }
    }

    @Override
    public BranchedModel recomputeStatistics(BranchedModel model, Iterator<Tensor> batches) {
        pass = null; // its memory goes before the next takes as much
        var own = new Parameters(model, kernels.matrix().lanes());
        own.clearStatistics(frozen);
        @Nullable TrainingPass forward = null;
        long seen = 0;
        while (batches.hasNext()) {
            Tensor images = batches.next();
            TrainingEngine.checkImages(images.shape(), spec);
            if (forward == null || !forward.fits(images.shape())) {
                forward = newPass(own, Ranks.alone(), images.shape());
            }
            int count = images.shape().dimension(0);
            seen += count;
            own.setStatisticsMomentum((double) count / seen);
            forward.forward(images);
        }
        checkArgument(seen > 0, "statistics need at least one batch");
        return own.model();
    }

    @Override
    public BranchedModel weights() {
        return parameters.model();
    }

    @Override
    public Map<String, Tensor> state() {
        return parameters.state();
    }

    @Override
    public void restore(Map<String, Tensor> state) {
        parameters.restore(state);
    }

    @Override
    public void close() {
        pool.close();
    }
}
