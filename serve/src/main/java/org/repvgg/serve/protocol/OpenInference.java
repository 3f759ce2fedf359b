package org.repvgg.serve.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeoutException;
import org.repvgg.format.Json;
import org.repvgg.serve.inference.OverloadedException;
import org.repvgg.serve.inference.ServedModel;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// What a server of the Open Inference Protocol says: the bodies of its answers.
///
/// ```java
/// var protocol = new OpenInference(Limits.defaults());
/// try {
///     InferResponse answer = protocol.infer(model, body, OptionalInt.empty());
///     send(200, answer.body());
/// } catch (ProtocolException e) {
///     refuse(e.status(), e.getMessage());
/// }
/// ```
///
/// Safe to share between threads.
public final class OpenInference {
    private static final String SERVER = "repvgg";
    private static final String PLATFORM = "repvgg_plain";
    private static final List<String> EXTENSIONS = List.of("binary_tensor_data", "classification");
    private static final int ANY = -1;

    private final Limits limits;

    /// @param limits of each inference request
    public OpenInference(Limits limits) {
        this.limits = limits;
    }

    /// `GET /v2`.
    ///
    /// @param version of the server
    public byte[] serverMetadata(String version) {
        return bytes(
                Json.object()
                        .put("name", SERVER)
                        .put("version", version)
                        .put("extensions", EXTENSIONS));
    }

    /// `GET /v2/health/live`: whoever answers is alive.
    public byte[] serverLive() {
        return bytes(Json.object().put("live", true));
    }

    /// `GET /v2/health/ready`. The protocol's text calls the field "live" here too, its gRPC form
    /// "ready": both are there.
    public byte[] serverReady(boolean ready) {
        return bytes(Json.object().put("live", true).put("ready", ready));
    }

    /// `GET /v2/models/{name}`, with or without a version.
    ///
    /// @param versions that are loaded
    public byte[] modelMetadata(ServedModel model, List<String> versions) {
        Json images =
                tensor(InputReader.NAME, List.of(ANY, model.spec().inputChannels(), ANY, ANY));
        List<Json> outputs =
                Arrays.stream(OutputTensor.values())
                        .map(OutputTensor::wireName)
                        .map(name -> tensor(name, List.of(ANY, model.spec().classes())))
                        .toList();
        return bytes(
                Json.object()
                        .put("name", model.name())
                        .put("versions", versions)
                        .put("platform", PLATFORM)
                        .put("inputs", List.of(images))
                        .put("outputs", outputs));
    }

    /// `GET /v2/models/{name}/ready`, with or without a version.
    public byte[] modelReady(String name, boolean ready) {
        return bytes(Json.object().put("name", name).put("ready", ready));
    }

    /// `POST /v2/models/{name}/infer`, with or without a version. Waits for the network.
    ///
    /// @param body of the request; not modified
    /// @param headerLength what the header `Inference-Header-Content-Length` says, if it is there
    /// @throws ProtocolException if the request is not as it should be, or the network's scores are
    ///   not finite
    /// @throws OverloadedException if too much waits already
    /// @throws TimeoutException if the answer takes too long
    public InferResponse infer(ServedModel model, byte[] body, OptionalInt headerLength)
            throws ProtocolException, OverloadedException, TimeoutException, InterruptedException {
        InferRequest request = InferRequest.parse(body, headerLength, limits);
        checkChannels(model, request.images().shape());
        Tensor logits = model.logits(request.images());
        checkFinite(model, logits);
        List<InferResponse.Output> outputs =
                request.outputs().stream().map(wanted -> output(wanted, logits, model)).toList();
        return InferResponse.of(model.name(), model.version(), request.id(), outputs);
    }

    private static InferResponse.Output output(
            RequestedOutput wanted, Tensor logits, ServedModel model) {
        return new InferResponse.Output(
                wanted.tensor(),
                wanted.binary(),
                OutputData.of(
                        wanted.tensor().from(logits),
                        wanted.classification(),
                        model.input().classNames()));
    }

    private static void checkChannels(ServedModel model, Shape images) throws ProtocolException {
        int channels = model.spec().inputChannels();
        if (images.dimension(1) != channels) {
            throw ProtocolException.wrong(
                    "inputs[0].shape is %s, network %s takes [n,%s,h,w]",
                    images, ProtocolException.quote(model.name()), channels);
        }
    }

    private static void checkFinite(ServedModel model, Tensor logits) throws ProtocolException {
        float[] scores = logits.unsafeArray();
        for (int i = 0; i < scores.length; i++) {
            if (!Float.isFinite(scores[i])) {
                throw ProtocolException.broken(
                        "network %s, version %s, answers %s: image %s",
                        ProtocolException.quote(model.name()),
                        model.version(),
                        scores[i],
                        i / logits.shape().dimension(1));
            }
        }
    }

    private static Json tensor(String name, List<Integer> shape) {
        return Json.object().put("name", name).put("datatype", "FP32").put("shape", shape).build();
    }

    private static byte[] bytes(Json.Builder json) {
        return json.build().compact().getBytes(StandardCharsets.UTF_8);
    }
}
