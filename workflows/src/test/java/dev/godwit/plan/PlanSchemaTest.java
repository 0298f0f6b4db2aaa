package dev.godwit.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Json;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlanSchemaTest {
    private final JsonNode schema = PlanSchema.of(new TinyCatalog());

    @Test
    void the_schema_lists_step_types_kinds_of_resource_and_parameter_types() {
        assertThat(texts(schema.at("/$defs/step/properties/uses/enum"))).containsExactly("backup.files", "check.http",
                "copy.documents", "process.start", "process.stop", "proxy.switch");
        assertThat(texts(schema.at("/$defs/resource/properties/kind/enum"))).containsExactly("directory", "http",
                "postgres", "process");
        assertThat(texts(schema.at("/$defs/parameter/properties/type/enum"))).containsExactly("string", "integer",
                "number", "boolean", "path", "duration");
    }

    @Test
    void the_schema_has_what_on_call_needs() {
        assertThat(texts(schema.at("/$defs/notice/properties/on/items/enum"))).hasSize(12)
                .contains("waiting-for-approval");
        assertThat(texts(schema.at("/$defs/on-failure/anyOf/0/enum"))).contains("pause");
        assertThat(schema.at("/properties/accept-loss/type").asText()).isEqualTo("boolean");
        assertThat(schema.at("/$defs/phase/properties/kind/enum").toString()).isEqualTo("[\"finalize\",\"diagnosis\"]");
        assertThat(schema.at("/$defs/phase/properties/approval/properties").fieldNames()).toIterable()
                .containsExactly("reason", "timeout");
        assertThat(schema.at("/$defs/step/properties/pivot").isMissingNode()).isFalse();
    }

    @Test
    void the_fields_of_a_step_type_come_from_its_spec() {
        JsonNode rule = schema.at("/$defs/step/allOf/0");

        assertThat(rule.at("/if/properties/uses/const").asText()).isEqualTo("backup.files");
        assertThat(Json.write(rule.at("/then/properties/with"))).isEqualTo("""
                {"type":"object","additionalProperties":false,"properties":{\
                "from":{"$ref":"#/$defs/location"},\
                "include":{"anyOf":[{"type":"array","items":{"type":["string","number","boolean"]}},\
                {"$ref":"#/$defs/expression"}],"default":["**"]},\
                "to":{"$ref":"#/$defs/location"},\
                "verify":{"anyOf":[{"enum":["none","restore","hash-only"]},{"$ref":"#/$defs/expression"}],\
                "default":"restore"}},"required":["from","to"]}""");
    }

    @Test
    void every_reference_leads_somewhere() {
        List<String> references = new ArrayList<>(schema.findValuesAsText("$ref"));

        assertThat(references).isNotEmpty()
                .allSatisfy(
                        reference -> assertThat(schema.at(reference.substring(1)).isMissingNode()).as(reference)
                                .isFalse());
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
