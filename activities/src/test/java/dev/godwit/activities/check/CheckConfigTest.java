package dev.godwit.activities.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row D5. */
class CheckConfigTest extends StepContract {
    private static final String GOOD = """
            middleware:
              timing: {enabled: true}
            voices:
              - name: ada
              - name: bob
            """;

    @TempDir
    private Path temporary;

    @Override
    protected StepWorld world(Path directory) throws Exception {
        return world(directory, "config.yaml", GOOD)
                .spec("{in: 'home:config.yaml', required: ['.middleware'], known: ['.'],"
                        + " settings: {'.middleware.timing': {type: 'object'}, '.voices[].name': {required: true}}}");
    }

    @Test
    void all_faults_are_reported_at_once_each_with_its_line() throws Exception {
        String config = """
                # STTS
                middelware:
                  timing: {enabled: true}
                gen:
                  temperature: hot
                  speed: 9
                  threads: 1.5
                  old_speed: hush
                  mode: fast
                voices:
                  - name: ada
                  - nam: bob
                """;
        try (StepWorld world = world(temporary.resolve("w"), "config.yaml", config)) {
            world.spec("{in: 'home:config.yaml', required: ['.middleware', '.gen.mode'], known: ['.'],"
                    + " deprecated: {'.gen.old_speed': '.gen.speed'}, settings: {"
                    + "'.gen.temperature': {type: 'number'}, '.gen.speed': {max: 5}, '.gen.threads': {type: 'integer'},"
                    + "'.gen.mode': {enum: ['slow', 'exact']}, '.voices[].name': {type: 'text', required: true}}}");

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("check.config: home:config.yaml has 9 faults: ")
                    .hasMessageNotContaining("hush")
                    .hasMessageNotContaining("hot");
            assertThat(refused(world)).containsExactly(
                    "1 .middleware is missing; is .middelware meant for it?",
                    "2 .middelware is not known; did you mean 'middleware'?",
                    "5 .gen.temperature must be a number, and is a text", "6 .gen.speed must be at most 5",
                    "7 .gen.threads must be an integer, and is a number",
                    "8 .gen.old_speed is deprecated; use .gen.speed",
                    "9 .gen.mode must be one of slow, exact", "12 .voices[1].nam is not known; did you mean 'name'?",
                    "12 .voices[1].name is missing; is .voices[1].nam meant for it?");
        }
    }

    @Test
    void tolerated_faults_do_not_fail_the_step() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"), "config.yaml", "a: 1\nold: 2\n")) {
            String spec = "{in: 'home:config.yaml', deprecated: {'.old': '.new'}, required: ['.b'], tolerate: [%s]}";

            JsonNode output = world.spec(spec.formatted("'deprecated', 'required'")).run().output();

            assertThat(output.get("failed").asInt()).isZero();
            assertThat(problems(output)).containsExactly("1 .b is missing", "2 .old is deprecated; use .new");
            assertThatThrownBy(world.spec(spec.formatted("'deprecated'"))::run).hasMessageContaining("has 1 fault: ");
        }
    }

    @Test
    void json_is_checked_with_its_lines() throws Exception {
        String config = "{\n \"a\": [1,\n  {\"b\": \"x\"}],\n \"c\": {\n  \"d\": true}\n}\n";
        try (StepWorld world = world(temporary.resolve("w"), "config.json", config)) {
            world.spec("{in: 'home:config.json', settings: {'.a[].b': {type: 'number'}, '.c.d': {type: 'text'},"
                    + " '.a': {type: 'list'}}}");

            assertThat(refused(world)).containsExactly(
                    "3 .a[1].b must be a number, and is a text", "5 .c.d must be a text, and is true or false");
        }
    }

    @Test
    void values_of_an_env_file_are_of_a_type_if_they_read_as_one() throws Exception {
        String config = "# x\nexport PORT='8000'\nDEBUG=maybe\nRATIO=0.5\nPROT=1\n";
        try (StepWorld world = world(temporary.resolve("w"), ".env", config)) {
            world.spec("{in: 'home:.env', known: ['.'], required: ['.HOST'], settings: {'.PORT': {type: 'integer',"
                    + " min: 9000}, '.DEBUG': {type: 'boolean'}, '.RATIO': {type: 'integer'}}}");

            assertThat(refused(world)).containsExactly("1 .HOST is missing",
                    "2 .PORT must be at least 9000", "3 .DEBUG must be true or false, and is a text that is none",
                    "4 .RATIO must be an integer, and is a text that is none",
                    "5 .PROT is not known; did you mean 'PORT'?");
        }
    }

    @Test
    void a_file_that_cannot_be_read_is_one_fault() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"), "config.yaml", "a: 1\nb: [\n")) {
            assertThatThrownBy(world.spec("{in: 'home:config.yaml', required: ['.a']}")::run)
                    .hasMessageContaining("has 1 fault: line 3: this is not yaml: ");
        }
        try (StepWorld world = world(temporary.resolve("x"), "config.json", "{\n\"a\": 1,\n\"a\": 2}")) {
            assertThatThrownBy(world.spec("{in: 'home:config.json', required: ['.a']}")::run)
                    .hasMessageContaining("line 3: this is not json: Duplicate field 'a'");
        }
    }

    /** What a run says, and a preview too. */
    private static List<String> refused(StepWorld world) {
        StepFailure failure = catchThrowableOfType(StepFailure.class, world::run);
        assertThatThrownBy(world::preview).isInstanceOf(StepFailure.class).hasMessage(failure.getMessage());
        String faults = failure.getMessage().split(" faults: ", 2)[1];
        return Stream.of(faults.split("; (?=line )")).map(fault -> fault.replaceFirst("line (\\d+):", "$1")).toList();
    }

    private static List<String> problems(JsonNode output) {
        List<String> problems = new ArrayList<>();
        output.get("faults")
                .forEach(fault -> problems.add(fault.get("line").asInt() + " "
                        + fault.get("problem").asText()));
        return problems;
    }

    private static StepWorld world(Path directory, String name, String config) throws Exception {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve(name), config);
        return new StepWorld(directory, "check.config").directory("home", directory);
    }
}
