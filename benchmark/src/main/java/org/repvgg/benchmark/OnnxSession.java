package org.repvgg.benchmark;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// A network in an ONNX file, on ONNX Runtime: its default session but for the threads, so that all
/// graph optimisations are on. Safe to share between threads.
public final class OnnxSession implements AutoCloseable {
    private final OrtEnvironment environment;
    private final OrtSession session;
    private final String input;

    private OnnxSession(OrtEnvironment environment, OrtSession session) {
        this.environment = environment;
        this.session = session;
        this.input = session.getInputNames().iterator().next();
    }

    /// Whether there is an ONNX Runtime for this machine.
    public static boolean isAvailable() {
        try {
            OrtEnvironment _ = OrtEnvironment.getEnvironment();
            return true;
        } catch (LinkageError | IllegalStateException _) {
            return false;
        }
    }

    /// @throws IOException naming the file, if ONNX Runtime cannot read it
    public static OnnxSession load(Path file, int threads) throws IOException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (var options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            return new OnnxSession(
                    environment, environment.createSession(file.toString(), options));
        } catch (OrtException e) {
            throw new IOException(file + ": ONNX Runtime: " + e.getMessage(), e);
        }
    }

    /// `ONNX Runtime 1.29.0`.
    public String version() {
        return "ONNX Runtime " + environment.getVersion();
    }

    /// Images `[n,c,h,w]` in, all that the network answers out, by name and in its order.
    public Map<String, Tensor> answer(Tensor images) {
        long[] shape = Arrays.stream(images.shape().toArray()).asLongStream().toArray();
        FloatBuffer pixels = FloatBuffer.wrap(images.unsafeArray());
        try (OnnxTensor tensor = OnnxTensor.createTensor(environment, pixels, shape);
                OrtSession.Result result = session.run(Map.of(input, tensor))) {
            Map<String, Tensor> answer = new LinkedHashMap<>();
            for (Map.Entry<String, OnnxValue> entry : result) {
                answer.put(entry.getKey(), copy((OnnxTensor) entry.getValue()));
            }
            return answer;
        } catch (OrtException e) {
            throw failed(e);
        }
    }

    private static Tensor copy(OnnxTensor tensor) {
        FloatBuffer buffer = tensor.getFloatBuffer();
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        int[] shape =
                Arrays.stream(tensor.getInfo().getShape()).mapToInt(Math::toIntExact).toArray();
        return Tensor.ofOwned(Shape.of(shape), values);
    }

    private static IllegalStateException failed(OrtException e) {
        return new IllegalStateException("ONNX Runtime: " + e.getMessage(), e);
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw failed(e);
        }
    }
}
