package org.repvgg.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TestJson {
    @Test
    void readsEveryKindOfValue() {
        Json.Object json =
                Json.parse(
                                """
                                { "text" : "a\\"\\\\\\/\\n\\u00e9😀\\ud83d\\ude00", "list":[1,-2.5e3 , []],
                                  "yes":true,"no":false,"none":null,"empty":{} }
                                """)
                        .asObject();
        assertThat(json.fields().keySet())
                .containsExactly("text", "list", "yes", "no", "none", "empty");
        assertThat(json.get("text").asText()).isEqualTo("a\"\\/\né😀😀");
        assertThat(json.get("list").asList().get(0).asInt()).isEqualTo(1);
        assertThat(json.get("list").asList().get(1).asDouble()).isEqualTo(-2500);
        assertThat(json.get("yes").asBoolean()).isTrue();
        assertThat(json.get("none")).isEqualTo(new Json.Null());
    }

    @Test
    void keepsAllBitsOfAnInteger() {
        assertThat(Json.parse("4611686018427387905").asLong()).isEqualTo((1L << 62) + 1);
        assertThat(Json.of((1L << 62) + 1).compact()).isEqualTo("4611686018427387905");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[1",
                "[1,]",
                "{\"a\":1,}",
                "{\"a\" 1}",
                "{a:1}",
                "01",
                "1.",
                ".5",
                "+1",
                "-",
                "NaN",
                "Infinity",
                "-Infinity",
                "1e999",
                "tru",
                "nul",
                "\"a",
                "\"\\x\"",
                "\"\\u12g4\"",
                "\"\t\"",
                "1 2",
                "[] ]",
                "'a'",
                "{\"a\":1 \"b\":2}",
                "\\u0031"
            })
    void refusesWhatIsNotJson(String text) {
        assertThatThrownBy(() -> Json.parse(text))
                .isInstanceOf(JsonException.class)
                .hasMessageContaining("character ");
    }

    @Test
    void refusesARepeatedField() {
        assertThatThrownBy(() -> Json.parse("{\"a\":1,\"a\":2}"))
                .hasMessage("field 'a' is there twice: character 7");
    }

    @Test
    void refusesToBeExhausted() {
        assertThatThrownBy(() -> Json.parse("[".repeat(1_000_000)))
                .hasMessageStartingWith("nested deeper than 64");
        assertThatThrownBy(() -> Json.parse("[" + "0,".repeat(1_000_001) + "0]"))
                .hasMessageStartingWith("more than 1000000 values");
    }

    @Test
    void writesBothWays() {
        Json json =
                Json.object()
                        .put("name", "A0")
                        .put("widths", List.of(48, 96))
                        .put("nested", List.of(Map.of("x", 1.5f), List.of()))
                        .put("none", null)
                        .put("control", "\u0001\n\ud800")
                        .build();
        assertThat(json.compact())
                .isEqualTo(
                        "{\"name\":\"A0\",\"widths\":[48,96],\"nested\":[{\"x\":1.5},[]],"
                                + "\"none\":null,\"control\":\"\\u0001\\n\\ud800\"}");
        assertThat(json.pretty())
                .isEqualTo(
                        """
                        {
                          "name": "A0",
                          "widths": [48, 96],
                          "nested": [
                            {
                              "x": 1.5
                            },
                            []
                          ],
                          "none": null,
                          "control": "\\u0001\\n\\ud800"
                        }""");
        assertThat(Json.parse(json.compact())).isEqualTo(json);
        assertThat(Json.parse(json.pretty())).isEqualTo(json);
    }

    @Test
    void refusesToWriteWhatJsonCannotSay() {
        assertThatThrownBy(() -> Json.of(Double.NaN)).isInstanceOf(JsonException.class);
        assertThatThrownBy(() -> Json.of(Float.NEGATIVE_INFINITY))
                .isInstanceOf(JsonException.class);
        assertThatThrownBy(() -> Json.of(new Thread())).isInstanceOf(JsonException.class);
        assertThatThrownBy(() -> Json.object().put("a", 1).put("a", 2))
                .hasMessage("field 'a' is there twice");
    }

    @Test
    void saysWhatWasWantedAndWhatWasFound() {
        assertThatThrownBy(() -> Json.parse("[1]").asText())
                .hasMessage("wanted a string, found an array");
        assertThatThrownBy(() -> Json.parse("1.5").asInt())
                .hasMessage("wanted a whole number of 64 bits, found 1.5");
        assertThatThrownBy(() -> Json.parse("3000000000").asInt())
                .hasMessage("wanted a whole number of 32 bits, found 3000000000");
        assertThatThrownBy(() -> Json.parse("{}").asObject().get("a"))
                .hasMessage("field 'a' is missing");
    }
}
