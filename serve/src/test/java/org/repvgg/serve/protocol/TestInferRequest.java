package org.repvgg.serve.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.tensor.Shape;

/// Requests in JSON.
final class TestInferRequest {
    private static ProtocolException refusal(RequestBody body) {
        return refusal(body, Limits.defaults());
    }

    private static ProtocolException refusal(RequestBody body, Limits limits) {
        ProtocolException refusal =
                catchThrowableOfType(
                        ProtocolException.class,
                        () -> InferRequest.parse(body.bytes(), body.headerLength(), limits));
        assertThat(refusal).as(new String(body.bytes(), StandardCharsets.UTF_8)).isNotNull();
        return refusal;
    }

    private static void assertRefused(String json, String message) {
        ProtocolException refusal = refusal(RequestBody.json(json));
        assertThat(refusal).hasMessageContaining(message);
        assertThat(refusal.status()).isEqualTo(400);
    }

    /// The sample, with another text in the place of one of its own.
    private static String sample(String part, String other) {
        assertThat(RequestBody.SAMPLE).contains(part);
        return RequestBody.SAMPLE.replace(part, other);
    }

    private static String shape(String shape) {
        return sample("[1,2,1,2]", shape);
    }

    private static String data(String data) {
        return sample("[1,2,3,4]", data);
    }

    private static String outputs(String outputs) {
        return sample("}]}", "}],\"outputs\":" + outputs + "}");
    }

    @Test
    void readsImages() throws ProtocolException {
        InferRequest request = RequestBody.json(RequestBody.SAMPLE).parse();

        ProtocolSchema.check("inference_request", RequestBody.SAMPLE);
        assertThat(request.id()).isNull();
        assertThat(request.images().shape()).isEqualTo(Shape.of(1, 2, 1, 2));
        assertThat(request.images().toArray()).containsExactly(1, 2, 3, 4);
    }

    @Test
    void answersAllAsJsonByDefault() throws ProtocolException {
        List<RequestedOutput> all =
                List.of(
                        new RequestedOutput(OutputTensor.LOGITS, false, 0),
                        new RequestedOutput(OutputTensor.PROBABILITIES, false, 0));

        assertThat(RequestBody.json(RequestBody.SAMPLE).parse().outputs()).isEqualTo(all);
        assertThat(RequestBody.json(outputs("[]")).parse().outputs()).isEqualTo(all);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'data':[1,2,3,4],'shape':[1,2,1,2],'datatype':'FP32','name':'images'}",
                "{'datatype':'FP32','data':[1,2,3,4],'name':'images','shape':[1,2,1,2]}",
                "{'shape':[1,2,1,2],'name':'images','data':[1,2,3,4],'datatype':'FP32'}"
            })
    void takesFieldsInAnyOrder(String input) throws ProtocolException {
        String json = "{'outputs':[],'inputs':[" + input + "],'id':'a'}";
        InferRequest request = RequestBody.json(json.replace('\'', '"')).parse();

        assertThat(request.id()).isEqualTo("a");
        assertThat(request.images().toArray()).containsExactly(1, 2, 3, 4);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[[[[1,2]],[[3,4]]]]",
                "[[1,2],[3,4]]",
                "[[[1],[2]],3,[[4]]]",
                "[[],1,2,3,[],4]",
                "[1e0,20E-1,3.0,4.0000000000000000001]",
                " [ 1 ,\n\t2 , 3,4 ] ",
                "[[[[[[[[[[[[[1,2,3,4]]]]]]]]]]]]]" // the 16th level
            })
    void flattensNestedData(String data) throws ProtocolException {
        assertThat(RequestBody.json(data(data)).parse().images().toArray())
                .containsExactly(1, 2, 3, 4);
    }

    @Test
    void roundsToTheNearestFloat() throws ProtocolException {
        String numbers = "[3.4028235e38,-1.4e-45,0.1,16777217]";
        assertThat(RequestBody.json(data(numbers)).parse().images().toArray())
                .containsExactly(Float.MAX_VALUE, -Float.MIN_VALUE, 0.1f, 16777216);
    }

    @Test
    void takesLongNumbers() throws ProtocolException {
        String numbers = "[0." + "3".repeat(900) + "," + "0.".concat("0".repeat(900)) + "1,3,4]";
        assertThat(RequestBody.json(data(numbers)).parse().images().toArray())
                .containsExactly(1 / 3f, 0, 3, 4);
    }

    @Test
    void takesDoubles() throws ProtocolException {
        assertThat(RequestBody.json(sample("FP32", "FP64")).parse().images().toArray())
                .containsExactly(1, 2, 3, 4);
    }

    @Test
    void takesManyNumbersBeforeTheirShape() throws ProtocolException {
        String numbers = "7,".repeat(2 * 40 * 50 - 1) + "8";
        String json =
                "{\"inputs\":[{\"data\":["
                        + numbers
                        + "],\"shape\":[1,2,40,50],"
                        + "\"datatype\":\"FP32\",\"name\":\"images\"}]}";

        InferRequest request = RequestBody.json(json).parse();
        assertThat(request.images().shape()).isEqualTo(Shape.of(1, 2, 40, 50));
        assertThat(request.images().get(3998)).isEqualTo(7);
        assertThat(request.images().get(3999)).isEqualTo(8);
    }

    @Test
    void ignoresWhatItDoesNotKnow() throws ProtocolException {
        String json =
                """
                {"x":{"inputs":[1,{"y":null}]}, "parameters":{"priority":1,"sequence":"a"},
                 "x":2,
                 "inputs":[{"name":"images","datatype":"FP32","shape":[1,2,1,2],"note":[[]],
                  "parameters":{"z":true},"data":[1,2,3,4]}],
                 "outputs":[{"name":"logits","parameters":{},"kind":"b"}]}
                """;
        assertThat(RequestBody.json(json).parse().outputs())
                .containsExactly(new RequestedOutput(OutputTensor.LOGITS, false, 0));
    }

    @Test
    void readsWhichOutputsAreWantedAndHow() throws ProtocolException {
        String json =
                """
                {"outputs":[
                   {"parameters":{"classification":2},"name":"probabilities"},
                   {"name":"logits","parameters":{"binary_data":false}}],
                 "parameters":{"binary_data_output":true},
                 "inputs":[
                   {"name":"images","datatype":"FP32","shape":[1,2,1,2],"data":[1,2,3,4]}]}\
                """;

        ProtocolSchema.check("inference_request", json);
        assertThat(RequestBody.json(json).parse().outputs())
                .containsExactly(
                        new RequestedOutput(OutputTensor.PROBABILITIES, true, 2),
                        new RequestedOutput(OutputTensor.LOGITS, false, 0));
    }

    @Test
    void takesAnyNumberOfClasses() throws ProtocolException {
        String outputs = "[{\"name\":\"logits\",\"parameters\":{\"classification\":9999999999}}]";
        assertThat(RequestBody.json(outputs(outputs)).parse().outputs().getFirst())
                .isEqualTo(new RequestedOutput(OutputTensor.LOGITS, false, Integer.MAX_VALUE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"name", "datatype", "shape", "data"})
    void missesFields(String field) {
        assertRefused(
                sample("\"" + field + "\"", "\"other\""), "inputs[0]." + field + " is missing");
    }

    @Test
    void missesNamesOfOutputs() {
        assertRefused(outputs("[{}]"), "outputs[0].name is missing");
        assertRefused(outputs("[{\"name\":\"logits\"},{}]"), "outputs[1].name is missing");
    }

    @Test
    void wantsExactlyOneInput() {
        assertRefused("{}", "inputs must hold one tensor, 'images'");
        assertRefused("{\"inputs\":[]}", "inputs must hold one tensor, 'images'");
        assertRefused(
                RequestBody.SAMPLE.replaceFirst("(\\{\"name.*})]", "$1,$1]"),
                "inputs must hold one tensor, 'images', not several");
        assertRefused(sample("images", "pixels"), "must be 'images', not 'pixels'");
        assertRefused(sample("images", "Images"), "must be 'images', not 'Images'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'inputs':[{'name':'images','name':'images'}]} | 'name' is there twice: inputs[0]",
                "{'id':'a','i\\u0064':'b'} | 'id' is there twice: the request",
                "{'inputs':[],'inputs':[]} | 'inputs' is there twice",
                "{'outputs':[{'parameters':{'binary_data':true,'binary_data':true}}]} |"
                        + " 'binary_data' is there twice: outputs[0].parameters",
                "[] | the request must be an object, not an array",
                "null | the request must be an object, not null",
                "'' | the request must be an object, not a string",
                "{'id':1} | id must be a string, not a whole number",
                "{'id':'\\udc00'} | id has half of a surrogate pair",
                "{'parameters':[]} | parameters must be an object, not an array",
                "{'parameters':{'binary_data_output':1}} |"
                        + " parameters.binary_data_output must be true or false",
                "{'inputs':{}} | inputs must be an array, not an object",
                "{'inputs':[1]} | inputs[0] must be an object, not a whole number",
                "{'inputs':[{'name':true}]} | inputs[0].name must be a string, not true or false",
                "{'inputs':[{'datatype':[]}]} | inputs[0].datatype must be a string",
                "{'inputs':[{'shape':4}]} | inputs[0].shape must be an array",
                "{'inputs':[{'shape':['4']}]} | inputs[0].shape must be a whole number",
                "{'inputs':[{'shape':[1.0]}]} | must be a whole number, not a number with fraction",
                "{'inputs':[{'shape':[99999999999999999999]}]} | out of range of `long`",
                "{'inputs':[{'data':1}]} | inputs[0].data must be an array of numbers",
                "{'inputs':[{'data':{}}]} | inputs[0].data must be an array of numbers",
                "{'inputs':[{'parameters':{'binary_data_size':'4'}}]} |"
                        + " inputs[0].parameters.binary_data_size must be a whole number",
                "{'outputs':{}} | outputs must be an array, not an object",
                "{'outputs':[{'name':0}]} | outputs[0].name must be a string",
                "{'outputs':[{'name':'labels'}]} |"
                        + " outputs[0].name must be 'logits' or 'probabilities', not 'labels'",
                "{'outputs':[{'name':'logits'},{'name':'logits'}]} | outputs hold 'logits' twice",
                "{'outputs':[{'parameters':{'binary_data':'yes'}}]} |"
                        + " outputs[0].parameters.binary_data must be true or false, not a string",
                "{'outputs':[{'parameters':{'classification':-1}}]} |"
                        + " outputs[0].parameters.classification must be at least 0, not -1",
                "{'outputs':[{'parameters':{'classification':1.5}}]} | must be a whole number"
            },
            quoteCharacter = '`')
    void refusesFields(String json, String message) {
        assertRefused(json.replace('\'', '"'), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[1,2,2] | must have 4 dimensions, [n,c,h,w]",
                "[1,1,2,1,2] | must have 4 dimensions, [n,c,h,w]",
                "[] | must have 4 dimensions, [n,c,h,w]",
                "[0,2,1,2] | must hold numbers from 1 on, not 0",
                "[1,2,-1,2] | must hold numbers from 1 on, not -1",
                "[1,2,1,3] | 4 elements, shape [1,2,1,3] has 6",
                "[1,2,1,1] | data has more than the 2 elements of shape [1,2,1,1]"
            })
    void refusesShapes(String shape, String message) {
        assertRefused(shape(shape), message);
    }

    @Test
    void refusesDataBeforeAShapeItDoesNotFit() {
        String json =
                "{\"inputs\":[{\"name\":\"images\",\"datatype\":\"FP32\",\"data\":[1,2],"
                        + "\"shape\":[1,1,1,1]}]}";
        assertRefused(json, "inputs[0].data has 2 elements, shape [1,1,1,1] has 1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[65,1,1,1]",
                "[1,2147483648,1,1]",
                "[1,9223372036854775807,1,1]",
                "[1,2147483647,2147483647,2147483647]",
                "[1,65536,65536,1]",
                "[64,3,224,225]"
            })
    void refusesShapesBeyondLimits(String shape) {
        assertThat(refusal(RequestBody.json(shape(shape))).status()).isEqualTo(413);
    }

    @Test
    void refusesNumbersBeyondLimitsBeforeTheirShape() {
        String json = "{\"inputs\":[{\"data\":[1,2,3,4]}]}";
        ProtocolException refusal = refusal(RequestBody.json(json), new Limits(1, 3));

        assertThat(refusal).hasMessage("inputs[0].data has more than 3 elements");
        assertThat(refusal.status()).isEqualTo(413);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[1,2,3,'4'] | numbers only, not a string",
                "[1,2,3,true] | numbers only, not true or false",
                "[1,2,3,null] | numbers only, not null",
                "[1,2,3,{}] | numbers only, not an object",
                "[1,2,3,NaN] | token 'NaN': line 1, column",
                "[1,2,3,-Infinity] | token '-Infinity': line 1, column",
                "[1,2,3,1e39] | element 3 is not a finite float",
                "[1,-3.4028236e38,3,4] | element 1 is not a finite float",
                "[1,2,3,1e999999999] | element 3 is not a finite float",
                "[1,2,3,1e99999999999999999999] | element 3 is not a finite float",
                "[1,-0,3e-99999999999999999999,0.0e99999999999999999999,5] | more than the 4",
                "[1,2,3,04] | line 1, column",
                "[1,2,3,+4] | line 1, column",
                "[1,2,3,.4] | line 1, column",
                "[1,2,3,4.] | line 1, column",
                "[1,2,3,4,] | line 1, column",
                "[1,2,,4] | line 1, column",
                "[1,2,3,4}] | line 1, column",
                "[[[[[[[[[[[[[[1,2,3,4]]]]]]]]]]]]]] | depth"
            },
            quoteCharacter = '`')
    void refusesData(String data, String message) {
        assertRefused(data(data.replace('\'', '"')), message);
    }

    @Test
    void refusesIntegersBeyondFloat() {
        assertRefused(data("[1,2,3," + "9".repeat(40) + "]"), "element 3 is not a finite float");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UINT8",
                "INT8",
                "BF16",
                "BOOL",
                "BYTES",
                "fp32",
                "FP32 ",
                "",
                "FP\\u000132"
            })
    void refusesOtherDatatypes(String type) {
        assertRefused(
                sample("FP32", type), "datatype must be FP32, FP64 or, in binary, FP16, not '");
    }

    @Test
    void refusesHalvesInJson() {
        assertRefused(sample("FP32", "FP16"), "datatype FP16 is for binary data only");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "{\"inputs\"",
                "{\"inputs\":",
                "{\"inputs\":[",
                "{\"inputs\":[{\"data\":[1",
                "{\"inputs\":[{\"data\":[1,",
                "{inputs:[]}",
                "{'inputs':[]}",
                "{} // comment",
                "{}{}",
                "{\"id\":\"a\nb\"}",
                "{\"id\":\"\\x\"}",
                "\u0000",
                "\uFEFF\uFEFF{}"
            })
    void refusesWhatIsNoJson(String text) {
        assertThat(refusal(RequestBody.json(text)).status()).isEqualTo(400);
    }

    @Test
    void refusesWhatFollows() {
        assertRefused(RequestBody.SAMPLE + "{}", "the request goes on after its end");
        assertRefused(RequestBody.SAMPLE + "]", "line 1, column");
        assertThat(refusal(RequestBody.json(RequestBody.SAMPLE + "\0")).status()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"FF", "C080", "EDA080", "F8808080", "C3", "E282"})
    void refusesWhatIsNotUtf8(String hexadecimal) {
        byte[] start = "{\"other\":\"".getBytes(StandardCharsets.UTF_8);
        byte[] wrong = HexFormat.of().parseHex(hexadecimal);
        byte[] end = ("\"," + RequestBody.SAMPLE.substring(1)).getBytes(StandardCharsets.UTF_8);
        byte[] body =
                ByteBuffer.allocate(start.length + wrong.length + end.length)
                        .put(start)
                        .put(wrong)
                        .put(end)
                        .array();

        assertThat(refusal(new RequestBody(body, OptionalInt.empty())))
                .hasMessage("the JSON is not in UTF-8");
    }

    @Test
    void refusesUtf16() {
        byte[] body = RequestBody.SAMPLE.getBytes(StandardCharsets.UTF_16LE);
        assertThat(refusal(new RequestBody(body, OptionalInt.empty())).status()).isEqualTo(400);
    }

    @Test
    void refusesNestingDeeperThan16AlsoWhereItSkips() {
        assertThat(refusal(RequestBody.json("{\"x\":" + "[".repeat(16))))
                .hasMessageContaining("depth");
        assertThat(refusal(RequestBody.json("[".repeat(1_000_000)))).hasMessageContaining("object");
        assertThat(refusal(RequestBody.json("{\"x\":" + "[{\"x\":".repeat(1_000_000))))
                .hasMessageContaining("depth");
    }

    @Test
    void refusesTextsAndNumbersWithoutEnd() {
        assertThat(refusal(RequestBody.json("{\"id\":\"" + "a".repeat(70_000) + "\"}")).status())
                .isEqualTo(400);
        assertThat(refusal(RequestBody.json("{\"id\":\"" + "a".repeat(1_000_000))).status())
                .isEqualTo(400);
        assertThat(
                        refusal(RequestBody.json(data("[1,2,3," + "4".repeat(2_000_000) + "]")))
                                .status())
                .isEqualTo(400);
        assertThat(refusal(RequestBody.json("{\"" + "n".repeat(1_000_000) + "\":1}")).status())
                .isEqualTo(400);
    }

    @Test
    void messagesAreShortLines() {
        String name = "\\u0000\\n\\u2028\\u009b".repeat(100);
        ProtocolException refusal = refusal(RequestBody.json(sample("images", name)));

        assertThat(refusal.getMessage()).hasSizeLessThanOrEqualTo(300).contains("'????");
        assertThat(new ProtocolException(413, "a\tb\uD800\u0085" + "c".repeat(1000)).getMessage())
                .hasSize(300)
                .startsWith("a?b??ccc")
                .endsWith("c…");
    }
}
