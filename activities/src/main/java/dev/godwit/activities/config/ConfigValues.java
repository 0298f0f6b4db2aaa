package dev.godwit.activities.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.godwit.activities.config.YamlNode.Entry;
import dev.godwit.activities.config.YamlNode.Mapping;
import dev.godwit.activities.config.YamlNode.Sequence;
import dev.godwit.json.Json;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a configuration file says, and in which line it says it.
 *
 * @param values the settings
 * @param lines the line of each setting that stands in the file by itself
 */
public record ConfigValues(JsonNode values, Map<ConfigPath, Integer> lines) {

    /** How a configuration file is written. */
    public enum Format {
        /** YAML; of several documents the first. */
        YAML,
        /** JSON. */
        JSON,
        /** Lines of {@code KEY=value}. */
        ENV;

        /** The format that a file's name tells. */
        public static Format of(String name) {
            if (name.endsWith(".json")) {
                return JSON;
            }
            return name.endsWith(".yaml") || name.endsWith(".yml") ? YAML : ENV;
        }
    }

    /** Reads a file. */
    public static ConfigValues read(byte[] content, Format format) throws UnreadableConfigException {
        TextFile file = TextFile.of(content);
        if (format != Format.ENV && !file.isUtf8()) {
            throw new UnreadableConfigException(1, "the file is not UTF-8");
        }
        Map<ConfigPath, Integer> lines = new HashMap<>();
        JsonNode values = switch (format) {
            case YAML -> yaml(file.text(), lines);
            case JSON -> json(file.text(), lines);
            case ENV -> EnvFile.values(file.text(), lines);
        };
        return new ConfigValues(values.isNull() ? JsonNodeFactory.instance.objectNode() : values, lines);
    }

    /** The line of a setting; of one that does not stand there by itself that of what it is within. */
    public int line(ConfigPath path) {
        ConfigPath known = path;
        while (!known.isRoot() && !lines.containsKey(known)) {
            known = known.parent();
        }
        return lines.getOrDefault(known, 1);
    }

    private static JsonNode yaml(String text, Map<ConfigPath, Integer> lines) throws UnreadableConfigException {
        List<YamlNode> documents = YamlText.documents(text);
        if (documents.isEmpty()) {
            return JsonNodeFactory.instance.nullNode();
        }
        locate(text, documents.get(0), ConfigPath.ROOT, lines);
        return YamlValues.of(documents.get(0));
    }

    private static void locate(String text, YamlNode node, ConfigPath path, Map<ConfigPath, Integer> lines) {
        if (node instanceof Mapping mapping) {
            for (Entry entry : mapping.entries()) {
                ConfigPath key = path.key(entry.key().text());
                lines.put(key, YamlText.line(text, entry.key().span().from()));
                locate(text, entry.value(), key, lines);
            }
        } else if (node instanceof Sequence sequence) {
            for (int i = 0; i < sequence.items().size(); i++) {
                ConfigPath item = path.resolve(new ConfigPath.Index(i));
                lines.put(item, YamlText.line(text, sequence.items().get(i).span().from()));
                locate(text, sequence.items().get(i), item, lines);
            }
        }
    }

    private static JsonNode json(String text, Map<ConfigPath, Integer> lines) throws UnreadableConfigException {
        if (text.isBlank()) {
            throw new UnreadableConfigException(1, "the file is empty");
        }
        try (JsonParser parser = Json.mapper().createParser(text)) {
            Deque<ConfigPath> open = new ArrayDeque<>();
            Deque<Integer> items = new ArrayDeque<>();
            ConfigPath path = ConfigPath.ROOT;
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.FIELD_NAME) {
                    path = open.getFirst().key(parser.currentName());
                    lines.put(path, parser.currentTokenLocation().getLineNr());
                    continue;
                }
                if (token.isStructEnd()) {
                    open.pop();
                    items.pop();
                    continue;
                }
                if (parser.getParsingContext().getParent() != null && inArray(parser, token)) {
                    items.push(items.pop() + 1);
                    path = open.getFirst().resolve(new ConfigPath.Index(items.getFirst()));
                    lines.put(path, parser.currentTokenLocation().getLineNr());
                }
                if (token.isStructStart()) {
                    open.push(path);
                    items.push(-1);
                }
            }
        } catch (JsonProcessingException e) {
            JsonLocation location = e.getLocation();
            throw new UnreadableConfigException(location == null ? 1 : location.getLineNr(), e.getOriginalMessage());
        } catch (IOException e) {
            throw new UnreadableConfigException(1, String.valueOf(e.getMessage()));
        }
        return Json.read(text, JsonNode.class);
    }

    private static boolean inArray(JsonParser parser, JsonToken token) {
        return (token.isStructStart() ? parser.getParsingContext().getParent() : parser.getParsingContext()).inArray();
    }
}
