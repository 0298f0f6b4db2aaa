package dev.godwit.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.godwit.json.Json;
import dev.godwit.plan.Expressions.ExpressionException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionsTest {
    private static final JsonNode SCOPE = Expressions.scope(
            Map.of("home", json("'/srv/v1'"), "count", json("12345678901234567890"), "price", json("1.10"), "on",
                    json("true"), "nothing", json("null")),
            Map.of("list", json("[1, 'a', null]"), "deep", json("{'a': {'b': 7}}")), Map.of("backup", "completed"),
            Map.of("files", json("{'total_size': 9007199254740993, 'names': ['x', 'y']}")));

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "'no expression' | 'no expression'",
            "'${{ .params.home }}' | '/srv/v1'",
            "'${{.params.home}}/data' | '/srv/v1/data'",
            "'${{ .params.count }}' | 12345678901234567890",
            "'${{ .params.count }} plates' | '12345678901234567890 plates'",
            "'${{ .steps.files.total_size + 1 }}' | 9007199254740994",
            "'${{ .params.price }}' | 1.10",
            "'at ${{ .params.price }}' | 'at 1.10'",
            "'${{ .steps.files.total_size }}' | 9007199254740993",
            "'${{ .params.on }} and ${{ .values.list }}' | 'true and [1,\\'a\\',null]'",
            "'${{ .params.nothing }}' | null",
            "'${{ {a: {b: 1}} }}' | {'a': {'b': 1}}",
            "'${{ \\'}}\\' }}!' | '}}!'",
            "'${{ \\'${{\\' }} stays' | '${{ stays'",
            "{'a': ['${{ .values.deep.a.b }}', {'b': '${{ .phases.backup.state }}'}], 'c': 1} | {'a': [7, {'b': 'completed'}], 'c': 1}"})
    void an_expression_is_replaced_by_what_it_gives(String template, String expected) {
        assertThat(Json.write(Expressions.resolve(json(template), SCOPE))).isEqualTo(Json.write(json(expected)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "a ${{ .params.nothing }} b | '.params.nothing' gives null, which cannot be written into",
            "`${{ .params.home | | }}` | is not a jq expression",
            "${{ .values.list[] }} | gives 3 results where one is wanted",
            "${{ .params.home + 1 }} | jq '.params.home + 1'",
            "${{ .params.home | does not end it with }}",
            "${{ now }} | 'now' is not available in a plan; use $run.started",
            "${{ env.HOME }} | 'env' is not available in a plan; make it a parameter of the plan",
            "${{ $ENV.HOME }} | $ENV"})
    void an_expression_that_fails_says_why(String template, String message) {
        assertThatThrownBy(() -> Expressions.resolve(json(Json.write(template).replace("'", "\\u0027")), SCOPE))
                .isInstanceOf(ExpressionException.class)
                .hasMessageContaining(message);
    }

    @Test
    void an_expression_without_end_is_an_error_and_not_the_end_of_the_worker() {
        assertThatThrownBy(() -> Expressions.resolve(json("'${{ def f: 1 + f; f }}'"), SCOPE))
                .isInstanceOf(ExpressionException.class)
                .hasMessageContaining("it calls itself without end");
        assertThatThrownBy(() -> Expressions.when("(".repeat(100_000), SCOPE)).isInstanceOf(ExpressionException.class)
                .hasMessageContaining("nested too deep");
        assertThatThrownBy(() -> Expressions.resolve(TextNode.valueOf("${{ " + "(".repeat(100_000)), SCOPE))
                .isInstanceOf(ExpressionException.class)
                .hasMessageContaining("does not end it with }}");
    }

    @Test
    void what_an_expression_gives_is_not_resolved_again() {
        JsonNode scope = Expressions.scope(Map.of("x", json("'${{ .params.y }}'")), Map.of(), Map.of(), Map.of());

        assertThat(Expressions.resolve(json("'${{ .params.x }}'"), scope).textValue()).isEqualTo("${{ .params.y }}");
    }

    @Test
    void when_takes_true_false_and_null_and_nothing_else() {
        assertThat(Expressions.when(".params.on", SCOPE)).isTrue();
        assertThat(Expressions.when(".params.on | not", SCOPE)).isFalse();
        assertThat(Expressions.when(".steps.left_out.field", SCOPE)).isFalse();
        assertThatThrownBy(() -> Expressions.when(".params.home", SCOPE)).isInstanceOf(ExpressionException.class)
                .hasMessage("'.params.home' must give true or false, and gives the text '/srv/v1'");
    }

    @Test
    void expect_passes_on_true_fails_on_false_and_says_what_it_read() {
        JsonNode output = json("{'failed': 3, 'ratio': 0.10}");

        assertThat(Expressions.expect(".output.failed == 3 and .params.on", output, SCOPE))
                .isEqualTo(new Expressions.Decision(Verdict.PASSED, Optional.empty()));
        assertThat(Expressions.expect(".output.failed == 0 and .output.ratio < 1", output, SCOPE)).isEqualTo(
                new Expressions.Decision(Verdict.FAILED, Optional.of(
                        ".output.failed is 3, .output.ratio is 0.10")));
    }

    @ParameterizedTest
    @ValueSource(strings = {".output.missing", ".output.failed", ".output.failed | error", "now > 3", ".output |",
            "empty"})
    void expect_is_inconclusive_on_all_else(String expression) {
        Expressions.Decision decision = Expressions.expect(expression, json("{'failed': 3}"), SCOPE);

        assertThat(decision.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(decision.reason()).isPresent();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            ".params.a == .values.b | .params.a .values.b",
            "`.steps.files.names[0] | length` | .steps.files.names",
            "'.params.x \\' in a string' | ``",
            "'at \\(.params.a + .steps.b.c)' | .params.a .steps.b.c",
            ".['params']['a'] + .'values'.b | .params.a .values.b",
            "`.params.list | map(.params.x)` | .params.list .params.x?",
            "any(.params.list[]; .x) | .params.list? .x?",
            "`.params.a as $x | .params.b` | .params.a .params.b",
            "{params: .params.a, b: $x.params} # .params.z | .params.a",
            "if .params.on then .values.a else (.values.b) end | .params.on .values.a .values.b",
            "[.params.a, 1.5, .params.b] | .params.a .params.b",
            ".. | ``", ". | ``", ".steps[.params.x] | .steps .params.x"})
    void the_paths_that_an_expression_reads_are_found(String expression, String paths) {
        List<String> found = JqScanner.scan(expression.replace('\'', '"'))
                .references()
                .stream()
                .map(reference -> reference + (reference.certain() ? "" : "?"))
                .toList();

        assertThat(String.join(" ", found)).isEqualTo(paths == null ? "" : paths);
    }

    private static JsonNode json(String text) {
        return Json.read(text.replace("\\'", "\\\"").replace('\'', '"'), JsonNode.class);
    }
}
