package dev.godwit.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Json;
import dev.godwit.run.RunState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PlanCheckerTest {
    private static final Path PLANS = Path.of("src/test/resources/plans");
    private static final Map<String, JsonNode> PARAMETERS = parameters("{'home': '/srv/v1', 'backups': '/backup'}");

    /**
     * Each plan of the folder with the faults that stand beside it; without such a file it has none. Its first line may give
     * the parameters.
     */
    static Stream<String> plans() throws IOException {
        try (Stream<Path> files = Files.list(PLANS)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".yaml"))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("plans")
    void all_faults_of_a_plan_are_reported_with_their_places(String name) throws IOException {
        Path expected = PLANS.resolve(name.replace(".yaml", ".faults"));

        String found = faultsOf(name).stream()
                .map(fault -> fault.line() + ":" + fault.column() + ": " + fault.message())
                .collect(Collectors.joining("\n"));

        assertThat(found).isEqualTo(Files.exists(expected) ? Files.readString(expected).strip() : "");
    }

    @Test
    void a_plan_with_fifteen_mistakes_has_fifteen_faults() throws IOException {
        assertThat(faultsOf("fifteen-mistakes.yaml")).hasSize(15).extracting(Fault::line).doesNotHaveDuplicates();
    }

    @Test
    void the_form_of_a_plan_can_be_checked_without_parameters() throws IOException {
        assertThat(PlanChecker.checkForm("plan.yaml", text("license-plate.yaml"), new TinyCatalog()).name())
                .isEqualTo("license-plate-v2");
    }

    @Test
    void the_plan_of_the_reference_page_has_no_fault() throws IOException {
        String page = Files.readString(Path.of("../docs/reference/plan.md"));
        String plan = page.substring(page.indexOf("```yaml") + 8, page.indexOf("```\n", page.indexOf("```yaml") + 8));

        assertThat(PlanChecker.check("plan.md", plan, PARAMETERS, Optional.empty(), new TinyCatalog()).target())
                .isEqualTo("/srv/v1");
    }

    @Test
    void the_check_resolves_parameters_values_resources_and_target() throws IOException {
        CheckedPlan checked = check("license-plate.yaml", PARAMETERS, Optional.empty());

        assertThat(checked.target()).isEqualTo("/srv/v1");
        assertThat(checked.sha256()).hasSize(64);
        assertThat(Json.write(checked.parameters())).isEqualTo(Json.write(parameters(
                "{'home': '/srv/v1', 'backups': '/backup', 'strategy': 'parallel', 'port': 8001, 'settle': '5s'}")));
        assertThat(Json.write(checked.values())).isEqualTo(Json.write(parameters(
                "{'parallel': true, 'url': 'http://localhost:8001'}")));
        assertThat(Json.write(checked.resources().get("v2"))).isEqualTo(Json.write(parameters(
                "{'kind': 'http', 'url': 'http://localhost:8001'}")));
        assertThat(checked.resources().get("parking").at("/password/secret").asText()).isEqualTo("PARKING_DB_PASSWORD");
    }

    @Test
    void a_target_that_is_given_goes_before_the_plans() throws IOException {
        assertThat(check("license-plate.yaml", PARAMETERS, Optional.of("shop")).target()).isEqualTo("shop");
    }

    @Test
    void the_check_finds_what_workflow_code_must_know_of_each_step() throws IOException {
        CheckedPlan checked = check("license-plate.yaml", PARAMETERS, Optional.empty());

        assertThat(checked.facts().get("files")).satisfies(facts -> {
            assertThat(facts.undoable()).isFalse();
            assertThat(facts.site()).isEqualTo("default");
            assertThat(facts.resources()).containsExactly("v1_home", "backups");
            assertThat(facts.needs()).isEmpty();
            assertThat(facts.dynamic()).isFalse();
        });
        assertThat(checked.facts().get("start_v2")).satisfies(facts -> {
            assertThat(facts.resources()).containsExactly("v2_process", "v1_home", "v2");
            assertThat(facts.starts()).contains("process");
            assertThat(facts.dynamic()).isTrue();
        });
        assertThat(checked.facts().get("stop_v1").stops()).contains("process");
        assertThat(checked.facts().get("rows")).satisfies(facts -> {
            assertThat(facts.site()).isEqualTo("db-host");
            assertThat(facts.needs()).containsExactly("files");
            assertThat(facts.dynamic()).isTrue();
        });
        assertThat(checked.phaseNeeds()).containsEntry("cutover", List.of("documents"))
                .containsEntry("backup", List.of());
    }

    @Test
    void the_check_finds_what_on_call_decides() throws IOException {
        CheckedPlan checked = check("on-call.yaml", parameters("{'chat': 'chat:hooks/migrations'}"),
                Optional.empty());

        assertThat(checked.plan().acceptLoss()).isTrue();
        assertThat(checked.plan().onFailure()).isEqualTo(OnFailure.PAUSE);
        assertThat(checked.plan().notices()).containsExactly(
                new Notice("chat:hooks/migrations", Notice.DEFAULT),
                new Notice("chat", List.of(RunState.PAUSED, RunState.WAITING_TO_FINALIZE),
                        Optional.of("\":warning: \\(.text)\"")));
        assertThat(checked.plan().phases()).extracting(Phase::approval)
                .containsExactly(
                        Optional.of(new Approval("the old shop stops taking orders", Optional.of(Duration.ofDays(1)))),
                        Optional.of(new Approval("", Optional.empty())), Optional.empty());
        assertThat(checked.plan().phases()).extracting(Phase::finalizing).containsExactly(false, false, true);
        assertThat(checked.plan().phases()).extracting(Phase::onFailure)
                .containsExactly(Optional.empty(), Optional.of(OnFailure.ROLLBACK), Optional.of(OnFailure.PAUSE));
    }

    @Test
    void a_pivot_is_what_the_plan_calls_one_or_what_moves_traffic() throws IOException {
        Map<String, StepFacts> facts = check("on-call.yaml", parameters("{'chat': 'chat'}"), Optional.empty())
                .facts();

        assertThat(facts.get("move").loses()).contains("what others wrote since move");
        assertThat(facts.get("look").loses()).isEmpty();
        assertThat(facts.get("open").loses()).contains("what others wrote since open");
        assertThat(facts.get("announce").loses()).contains("orders that came in by telephone");
    }

    @Test
    void missing_unknown_and_wrong_parameters_are_faults_where_they_are_declared() throws IOException {
        InvalidPlanException invalid = catchThrowableOfType(InvalidPlanException.class,
                () -> check("license-plate.yaml", parameters(
                        "{'hom': '/x', 'backups': 'relative/path', 'strategy': 'paralel', 'port': '8001', 'settle': '5'}"),
                        Optional.empty()));

        assertThat(invalid.faults()).extracting(Fault::toString)
                .containsExactly(
                        "plan.yaml: the plan has no parameter 'hom'; did you mean 'home'?",
                        "plan.yaml:7:3: the parameter 'home' is required and was not given (directory that holds V1)",
                        "plan.yaml:8:3: the parameter 'backups' must be an absolute path, and is 'relative/path'",
                        "plan.yaml:9:3: the parameter 'strategy' must be one of parallel, direct, and is the text 'paralel'; did you mean 'parallel'?",
                        "plan.yaml:10:3: the parameter 'port' must be a whole number, and is the text '8001'",
                        "plan.yaml:11:3: the parameter 'settle' must be a duration such as 30s, and is the text '5'");
    }

    @Test
    void what_expressions_give_is_checked_like_what_is_written() {
        String text = """
                name: p
                target: x
                parameters:
                  where: {required: true}
                resources:
                  home: {kind: directory, path: /srv}
                phases:
                  - name: one
                    steps:
                      - name: files
                        uses: backup.files
                        with: {from: '${{ .params.where }}', to: home}
                """;

        assertThatThrownBy(() -> PlanChecker.check("p.yaml", text, parameters("{'where': 'hom:data'}"),
                Optional.empty(), new TinyCatalog()))
                .hasMessage("p.yaml:12:16: there is no resource 'hom'; did you mean 'home'?");
        assertThat(PlanChecker.check("p.yaml", text, parameters("{'where': 'home:data'}"), Optional.empty(),
                new TinyCatalog()).facts().get("files").resources()).containsExactly("home");
    }

    @Test
    void a_plan_without_a_target_needs_one_given() {
        String text = """
                name: p
                resources: {web: {kind: http, url: 'http://localhost'}}
                phases: [{name: one, steps: [{name: two, uses: check.http, with: {to: web}}]}]
                """;

        assertThatThrownBy(() -> PlanChecker.check("p.yaml", text, Map.of(), Optional.empty(), new TinyCatalog()))
                .hasMessage(
                        "p.yaml: the plan does not say what it migrates; give it a 'target', or the run one with --target");
        assertThat(PlanChecker.check("p.yaml", text, Map.of(), Optional.of("t"), new TinyCatalog()).target())
                .isEqualTo("t");
    }

    private static List<Fault> faultsOf(String name) throws IOException {
        try {
            String first = text(name).lines().findFirst().orElse("");
            check(name, first.startsWith("# given: ") ? parameters(first.substring(9)) : Map.of(), Optional.empty());
            return List.of();
        } catch (InvalidPlanException e) {
            return e.faults();
        }
    }

    private static CheckedPlan check(String name, Map<String, JsonNode> parameters, Optional<String> target)
            throws IOException {
        return PlanChecker.check("plan.yaml", text(name), parameters, target, new TinyCatalog());
    }

    private static String text(String name) throws IOException {
        return Files.readString(PLANS.resolve(name), StandardCharsets.UTF_8);
    }

    private static Map<String, JsonNode> parameters(String json) {
        Map<String, JsonNode> parameters = new LinkedHashMap<>();
        Json.read(json.replace('\'', '"'), JsonNode.class)
                .properties()
                .forEach(field -> parameters.put(field.getKey(), field.getValue()));
        return parameters;
    }
}
