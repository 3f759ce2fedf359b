package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.Npy;
import org.repvgg.format.ReadOptions;
import org.repvgg.format.Safetensors;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.TrainingEngine.Batch;
import org.repvgg.train.TrainingEngine.StepSettings;

/// Five steps of the reference implementation under PyTorch 1.13, for every engine to repeat.
public final class GoldenTraining {
    public static final StepSettings STEP = new StepSettings(0.05, 0.9, false, 1e-4, 1e-4);

    public static final List<Double> LOSSES =
            List.of(
                    2.761099338531494,
                    1.1716148853302002,
                    0.3851509988307953,
                    0.15861572325229645,
                    0.09045971184968948);

    /// Of the largest element of the same tensor. Two summation orders over up to 32 images of
    /// 16x16 pixels differ by a few units of 2^-24; measured at most 3e-6.
    public static final double TOLERANCE = 1e-5;

    private final RepVggSpec spec =
            RepVggFamily.A0.spec().toBuilder()
                    .name("small")
                    .classes(10)
                    .widths(List.of(8, 8, 16, 32, 128))
                    .depths(List.of(1, 1, 2, 1, 1))
                    .build();

    public BranchedModel start() throws Exception {
        return (BranchedModel)
                Checkpoint.read(file("start.safetensors"), ReadOptions.withSpec(spec));
    }

    public Batch batch() throws Exception {
        Tensor images = Npy.read(file("images.npy"));
        int[] labels = Npy.readIntegers(file("labels.npy"));
        float[] targets = new float[labels.length * spec.classes()];
        for (int i = 0; i < labels.length; i++) {
            targets[i * spec.classes() + labels[i]] = 1;
        }
        return new Batch(images, Tensor.ofOwned(Shape.of(labels.length, spec.classes()), targets));
    }

    public Safetensors open(String name) throws IOException, URISyntaxException {
        return Safetensors.open(file(name));
    }

    public Path file(String name) throws URISyntaxException {
        return Path.of(
                Objects.requireNonNull(
                                GoldenTraining.class.getResource("/golden/training-steps/" + name),
                                name)
                        .toURI());
    }

    /// `max |a - b| / max |b|` is below [#TOLERANCE].
    public void assertClose(String name, Tensor tensor, Tensor expected) {
        assertThat(tensor.shape()).as(name).isEqualTo(expected.shape());
        double difference = 0;
        double size = 0;
        for (int i = 0; i < tensor.shape().elements(); i++) {
            difference = Math.max(difference, Math.abs(tensor.get(i) - expected.get(i)));
            size = Math.max(size, Math.abs(expected.get(i)));
        }
        assertThat(difference / size).as(name).isLessThan(TOLERANCE);
    }
}
