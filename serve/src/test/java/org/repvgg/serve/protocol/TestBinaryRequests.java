package org.repvgg.serve.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Requests whose images follow the JSON as bytes.
final class TestBinaryRequests {
    private static RequestBody request(String datatype, Object size, byte[] data) {
        return RequestBody.binary(RequestBody.BINARY_SAMPLE.formatted(datatype, size), data);
    }

    private static void assertRefused(RequestBody body, String message) {
        assertThatThrownBy(body::parse)
                .isInstanceOfSatisfying(
                        ProtocolException.class, e -> assertThat(e.status()).isEqualTo(400))
                .hasMessageContaining(message);
    }

    @Test
    void readsFloats() throws ProtocolException {
        byte[] data = RequestBody.floats(1.5f, -2, Float.MAX_VALUE, Float.MIN_VALUE);

        ProtocolSchema.check("inference_request", RequestBody.BINARY_SAMPLE.formatted("FP32", 16));
        assertThat(request("FP32", 16, data).parse().images().toArray())
                .containsExactly(1.5f, -2, Float.MAX_VALUE, Float.MIN_VALUE);
    }

    @Test
    void readsDoubles() throws ProtocolException {
        byte[] data = RequestBody.doubles(0.1, -2, 1e-300, 3.4028235e38);
        assertThat(request("FP64", 32, data).parse().images().toArray())
                .containsExactly(0.1f, -2, 0, Float.MAX_VALUE);
    }

    @Test
    void readsHalves() throws ProtocolException {
        byte[] data = RequestBody.halves(1.5f, -2, 65504, 0x1p-24f);
        assertThat(request("FP16", 8, data).parse().images().toArray())
                .containsExactly(1.5f, -2, 65504, 0x1p-24f);
    }

    @Test
    void takesJsonDataInAHeaderToo() throws ProtocolException {
        assertThat(RequestBody.binary(RequestBody.SAMPLE + " ").parse().images().toArray())
                .containsExactly(1, 2, 3, 4);
    }

    @Test
    void refusesDataThatNobodyClaims() {
        assertRefused(
                RequestBody.binary(RequestBody.SAMPLE, (byte) 0),
                "1 bytes follow the JSON, which no input claims");
    }

    @Test
    void refusesDataOfBothKinds() {
        String both =
                RequestBody.SAMPLE.replace(
                        "\"data\"", "\"parameters\":{\"binary_data_size\":16},\"data\"");
        assertRefused(
                RequestBody.binary(both, new byte[16]),
                "inputs[0] has data, and parameters.binary_data_size too");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-16", "0", "15", "17", "4294967312", "9223372036854775807"})
    void refusesSizesThatAreNotTheShapes(String size) {
        assertRefused(
                request("FP32", size, new byte[16]),
                "binary_data_size is " + size + ", FP32 of [1,2,1,2] takes 16 bytes");
    }

    @Test
    void refusesBodiesOfAnotherLength() {
        assertRefused(
                request("FP32", 16, new byte[15]),
                "15 bytes follow the JSON, binary_data_size is 16");
        assertRefused(
                request("FP32", 16, new byte[17]),
                "17 bytes follow the JSON, binary_data_size is 16");
        assertRefused(
                RequestBody.json(RequestBody.BINARY_SAMPLE.formatted("FP32", 16)),
                "0 bytes follow the JSON, binary_data_size is 16");
    }

    @Test
    void refusesHeaderLengthsBeyondTheBody() {
        byte[] body = request("FP32", 16, new byte[16]).bytes();
        for (int length : new int[] {-1, Integer.MIN_VALUE, body.length + 1, Integer.MAX_VALUE}) {
            assertRefused(
                    new RequestBody(body, OptionalInt.of(length)),
                    "Inference-Header-Content-Length is "
                            + length
                            + ", the body has "
                            + body.length);
        }
    }

    @Test
    void refusesHeaderLengthsThatCutElsewhere() {
        RequestBody sound = request("FP32", 16, RequestBody.floats(1, 2, 3, 4));
        int length = sound.headerLength().getAsInt();
        for (int other : new int[] {0, 1, length - 1, length + 1, length + 4, length + 16}) {
            assertThatThrownBy(() -> new RequestBody(sound.bytes(), OptionalInt.of(other)).parse())
                    .isInstanceOf(ProtocolException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void refusesWhatIsNotFinite(float value) {
        String message = "inputs[0]: element 2 is not a finite float";
        assertRefused(request("FP32", 16, RequestBody.floats(0, 0, value, 0)), message);
        assertRefused(request("FP64", 32, RequestBody.doubles(0, 0, value, 0)), message);
        assertRefused(request("FP16", 8, RequestBody.halves(0, 0, value, 0)), message);
    }

    @Test
    void refusesDoublesBeyondFloat() {
        assertRefused(
                request("FP64", 32, RequestBody.doubles(0, 1e39, 0, 0)),
                "element 1 is not a finite float");
    }
}
