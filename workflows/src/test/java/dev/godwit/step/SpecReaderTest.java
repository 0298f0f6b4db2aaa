package dev.godwit.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Jq;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.SpecReader.FoundLocation;
import dev.godwit.step.SpecReader.SpecFault;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecReaderTest {
    enum Verify { RESTORE, HASH_ONLY }

    record Request(String path, @Default("GET") String method, @Default("200") int status) {
        Request {
            if (!path.startsWith("/")) {
                throw new IllegalArgumentException("path must begin with /");
            }
        }
    }

    record Rate(int number, String unit) {
        @JsonCreator
        static Rate parse(String text) {
            String[] parts = text.split("/", -1);
            if (parts.length != 2) {
                throw new IllegalArgumentException("'" + text + "' is not a rate such as 20/s");
            }
            return new Rate(Integer.parseInt(parts[0]), parts[1]);
        }
    }

    record Spec(@Of("directory") Location from, @Of( {"directory", "s3"}) Optional<List<Location>> copies,
            @Default("[\"**\"]") List<String> include, @Default("restore") Verify verify,
            @Default("30s") Duration within,
            Optional<Jq> mapping, Optional<Request> request, @Default("{}") Map<String, String> environment,
            Optional<BigDecimal> exactLimit, Optional<Rate> rate, Optional<JsonNode> anything){}

    @Test
    void a_spec_with_the_least_gets_all_defaults() {
        Spec spec = bind("{'from': 'v1_home:data'}");

        assertThat(spec).isEqualTo(new Spec(Location.parse("v1_home:data"), Optional.empty(), List.of("**"),
                Verify.RESTORE, Duration.ofSeconds(30), Optional.empty(), Optional.empty(), Map.of(),
                Optional.empty(), Optional.empty(), Optional.empty()));
    }

    @Test
    void a_full_spec_is_read_with_kebab_case_names_nested_records_and_exact_numbers() {
        Spec spec = bind(
                "{'from': 'a', 'copies': ['b', 'c:x'], 'include': [], 'verify': 'hash-only', 'within': '1m30s',"
                        + " 'mapping': '.a', 'request': {'path': '/x', 'status': 404}, 'environment': {'PORT': 8001, 'ON': true},"
                        + " 'exact-limit': 1234567890123456789.10, 'rate': '20/s', 'anything': [1]}");

        assertThat(spec.copies()).contains(List.of(Location.parse("b"), Location.parse("c:x")));
        assertThat(spec.verify()).isEqualTo(Verify.HASH_ONLY);
        assertThat(spec.within()).isEqualTo(Duration.ofSeconds(90));
        assertThat(spec.request()).contains(new Request("/x", "GET", 404));
        assertThat(spec.environment()).containsExactly(Map.entry("PORT", "8001"), Map.entry("ON", "true"));
        assertThat(spec.exactLimit()).contains(new BigDecimal("1234567890123456789.10"));
        assertThat(spec.rate()).contains(new Rate(20, "s"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "{'fron': 'a', 'from': 'a'} | /fron | unknown field 'fron'; did you mean 'from'?",
            "{} |  | missing field 'from' (a location, RESOURCE or RESOURCE:PATH)",
            "{'from': '/srv/data'} | /from | from: '/srv/data' is not the name of a resource; a location is written RESOURCE or RESOURCE:PATH",
            "{'from': 'a:../b'} | /from | from: '../b' leaves its resource with '..'",
            "{'from': 'a', 'include': 'data/**'} | /include | include must be a list, and is the text 'data/**'; write [data/**]",
            "{'from': 'a', 'include': ['x', {}]} | /include/1 | include[1] must be a text, and is an object",
            "{'from': 'a', 'verify': 'restor'} | /verify | verify must be one of restore, hash-only, and is the text 'restor'; did you mean 'restore'?",
            "{'from': 'a', 'within': '30'} | /within | within: '30' is not a duration; write a number with a unit, such as 250ms, 30s, 2m, 24h or 7d",
            "{'from': 'a', 'request': {'path': '/', 'status': 2.5}} | /request/status | request.status must be a whole number, and is 2.5",
            "{'from': 'a', 'request': {'path': '/', 'status': 99999999999}} | /request/status | request.status is too large: 99999999999",
            "{'from': 'a', 'request': {'path': 'x'}} | /request | request: path must begin with /",
            "{'from': 'a', 'request': {'paht': '/x', 'path': '/'}} | /request/paht | unknown field 'request.paht'; did you mean 'path'?",
            "{'from': 'a', 'rate': '20'} | /rate | rate: '20' is not a rate such as 20/s",
            "{'from': 'a', 'environment': {'A/B': []}} | /environment/A~1B | environment.A/B must be a text, and is a list",
            "[] |  | this must be an object, and is a list"})
    void a_fault_names_its_place_and_what_would_be_right(String spec, String pointer, String message) {
        assertThat(SpecReader.check(json(spec), Spec.class))
                .containsExactly(new SpecFault(pointer == null ? "" : pointer, message));
    }

    @Test
    void jq_that_does_not_compile_is_a_fault() {
        assertThat(SpecReader.check(json("{'from': 'a', 'mapping': '.a |'}"), Spec.class))
                .singleElement()
                .satisfies(fault -> assertThat(fault.message()).startsWith("mapping: '.a |' is not a jq expression"));
    }

    @Test
    void binding_reports_all_faults_at_once() {
        assertThatThrownBy(() -> bind("{'fron': 'a', 'within': 3, 'request': {}}"))
                .isInstanceOfSatisfying(StepFailure.class, failure -> {
                    assertThat(failure.type()).isEqualTo("user/spec-invalid");
                    assertThat(failure.retryable()).isFalse();
                })
                .hasMessageContainingAll("unknown field 'fron'", "missing field 'from'", "within must be a duration",
                        "missing field 'request.path'");
    }

    @Test
    void what_an_expression_will_say_is_taken_on_trust_by_the_check_and_not_by_binding() {
        JsonNode spec = json("{'from': 'a', 'within': '${{ .params.wait }}', 'request': '${{ .values.request }}'}");

        assertThat(SpecReader.check(spec, Spec.class)).isEmpty();
        assertThatThrownBy(() -> SpecReader.bind(spec, Spec.class)).isInstanceOf(StepFailure.class);
    }

    @Test
    void the_check_lists_the_locations_with_the_kinds_that_they_may_be() {
        JsonNode spec = json("{'from': 'home:x', 'copies': ['b:${{ .params.x }}', '${{ .params.y }}']}");

        assertThat(SpecReader.inspect(spec, Spec.class).locations()).containsExactly(
                new FoundLocation("/from", "home:x", Optional.of("home"), List.of("directory")),
                new FoundLocation("/copies/0", "b:${{ .params.x }}", Optional.of("b"), List.of("directory", "s3")),
                new FoundLocation("/copies/1", "${{ .params.y }}", Optional.empty(), List.of("directory", "s3")));
    }

    private static Spec bind(String json) {
        return SpecReader.bind(json(json), Spec.class);
    }

    private static JsonNode json(String text) {
        return Json.read(text.replace('\'', '"'), JsonNode.class);
    }
}
