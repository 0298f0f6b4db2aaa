package dev.godwit.activities.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(300)
class GateCommandTest {
    @Nested
    class ByExitCode extends StepContract {
        @Override
        protected StepWorld world(Path directory) {
            return GateCommandTest.world(directory, "shell: 'exit 0', interval: '1ms', count: 2");
        }
    }

    @TempDir
    private Path temporary;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {"shell: 'exit 0'|passed|",
            "shell: 'exit 1'|failed|1: . == 1",
            "shell: 'exit 2'|inconclusive|2: neither . == 0 nor . == 1",
            "shell: 'kill -9 $$'|inconclusive|137: neither",
            "shell: 'sleep 1000', within: '100ms'|inconclusive|took longer than 100ms",
            "command: ['echo', '{\"memory\": 0.79}'], value: '.json.memory', pass: '. < 0.8'|passed|",
            "command: ['echo', '{\"memory\": 0.81}'], value: '.json.memory', pass: '. < 0.8'|failed|0.81: not . < 0.8",
            "command: ['echo', 'no JSON'], value: '.json.memory', pass: '. < 0.8'|inconclusive|there is no value",
            "shell: 'exit 3', fail: '. > 2'|failed|3: . > 2"})
    void the_exit_code_or_a_value_decides(String with, String verdict, String why) throws Exception {
        try (StepWorld world = world(Files.createDirectory(temporary.resolve("world")), with)) {
            JsonNode output = world.run().output();

            assertThat(output.path("verdict").asText()).as(with).isEqualTo(verdict);
            assertThat(output.path("reason").asText()).contains(why == null ? "" : why);
        }
    }

    @Test
    void limits_count_over_all_measurements_and_a_secret_is_seen_nowhere() throws Exception {
        try (StepWorld world = world(Files.createDirectory(temporary.resolve("world")),
                "shell: 'echo x >> n; echo \\\\\"$KEY\\\\\"; exit $(($(wc -l < n) - 1))', environment: {KEY: {secret: 'K'}},"
                        + " interval: '1ms', count: 3, failure-limit: 1, inconclusive-limit: 1")) {
            world.secret("K", "hush-hush");

            var result = world.run();

            assertThat(result.output().path("verdict").asText()).isEqualTo("passed");
            assertThat(result.output().path("failed").asInt()).isEqualTo(1);
            assertThat(result.output().path("inconclusive").asInt()).isEqualTo(1);
            assertThat(
                    world.spec("{directory: 'home', shell: 'echo \\\\\"$KEY\\\\\"', environment: {KEY: {secret: 'K'}},"
                            + " value: '.json', pass: '. == 1'}").round(2).run().toString())
                    .doesNotContain("hush-hush");
        }
    }

    @Test
    void a_program_that_is_not_there_fails_the_step() throws Exception {
        try (StepWorld world = world(Files.createDirectory(temporary.resolve("world")),
                "command: ['no-such-program']")) {
            assertThatThrownBy(world::run).hasMessageContaining("no-such-program");
        }
    }

    @Test
    void a_dry_run_does_not_ask() throws Exception {
        try (StepWorld world = world(Files.createDirectory(temporary.resolve("world")), "shell: 'touch asked'")) {
            assertThat(world.preview().changes()).singleElement().asString().contains("would measure once");
            assertThat(world.directory().resolve("asked")).doesNotExist();
        }
    }

    private static StepWorld world(Path directory, String with) {
        return new StepWorld(directory, "gate.command").directory("home", directory)
                .spec("{directory: 'home', " + with + "}");
    }
}
