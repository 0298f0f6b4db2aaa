package dev.godwit.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.json.Jq;
import dev.godwit.json.Json;
import dev.godwit.run.RunState;
import dev.godwit.step.Catalog;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.SpecReader;
import dev.godwit.step.StepDescription;
import dev.godwit.step.StepKind;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The JSON Schema (draft 2020-12) of plans, for editors: the form of a plan, and what the step types and kinds of resource
 * of a catalog take. It is no stricter than {@link PlanChecker}, which knows more.
 */
public final class PlanSchema {
    private static final String FORM = """
            {
              "$schema": "https://json-schema.org/draft/2020-12/schema",
              "title": "Godwit plan",
              "type": "object",
              "required": ["name", "phases"],
              "additionalProperties": false,
              "properties": {
                "name": {"type": "string", "pattern": "^[a-z][a-z0-9_-]*$", "maxLength": 100},
                "description": {"type": "string"},
                "target": {"type": "string"},
                "parameters": {"type": "object", "propertyNames": {"$ref": "#/$defs/name"},
                               "additionalProperties": {"$ref": "#/$defs/parameter"}},
                "values": {"type": "object", "propertyNames": {"$ref": "#/$defs/name"}},
                "resources": {"type": "object", "propertyNames": {"$ref": "#/$defs/name"},
                              "additionalProperties": {"$ref": "#/$defs/resource"}},
                "on-failure": {"$ref": "#/$defs/on-failure"},
                "accept-loss": {"type": "boolean"},
                "notify": {"type": "array", "items": {"$ref": "#/$defs/notice"}},
                "phases": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/phase"}},
                "checklist": {"type": "object", "additionalProperties": {"type": "array", "items": {"anyOf": [
                  {"type": "string"},
                  {"type": "object", "required": ["line"], "additionalProperties": false, "properties": {
                    "line": {"type": "string"}, "answered-by": {"type": "array", "items": {"type": "string"}}}}]}}}
              },
              "$defs": {
                "name": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "maxLength": 100},
                "expression": {"type": "string", "pattern": "[$][{][{]"},
                "duration": {"type": "string", "pattern": "^([0-9]+(ms|s|m|h|d))+$"},
                "location": {"type": "string", "pattern": "^([a-z][a-z0-9_]*(:.*)?|.*[$][{][{].*)$"},
                "condition": {"type": ["string", "boolean"]},
                "on-failure": {"anyOf": [
                  {"enum": ["rollback", "pause", "continue"]},
                  {"type": "object", "required": ["undo", "then"], "additionalProperties": false,
                   "properties": {"undo": {"const": "phase"}, "then": {"const": "continue"}}}]},
                "parameter": {"type": "object", "additionalProperties": false, "properties": {
                  "type": {"enum": []}, "description": {"type": "string"}, "required": {"type": "boolean"},
                  "default": {}, "enum": {"type": "array"}}},
                "notice": {"type": "object", "required": ["to"], "additionalProperties": false, "properties": {
                  "to": {"$ref": "#/$defs/location"},
                  "on": {"type": "array", "minItems": 1, "items": {"enum": []}},
                  "text": {"type": "string"}}},
                "phase": {"type": "object", "required": ["name", "steps"], "additionalProperties": false, "properties": {
                  "name": {"$ref": "#/$defs/name"}, "kind": {"enum": ["finalize", "diagnosis"]}, "description": {"type": "string"},
                  "approval": {"type": "object", "additionalProperties": false, "properties": {
                    "reason": {"type": "string"}, "timeout": {"$ref": "#/$defs/duration"}}},
                  "estimate": {"$ref": "#/$defs/duration"}, "when": {"$ref": "#/$defs/condition"},
                  "on-failure": {"$ref": "#/$defs/on-failure"},
                  "steps": {"type": "array", "minItems": 1, "items": {"anyOf": [
                    {"$ref": "#/$defs/step"},
                    {"type": "object", "required": ["parallel"], "additionalProperties": false, "properties": {
                      "parallel": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/step"}}}}]}}}},
                "step": {"type": "object", "required": ["name", "uses"], "additionalProperties": false, "properties": {
                  "name": {"$ref": "#/$defs/name"}, "uses": {"enum": []}, "description": {"type": "string"},
                  "covers": {"type": "array", "items": {"type": ["string", "number"]}}, "with": {"type": "object"},
                  "when": {"$ref": "#/$defs/condition"}, "expect": {"$ref": "#/$defs/condition"},
                  "on-failure": {"$ref": "#/$defs/on-failure"},
                  "retry": {"type": "object", "additionalProperties": false, "properties": {
                    "attempts": {"type": "integer", "minimum": 1}, "delay": {"$ref": "#/$defs/duration"}}},
                  "timeout": {"$ref": "#/$defs/duration"}, "heartbeat": {"$ref": "#/$defs/duration"},
                  "pivot": {"anyOf": [{"const": true}, {"type": "string", "minLength": 1}]},
                  "background": {"type": "boolean"}, "kind": {"enum": []},
                  "relies-on": {"type": "object", "propertyNames": {"$ref": "#/$defs/name"},
                                "additionalProperties": {"type": "string", "minLength": 1}}}, "allOf": []},
                "resource": {"type": "object", "required": ["kind"], "properties": {
                  "kind": {"enum": []}, "site": {"type": "string"}}, "allOf": []}
              }
            }
            """;

    private PlanSchema() {}

    /** The schema of plans that use this catalog. */
    public static JsonNode of(Catalog catalog) {
        ObjectNode schema = (ObjectNode) Json.read(FORM, JsonNode.class);
        SpecReader.choices(Parameter.Type.class)
                .forEach(((ArrayNode) schema.at("/$defs/parameter/properties/type/enum"))::add);
        SpecReader.choices(RunState.class)
                .forEach(((ArrayNode) schema.at("/$defs/notice/properties/on/items/enum"))::add);
        SpecReader.choices(StepKind.class).forEach(((ArrayNode) schema.at("/$defs/step/properties/kind/enum"))::add);
        catalog.stepTypes().stream().sorted(Comparator.comparing(StepDescription::uses)).forEach(type -> {
            ((ArrayNode) schema.at("/$defs/step/properties/uses/enum")).add(type.uses());
            ObjectNode then = JsonNodeFactory.instance.objectNode();
            ObjectNode spec = record(type.spec());
            then.putObject("properties").set("with", spec);
            if (spec.has("required")) {
                then.putArray("required").add("with");
            }
            rule(schema.at("/$defs/step/allOf"), "uses", type.uses(), then);
        });
        catalog.resourceKinds().stream().sorted(Comparator.comparing(ResourceKind::name)).forEach(kind -> {
            ((ArrayNode) schema.at("/$defs/resource/properties/kind/enum")).add(kind.name());
            ObjectNode then = record(kind.definition());
            ObjectNode properties = (ObjectNode) then.get("properties");
            properties.putObject("kind");
            properties.putObject("site");
            rule(schema.at("/$defs/resource/allOf"), "kind", kind.name(), then);
        });
        return schema;
    }

    /** Adds: where the field has this value, that schema holds too. */
    private static void rule(JsonNode allOf, String field, String value, ObjectNode then) {
        ObjectNode rule = ((ArrayNode) allOf).addObject();
        rule.putObject("if").putObject("properties").putObject(field).put("const", value);
        rule.set("then", then);
    }

    private static ObjectNode record(Class<?> type) {
        ObjectNode schema = JsonNodeFactory.instance.objectNode();
        schema.put("type", "object").put("additionalProperties", false);
        ObjectNode properties = schema.putObject("properties");
        ArrayNode required = JsonNodeFactory.instance.arrayNode();
        for (RecordComponent component : type.getRecordComponents()) {
            String name = SpecReader.fieldName(component);
            ObjectNode property = orExpression(schemaOf(component.getGenericType()));
            Optional<JsonNode> value = SpecReader.defaultOf(component);
            value.ifPresent(given -> property.set("default", given));
            properties.set(name, property);
            if (value.isEmpty() && component.getType() != Optional.class) {
                required.add(name);
            }
        }
        if (!required.isEmpty()) {
            schema.set("required", required);
        }
        return schema;
    }

    /** Wherever something else than a text belongs, an expression may stand for it. */
    private static ObjectNode orExpression(ObjectNode schema) {
        if (schema.isEmpty() || schema.path("type").toString().contains("\"string\"")
                || schema.path("$ref").asText().endsWith("location")) {
            return schema;
        }
        ObjectNode either = JsonNodeFactory.instance.objectNode();
        either.putArray("anyOf").add(schema).addObject().put("$ref", "#/$defs/expression");
        return either;
    }

    private static ObjectNode schemaOf(Type type) {
        ObjectNode schema = JsonNodeFactory.instance.objectNode();
        Class<?> raw = SpecReader.rawType(type);
        if (raw == Optional.class) {
            return schemaOf(SpecReader.argument(type, 0));
        }
        if (raw == List.class) {
            schema.put("type", "array").set("items", orExpression(schemaOf(SpecReader.argument(type, 0))));
            return schema;
        }
        if (raw == Map.class) {
            schema.put("type", "object")
                    .set("additionalProperties", orExpression(schemaOf(SpecReader.argument(type, 1))));
            return schema;
        }
        if (raw.isEnum()) {
            SpecReader.choices(raw).forEach(schema.putArray("enum")::add);
            return schema;
        }
        if (raw.isRecord() && !SpecReader.isWrittenAsText(raw)) {
            return record(raw);
        }
        if (raw == String.class) {
            schema.putArray("type").add("string").add("number").add("boolean");
        } else if (raw == Jq.class) {
            schema.put("type", "string");
        } else if (raw == Duration.class) {
            schema.put("$ref", "#/$defs/duration");
        } else if (raw == Location.class) {
            schema.put("$ref", "#/$defs/location");
        } else if (raw == boolean.class || raw == Boolean.class) {
            schema.put("type", "boolean");
        } else if (SpecReader.isWholeNumber(raw)) {
            schema.put("type", "integer");
        } else if (SpecReader.isNumber(raw)) {
            schema.put("type", "number");
        }
        return schema; // Whatever else it is, an editor need not know.
    }
}
