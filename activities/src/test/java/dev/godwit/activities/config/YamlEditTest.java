package dev.godwit.activities.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Row D2. */
class YamlEditTest {

    static Stream<Arguments> edits() {
        return Stream.of(
                edit("a value, its comment stays", "a: 1   # one\nb: 2\n", "set .a = 5", "a: 5   # one\nb: 2\n"),
                edit("a value as it is", "a: 0x10 # hex\n", "set .a = 16", "a: 0x10 # hex\n"),
                edit("quotes stay", "a: \"x\"\nb: 'y'\n", "set .a = \"z\"; set .b = \"it's\"",
                        "a: \"z\"\nb: 'it''s'\n"),
                edit("a text that looks like a number", "a: x\n", "set .a = \"1.0\"", "a: '1.0'\n"),
                edit("a text that YAML 1.1 takes for true", "a: x\n", "set .a = \"on\"", "a: 'on'\n"),
                edit("a new key behind the last one", "a: 1\n# end\n", "set .b = 2", "a: 1\nb: 2\n# end\n"),
                edit("a new nested key", "a:\n    b: 1\nc: 2\n", "set .a.x.z = true",
                        "a:\n    b: 1\n    x:\n        z: true\nc: 2\n"),
                edit("windows line ends", "a:\r\n  b: 1\r\nc: 2\r\n", "set .a.d = 3",
                        "a:\r\n  b: 1\r\n  d: 3\r\nc: 2\r\n"),
                edit("no newline at the end", "a: 1", "set .b = 2", "a: 1\nb: 2"),
                edit("a comment that belongs to the block", "a:\n  b: 1 # x\n  # c: 2\n\n# next\nd: 3\n",
                        "set .a.e = 5",
                        "a:\n  b: 1 # x\n  # c: 2\n  e: 5\n\n# next\nd: 3\n"),
                edit("an empty value becomes an object", "a: # none yet\nb: 1\n", "set .a.x = 1",
                        "a: # none yet\n  x: 1\nb: 1\n"),
                edit("an empty value at the end", "a:", "set .a = 5", "a: 5"),
                edit("null becomes an object", "a: null # x\nb: ~\n", "set .a.x = 1", "a: # x\n  x: 1\nb: ~\n"),
                edit("an object becomes a value", "a: # why\n  x: 1\n  # c\n  y: 2\nb: 1\n", "set .a = 5",
                        "a: 5 # why\nb: 1\n"),
                edit("a key goes", "a: 1\nb: 2 # x\nc: 3\n", "remove .b", "a: 1\nc: 3\n"),
                edit("the last key goes", "a: 1\nb: 2", "remove .b", "a: 1"),
                edit("the only key of a block goes", "a:\n  b: 1\nc: 2\n", "remove .a.b", "a: {}\nc: 2\n"),
                edit("a block goes", "a:\n  b: 1\n  c:\n    - 1\n# d\nd: 2\n", "remove .a", "# d\nd: 2\n"),
                edit("what is not there is gone", "a: 1\n", "remove .b.c", "a: 1\n"),
                edit("a flow", "a: {x: 1, y: 2}  # f\n", "set .a.z = \"q\"; set .a.x = 3; remove .a.y",
                        "a: {x: 3, z: q}  # f\n"),
                edit("an empty flow in a block becomes a block", "a: {}\nb: 1\n", "set .a.x = 1", "a:\n  x: 1\nb: 1\n"),
                edit("a flow over lines", "a: {\n  x: 1, # one\n  y: 2 # two\n}\n", "set .a.z = 3",
                        "a: {\n  x: 1, # one\n  y: 2, # two\n  z: 3\n}\n"),
                edit("a flow with a comma at the end", "a: [\n  1,\n  2,\n]\n", "append .a = 3",
                        "a: [\n  1,\n  2,\n  3,\n]\n"),
                edit("a flow list", "a: [x, y]\n", "append .a = \"y\"; append .a = \"z, w\"", "a: [x, y, 'z, w']\n"),
                edit("json", "{\n  \"a\": {\"x\": 1},\n  \"b\": [\"p\"]\n}\n",
                        "set .a.y = \"on\"; append .b = \"q\"; set .c = {\"d\": null}",
                        "{\n  \"a\": {\"x\": 1, \"y\": \"on\"},\n  \"b\": [\"p\", \"q\"],\n  \"c\": {\"d\":null}\n}\n"),
                edit("a list that is indented", "a:\n  - x # 1\n  - y\nb: 1\n", "append .a = \"z\"",
                        "a:\n  - x # 1\n  - y\n  - z\nb: 1\n"),
                edit("a list that is not", "a:\n- x\nb: 1\n", "append .a = {\"k\": [1, 2], \"l\": 3}; set .c = [5]",
                        "a:\n- x\n- k:\n  - 1\n  - 2\n  l: 3\nb: 1\nc:\n- 5\n"),
                edit("a list is replaced", "a:\n  - x # 1\n  - y\nb: 1\n", "set .a = [\"p\", \"m\"]",
                        "a:\n  - p\n  - m\nb: 1\n"),
                edit("a longer list keeps its beginning", "a:\n  - x # 1\nb: 1\n", "set .a = [\"x\", \"m\"]",
                        "a:\n  - x # 1\n  - m\nb: 1\n"),
                edit("an item's key", "a:\n  - n: x\n    p: 1 # p\n  - n: y\n    p: 2\n",
                        "set .a[1].p = 5; set .a[0].q = 1",
                        "a:\n  - n: x\n    p: 1 # p\n    q: 1\n  - n: y\n    p: 5\n"),
                edit("an item's first key goes", "a:\n  - n: x\n    p: 1\n", "remove .a[0].n", "a:\n  - p: 1\n"),
                edit("a literal text stays", "a: |\n  one\n\n  two\n\nb: 1\n", "set .b = 2; set .c = 3",
                        "a: |\n  one\n\n  two\n\nb: 2\n\nc: 3\n"),
                edit("a literal text at the end", "b: 1\na: |\n  one\n  two\n", "set .c = 3",
                        "b: 1\na: |\n  one\n  two\nc: 3\n"),
                edit("a literal text that keeps its empty lines", "x:\n  a: |+\n    one\n\n\nb: 1\n", "set .x.c = 3",
                        "x:\n  a: |+\n    one\n\n\n  c: 3\nb: 1\n"),
                edit("a folded text is replaced", "a: >- # why\n  one\n  two\nb: 1\n", "set .a = \"x\"",
                        "a: x # why\nb: 1\n"),
                edit("an anchored value that nothing repeats", "a: &n 1 # x\nb: 2\n", "set .a = 5",
                        "a: &n 5 # x\nb: 2\n"),
                edit("an alias is replaced as a whole", "a: &n 1\nb: *n # was n\n", "set .b = 5",
                        "a: &n 1\nb: 5 # was n\n"),
                edit("a merged key is overridden", "d: &d {x: 1}\na:\n  <<: *d\n  y: 2\n", "set .a.x = 5",
                        "d: &d {x: 1}\na:\n  <<: *d\n  y: 2\n  x: 5\n"),
                edit("all that share an anchor", "d: &d\n  x: 1\na: *d\n",
                        "merge {\"d\": {\"x\": 2}, \"a\": {\"x\": 2}}",
                        "d: &d\n  x: 2\na: *d\n"),
                edit("an empty file", "", "set .a.b = 1", "a:\n  b: 1\n"),
                edit("a file of comments", "# nothing\n# yet", "set .a = 1", "# nothing\n# yet\na: 1"),
                edit("a file that begins with a marker", "---\n# nothing\n", "set .a = 1", "---\n# nothing\na: 1\n"),
                edit("markers around a document", "--- # begin\na: 1\n...\n", "set .b = 2",
                        "--- # begin\na: 1\nb: 2\n...\n"),
                edit("sections with empty lines between", "a:\n  x: 1\n\nb:\n  y: 1\n", "set .c.z = 1",
                        "a:\n  x: 1\n\nb:\n  y: 1\n\nc:\n  z: 1\n"),
                edit("characters of four bytes", "# 🐦🐦\na: '🐦' # 🐦\nb: 1\n", "set .b = 2; set .a = \"🦉\"",
                        "# 🐦🐦\na: '🦉' # 🐦\nb: 2\n"),
                edit("a tag of its own stays", "a: !vault |\n  x\nb: 1\n", "set .b = 2", "a: !vault |\n  x\nb: 2\n"),
                edit("an object is set and not merged", "a:\n  x: 1 # x\n  y: 2\n", "set .a = {\"x\": 1, \"z\": 3}",
                        "a:\n  x: 1 # x\n  z: 3\n"),
                edit("keys that need quotes", "'a b':\n  \"c\": 1\n", "set .[\"a b\"].c = 2; set .\"a b\".\"d: e\" = 3",
                        "'a b':\n  \"c\": 2\n  'd: e': 3\n"),
                edit("a list in a list", "a:\n- - 1\n  - 2\n- - 3\n", "append .a[0] = 5",
                        "a:\n- - 1\n  - 2\n  - 5\n- - 3\n"),
                edit("plain text over lines", "a: one\n  two # x\nb: 1\n", "set .a = 5", "a: 5 # x\nb: 1\n"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("edits")
    void changes_nothing_but_what_was_asked(String name, String before, String changes, String after) throws Exception {
        String edited = YamlEdit.apply(before, 0, changes(changes)).text();

        assertThat(edited).isEqualTo(after);
        YamlEdit.Edited again = YamlEdit.apply(edited, 0, changes(changes));
        assertThat(again.text()).as("a second time").isEqualTo(after);
        assertThat(again.output().added()).isEmpty();
        assertThat(again.output().replaced()).isEmpty();
        assertThat(again.output().removed()).isEmpty();
    }

    static Stream<Arguments> refusals() {
        return Stream.of(edit("through an alias", "d: &d\n  x: 1\na: *d\n", "set .a.x = 2", "is the alias *d (line 3)"),
                edit("a shared anchor", "d: &d\n  x: 1\na: *d\n", "set .d.x = 2", ".a.x would change with them"),
                edit("a merged object", "d: &d {x: {y: 1}}\na:\n  <<: *d\n", "set .a.x.y = 2",
                        "merged in by '<<' (line 3)"),
                edit("an anchor that others need goes", "a: &n 1\nb: *n\nc: 2\n", "remove .a", "no longer be YAML"),
                edit("a key twice", "a: 1\nb: 2\na: 3\n", "set .b = 3", "'a' stands there twice"),
                edit("a tab as indentation", "a:\n\tb: 1\n", "set .a.b = 3", "here is a tab"),
                edit("no YAML", "a: [1\nb: 2\n", "set .b = 3", "expected"),
                edit("a value that is no object", "a: 5\n", "set .a.b = 3", "has no keys"),
                edit("an item that is not there", "a: [1]\n", "set .a[3] = 3", "has no such item"),
                edit("a list where there is none", "a: 5\n", "append .a = 3", "no list to append to"),
                edit("a list as the file", "- 1\n- 2\n", "set .a = 3", "has no keys"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void refuses_what_cannot_be_done_alone(String name, String before, String changes, String why) {
        assertThatThrownBy(() -> YamlEdit.apply(before, 0, changes(changes))).hasMessageContaining(why);
    }

    @Test
    void other_documents_stay() throws Exception {
        assertThat(YamlEdit.apply("a: 1\n---\na: 2\n# end\n---\na: 3\n", 1, changes("set .a = 5; set .b = 6")).text())
                .isEqualTo("a: 1\n---\na: 5\nb: 6\n# end\n---\na: 3\n");
    }

    /** Random texts and changes: either refused, or right to the last value, with every comment still there. */
    @Test
    void random_changes_of_random_texts_are_made_alone() throws Exception {
        int made = 0;
        for (int seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            RandomYaml text = new RandomYaml(random);
            String before = seed % 3 == 0 ? text.mapping().replace("\n", "\r\n") : text.mapping();
            ConfigChanges changes = new ConfigChanges(List.of(), Optional.of(text.patch(before)), Map.of(), Map.of());

            String after = YamlEdit.apply(before, 0, changes).text();

            assertThat(YamlEdit.apply(after, 0, changes).text()).as("seed %d", seed).isEqualTo(after);
            JsonNode values = YamlValues.of(YamlText.documents(after).get(0));
            assertThat(YamlValues.same(values, changes.applied(YamlValues.of(YamlText.documents(before).get(0)))))
                    .as("seed %d:%n%s%n%s", seed, before, after)
                    .isTrue();
            before.lines()
                    .filter(line -> line.strip().startsWith("# keep"))
                    .forEach(line -> assertThat(after)
                            .contains(line));
            made += after.equals(before) ? 0 : 1;
        }
        assertThat(made).isGreaterThan(200);
    }

    private static Arguments edit(String name, String before, String changes, String after) {
        return Arguments.of(name, before, changes, after);
    }

    private static ConfigChanges changes(String text) {
        List<ConfigPath> remove = new ArrayList<>();
        Map<ConfigPath, JsonNode> set = new LinkedHashMap<>();
        Map<ConfigPath, List<JsonNode>> append = new LinkedHashMap<>();
        Optional<JsonNode> merge = Optional.empty();
        for (String change : text.split("; ")) {
            String[] words = change.split(" ", 2);
            if (words[0].equals("merge")) {
                merge = Optional.of(Json.read(words[1], JsonNode.class));
                continue;
            }
            String[] sides = words[1].split(" = ", 2);
            ConfigPath path = ConfigPath.parse(sides[0]);
            JsonNode value = sides.length == 1 ? null : Json.read(sides[1], JsonNode.class);
            switch (words[0]) {
                case "remove" -> remove.add(path);
                case "set" -> set.put(path, value);
                default -> append.computeIfAbsent(path, key -> new ArrayList<>()).add(value);
            }
        }
        return new ConfigChanges(remove, merge, set, append);
    }

    /** Texts as people write them, and changes of what they hold. */
    private static final class RandomYaml {
        private final Random random;
        private final int step;
        private int names;

        RandomYaml(Random random) {
            this.random = random;
            this.step = 1 + random.nextInt(4);
        }

        String mapping() {
            return mapping(0, 0);
        }

        private String mapping(int column, int depth) {
            StringBuilder text = new StringBuilder();
            int entries = 1 + random.nextInt(4);
            for (int i = 0; i < entries; i++) {
                if (random.nextInt(4) == 0) {
                    text.append(" ".repeat(column)).append("# keep ").append(names).append('\n');
                }
                if (random.nextInt(6) == 0) {
                    text.append('\n');
                }
                text.append(" ".repeat(column)).append("k").append(names++).append(':').append(value(column, depth));
            }
            return text.toString();
        }

        private String value(int column, int depth) {
            String comment = random.nextInt(3) == 0 ? "  # c" + names + "\n" : "\n";
            return switch (random.nextInt(depth > 3 ? 6 : 9)) {
                case 0 -> " " + random.nextInt(100) + comment;
                case 1 -> " \"q" + names + "\"" + comment;
                case 2 -> " 'q''" + names + "'" + comment;
                case 3 -> comment;
                case 4 -> " {a: 1, b: [x, y]}" + comment;
                case 5 -> " |\n" + " ".repeat(column + 1) + "text\n";
                case 6 -> comment + " ".repeat(column) + "- x\n" + " ".repeat(column) + "- y: 1\n"
                        + " ".repeat(column + 2) + "z: 2\n";
                default -> comment + mapping(column + step, depth + 1);
            };
        }

        ObjectNode patch(String text) throws UnreadableConfigException {
            ObjectNode patch = JsonNodeFactory.instance.objectNode();
            patch(YamlValues.of(YamlText.documents(text).get(0)), patch);
            return patch;
        }

        private void patch(JsonNode values, ObjectNode patch) {
            for (Map.Entry<String, JsonNode> field : values.properties()) {
                int kind = random.nextInt(5);
                if (kind < 3 && field.getValue().isObject()) {
                    patch(field.getValue(), patch.putObject(field.getKey()));
                } else if (kind == 0) {
                    patch.set(field.getKey(), random());
                }
            }
            if (random.nextInt(2) == 0) {
                patch.set("n" + names++, random());
            }
        }

        private JsonNode random() {
            return Json.read(switch (random.nextInt(7)) {
                case 0 -> "true";
                case 1 -> "\"a: b # c\"";
                case 2 -> "[1, {\"x\": [2, []], \"y\": {}}, \"z\"]";
                case 3 -> "{\"p\": {\"q\": \"no\"}, \"r\": null}";
                case 4 -> "1.50";
                case 5 -> "\"two\\nlines\\u0007\"";
                default -> "\"plain words\"";
            }, JsonNode.class);
        }
    }
}
