package dev.godwit.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.godwit.json.Json;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ParameterValuesTest {
    private static final Plan PLAN = PlanReader.read("plan.yaml", """
            name: shop
            target: '${{ .values.place }}-${{ .params.count }}'
            parameters:
              home: {type: path, required: true}
              work: {type: path, default: work}
              count: {type: integer, default: 3}
              ratio: {type: number}
              dry: {type: boolean}
              wait: {type: duration}
              mode: {enum: [fast, safe], default: safe}
              note: {}
            values:
              place: '${{ .values.home }}/x'
              home: '${{ .params.home }}'
            phases: [{name: a, steps: [{name: b, uses: c}]}]
            """);

    @Test
    void texts_are_read_by_the_types_of_their_parameters_and_paths_made_absolute() {
        Map<String, JsonNode> values = ParameterValues.resolve(PLAN,
                Map.of("home", "v1", "count", "12345678901234567890",
                        "ratio", "1.10", "dry", "true", "wait", "5s", "mode", "fast", "note", "7"),
                path -> "/cwd/" + path);

        assertThat(Json.write(ParameterValues.withDefaults(PLAN, values))).isEqualTo("{\"home\":\"/cwd/v1\","
                + "\"work\":\"/cwd/work\",\"count\":12345678901234567890,\"ratio\":1.10,\"dry\":true,\"wait\":\"5s\","
                + "\"mode\":\"fast\",\"note\":\"7\"}");
    }

    @Test
    void what_is_not_given_has_its_default_or_is_null() {
        Map<String, JsonNode> values = ParameterValues.resolve(PLAN, Map.of("home", "v1"), path -> "/cwd/" + path);

        assertThat(values).containsOnlyKeys("home", "work");
        assertThat(Json.write(ParameterValues.withDefaults(PLAN, values))).isEqualTo("{\"home\":\"/cwd/v1\","
                + "\"work\":\"/cwd/work\",\"count\":3,\"ratio\":null,\"dry\":null,\"wait\":null,\"mode\":\"safe\","
                + "\"note\":null}");
    }

    @Test
    void all_that_is_wrong_is_said_at_once() {
        InvalidPlanException invalid = catchThrowableOfType(InvalidPlanException.class,
                () -> ParameterValues.resolve(PLAN,
                        Map.of("hoome", "v1", "count", "1.5", "ratio", "x", "dry", "yes", "wait",
                                "5", "mode", "saef"),
                        path -> "/cwd/" + path));

        assertThat(invalid.faults()).extracting(Fault::message)
                .containsExactly(
                        "the plan has no parameter 'hoome'; did you mean 'home'?",
                        "the parameter 'home' is required and was not given",
                        "the parameter 'count' must be a whole number, and is 1.5",
                        "the parameter 'ratio' must be a number, and is the text 'x'",
                        "the parameter 'dry' must be true or false, and is the text 'yes'",
                        "the parameter 'wait' must be a duration such as 30s, and is the text '5'",
                        "the parameter 'mode' must be one of fast, safe, and is the text 'saef'; did you mean 'safe'?");
    }

    @Test
    void an_empty_path_is_not_the_directory_in_which_someone_stands() {
        assertThatThrownBy(() -> ParameterValues.resolve(PLAN, Map.of("home", ""), path -> "/cwd/" + path))
                .isInstanceOf(InvalidPlanException.class)
                .hasMessageContaining("the parameter 'home' must be a path");
    }

    @Test
    void two_spellings_of_a_path_are_one_target() {
        Map<String, JsonNode> spelt = Map.of("home", TextNode.valueOf("/srv//old/../v1/"));

        assertThat(PlanHeader.of(PLAN, spelt, Optional.empty()).target()).isEqualTo("/srv/v1/x-3");
    }

    @Test
    void a_client_without_step_types_finds_the_target() {
        Map<String, JsonNode> values = ParameterValues.resolve(PLAN, Map.of("home", "v1"), path -> "/cwd/" + path);

        assertThat(PlanHeader.of(PLAN, values, Optional.empty())).isEqualTo(new PlanHeader("shop", "/cwd/v1/x-3"));
        assertThat(PlanHeader.of(PLAN, values, Optional.of("other"))).isEqualTo(new PlanHeader("shop", "other"));
        assertThatThrownBy(() -> PlanHeader.of(PLAN, values, Optional.of(" "))).isInstanceOf(InvalidPlanException.class)
                .hasMessageContaining("a target is a text of 1 to 500 characters");
    }
}
