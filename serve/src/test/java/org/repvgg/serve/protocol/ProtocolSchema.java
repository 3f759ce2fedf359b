package org.repvgg.serve.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// The protocol's bodies as a JSON Schema.
final class ProtocolSchema {
    private static final String TEXT = text("open-inference.schema.json");
    private static final SchemaRegistry REGISTRY =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    private ProtocolSchema() {}

    /// @param definition of the schema, such as `error`
    static void check(String definition, String json) {
        String rest = TEXT.substring(TEXT.indexOf('{') + 1);
        Schema schema = REGISTRY.getSchema("{\"$ref\": \"#/$defs/" + definition + "\"," + rest);
        assertThat(schema.validate(json, InputFormat.JSON)).as(json).isEmpty();
    }

    private static String text(String resource) {
        try (InputStream in = ProtocolSchema.class.getResourceAsStream(resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
