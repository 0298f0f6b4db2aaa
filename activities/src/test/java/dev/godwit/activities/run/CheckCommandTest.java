package dev.godwit.activities.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

@Timeout(120)
class CheckCommandTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return CheckCommandTest.world(directory, "shell: 'cat version', json: '.major >= 3', contains: 'major'");
        }

        @Override
        protected int interruptions() {
            return 12; // Each waits for a process.
        }
    }

    @TempDir
    private Path temporary;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
            "command: ['cat', 'version']|", "shell: 'exit 3', success-codes: [0, 3]|",
            "shell: 'echo no; exit 3'|ended with 3, and [0] pass; it wrote at the end:",
            "command: ['cat', 'version'], json: '.major > 3'|wrote that for which '.major > 3' gives false",
            "command: ['cat', 'version'], json: '.major'|wrote that for which '.major' gives 3",
            "shell: 'echo three', json: '. > 2'|wrote what is not JSON",
            "shell: 'echo three', contains: 'four'|did not write 'four'; it wrote at the end:"})
    void exit_code_and_what_it_wrote_decide(String spec, String objection) throws Exception {
        try (StepWorld world = world(temporary.resolve("w"), spec).attempts(2)) {
            if (objection == null) {
                world.run();
            } else {
                assertThatThrownBy(world::run).hasMessageStartingWith("check.command: '")
                        .hasMessageContaining(objection)
                        .extracting("retryable")
                        .isEqualTo(true);
            }
        }
    }

    @Test
    void a_retry_runs_it_again() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"), "shell: 'test -e there && echo found'").attempts(2)) {
            assertThatThrownBy(world::run).hasMessageContaining("it wrote nothing");
            Files.createFile(world.directory().resolve("there"));

            assertThat(world.run().output().get("last_line").asText()).isEqualTo("found");
        }
    }

    @Test
    void one_that_takes_too_long_is_ended() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"), "shell: 'sleep 300', timeout: '300ms'")) {
            assertThatThrownBy(world::run)
                    .hasMessageContaining(
                            "check.command: 'sh -c sleep 300' was killed because it took longer than 300ms");
        }
    }

    @Test
    void secrets_reach_it_by_its_environment_and_nobody_else() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"),
                "shell: 'echo $TOKEN; test ${#TOKEN} = 8', environment: {TOKEN: {secret: 'TOKEN'}}")
                .secret("TOKEN", "hunter22")) {
            assertThat(world.run().output().get("last_line").asText()).isEqualTo("[secret TOKEN]");
            assertThat(Files.readString(world.state()
                    .evidence(world.task().identity().runId())
                    .resolve("steps/step.1/check.log"))).doesNotContain("hunter22");
        }
    }

    @Test
    void a_dry_run_does_not_run_it() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"), "shell: 'touch made'")) {
            assertThat(world.preview().changes()).containsExactly("would run 'sh -c touch made' in home");
            assertThat(world.directory().resolve("made")).doesNotExist();
        }
    }

    private static StepWorld world(Path directory, String spec) throws Exception {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("version"), "{\"major\": 3}\n");
        return new StepWorld(directory, "check.command").directory("home", directory)
                .spec("{directory: 'home', " + spec + "}");
    }
}
