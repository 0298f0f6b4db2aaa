package dev.godwit.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Json;
import dev.godwit.plan.YamlTree.Position;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class YamlTreeTest {
    private final FaultList faults = new FaultList("p");

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "a: text | {'a': 'text'}",
            "{a: 1.10, b: 12345678901234567890, c: 0x1F, d: 0o17, e: -3, f: 1e3, g: 3000000000} | {'a': 1.10, 'b': 12345678901234567890, 'c': 31, 'd': 15, 'e': -3, 'f': 1E+3, 'g': 3000000000}",
            "[yes, no, on, NO, true, False, null, ~, '', '1'] | ['yes', 'no', 'on', 'NO', true, false, null, null, '', '1']",
            "[2026-11-20, 010, 1:30, .5] | ['2026-11-20', 10, '1:30', 0.5]",
            "{a: &x {b: 1}, c: *x, d: {<<: *x, e: 2}} | {'a': {'b': 1}, 'c': {'b': 1}, 'd': {'e': 2, 'b': 1}}",
            "{a: &x {b: 1, c: 1}, d: &y {b: 2, e: 2}, f: {<<: [*x, *y], c: 3}} | {'a': {'b': 1, 'c': 1}, 'd': {'b': 2, 'e': 2}, 'f': {'c': 3, 'b': 1, 'e': 2}}",
            "{a: &x {<<: {b: 1}}, c: {<<: *x}} | {'a': {'b': 1}, 'c': {'b': 1}}",
            "{'<<': 1} | {'<<': 1}",
            "{a/b: {c~d: ü, 1: 'δ→😀'}} | {'a/b': {'c~d': 'ü', '1': 'δ→😀'}}"})
    void yaml_becomes_json_with_exact_numbers_and_expanded_aliases(String yaml, String json) {
        JsonNode root = YamlTree.read(yaml, faults).root();

        assertThat(faults.sorted()).isEmpty();
        assertThat(Json.write(root)).isEqualTo(Json.write(Json.read(json.replace('\'', '"'), JsonNode.class)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "`` | p:1:1: the plan is empty",
            "# nothing | p:1:1: the plan is empty",
            "a: {b: 1, c: 2, b: 3} | p:1:17: 'b' stands here twice, first in line 1",
            "a: 1\\n\\tb: 2 | p:2:1: this is not YAML: indentation is made of spaces, and here is a tab",
            "a: [1, 2 | p:1:9: this is not YAML: expected ',' or ']', but got <stream end>",
            "a: *x | p:1:4: this is not YAML: found undefined alias x",
            "a: 1\\n---\\nb: 2 | p:2:1: a file holds one plan; a second document begins here",
            "a: !!python/object:os.system {} | p:1:4: tags such as tag:yaml.org,2002:python/object:os.system have no meaning in a plan; leave it out",
            "a: !secret x | p:1:4: tags such as !secret have no meaning in a plan; leave it out",
            "a: .inf | p:1:4: '.inf' is not a number that JSON has; if it is meant as a text, put it in quotes",
            "a: 1e999999999 | p:1:4: '1e999999999' is not a number that JSON has; if it is meant as a text, put it in quotes",
            "{a: 1, ~: 2} | p:1:8: the name of a field must be a text",
            "{<<: 3} | p:1:6: '<<' merges an object or a list of objects, such as '<<: *defaults'",
            "a: 1\\nb: \\u0000\\u0001 | p:2:4: this is not YAML: a plan is text, and here is the character U+0000"})
    void what_is_not_yaml_or_not_json_is_a_fault_in_its_place(String yaml, String fault) {
        String text = yaml.replace("\\n", "\n").replace("\\t", "\t").replace("\\u0000", "\0").replace("\\u0001", "\1");

        YamlTree.read(text, faults);

        assertThat(faults.sorted()).extracting(Fault::toString).containsExactly(fault);
    }

    @Test
    void a_field_and_an_item_are_found_in_the_text_also_with_windows_line_ends_and_wide_characters() {
        YamlTree tree = YamlTree.read("a:\r\n  - x\r\n  - {b: 1, '😀': {c: 2}, d: 3}\r\n", faults);

        assertThat(tree.at("/a")).isEqualTo(new Position(1, 1));
        assertThat(tree.at("/a/0")).isEqualTo(new Position(2, 5));
        assertThat(tree.at("/a/1/b")).isEqualTo(new Position(3, 6));
        assertThat(tree.at("/a/1/😀/c")).isEqualTo(new Position(3, 18));
        assertThat(tree.at("/a/1/missing/further")).isEqualTo(new Position(3, 5));
        assertThat(tree.root().at("/a/0").textValue()).isEqualTo("x");
    }

    @Test
    void a_byte_order_mark_is_no_fault() {
        assertThat(YamlTree.read("\uFEFFa: 1", faults).root().path("a").intValue()).isEqualTo(1);
        assertThat(faults.isEmpty()).isTrue();
    }

    @Test
    void billions_of_values_made_of_aliases_are_refused() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 10; i++) {
            bomb.append("a%d: &a%d [%s]\n".formatted(i, i, String.join(", ", List.of("*a" + (i - 1))
                    .toString()
                    .repeat(10)
                    .replace("][", "], [")
                    .split(", "))));
        }

        assertRefused(bomb.toString(), "the plan holds more than 20000 values once its aliases are expanded");
    }

    @Test
    void merge_keys_are_limited_like_aliases() {
        StringBuilder bomb = new StringBuilder("a0: &a0 {x: 1}\n");
        for (int i = 1; i < 30; i++) {
            bomb.append("a%d: &a%d {p: *a%d, q: *a%d, <<: *a%d}\n".formatted(i, i, i - 1, i - 1, i - 1));
        }

        assertRefused(bomb.toString(), "the plan holds more than 20000 values once its aliases are expanded");
    }

    @Test
    void merge_keys_that_add_nothing_are_limited_too() {
        StringBuilder bomb = new StringBuilder("a0: &a0 {x: 1}\n");
        for (int i = 1; i < 40; i++) {
            bomb.append("a%d: &a%d {<<: [*a%d, *a%d]}\n".formatted(i, i, i - 1, i - 1));
        }

        assertRefused(bomb.toString(), "the plan holds more than 20000 values once its aliases are expanded");
    }

    @Test
    void what_holds_itself_is_refused() {
        assertRefused("a: &a [*a]", "a plan is nested at most 50 deep, aliases expanded");
    }

    @Test
    void deep_nesting_is_refused_before_it_can_exhaust_the_stack() {
        assertRefused("[".repeat(200_000), "a plan is nested at most 50 deep, aliases expanded");
        assertRefused("? ".repeat(100_000), "a plan is nested at most 50 deep, aliases expanded");
    }

    @Test
    void a_text_that_is_too_long_is_refused() {
        assertRefused("a: " + "x".repeat(256 * 1024), "a plan is at most 256 KiB of text");
    }

    private static void assertRefused(String text, String message) {
        FaultList faults = new FaultList("p");

        assertThat(YamlTree.read(text, faults).root().isMissingNode()).isTrue();

        assertThat(faults.sorted()).singleElement().extracting(Fault::message).isEqualTo(message);
    }
}
