package dev.godwit.activities.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.compose.Project;
import dev.godwit.activities.docker.TestDocker;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.process.Programs;
import dev.godwit.activities.resource.Answering;
import dev.godwit.json.Json;
import dev.godwit.run.StepTask;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepIdentity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Row B9. */
@Timeout(600)
class DrillRestartTest {
    private static final String CHECK = "check: {http: 'health', status: [200, 204], steady: '50ms'}, within: '60s'";

    /** All that it tells is how long something took. */
    abstract static class Contract extends StepContract {
        @Override
        protected Set<String> changingOutputs() {
            return Set.of("down_seconds", "recovery_seconds", "outage_seconds", "checks", "failed_checks");
        }

        @Override
        protected int interruptions() {
            return 8;
        }
    }

    @Nested
    class OfAProcess extends Contract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "drill.restart")
                    .spec("{what: 'program', down-for: '20ms', " + CHECK + "}");
            Programs.idle(world);
            start(world);
            return world;
        }
    }

    @Nested
    class OfAContainer extends Contract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "drill.restart");
            TestDocker docker = TestDocker.in(world, "busybox:1");
            docker.start("redis", "--init", "busybox:1", "sleep", "1000");
            health(world);
            return world.spec("{what: 'engine:" + docker.named("redis") + "', " + CHECK + "}");
        }

        @Override
        protected int interruptions() {
            return 6;
        }
    }

    @Nested
    @EnabledIfSystemProperty(named = "godwit.long", matches = "true", disabledReason = "takes some minutes: -Dgodwit.long=true")
    class OfAService extends Contract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "drill.restart")
                    .spec("{what: 'plates', services: ['cache'], by: 'kill', " + CHECK + "}");
            Project.in(world, Project.IDLE).up();
            health(world);
            return world;
        }

        @Override
        protected int interruptions() {
            return 4;
        }
    }

    @TempDir
    private Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"stop", "kill"})
    void it_is_told_how_long_a_service_was_down_and_how_long_it_took_to_recover(String by) throws Exception {
        try (StepWorld world = world()) {
            Programs programs = Programs.server(world, "{}");
            start(world);
            long before = programs.running().getFirst().pid();

            JsonNode output = world.spec("{what: 'program', by: '" + by + "', down-for: '1s', check: {http: 'service',"
                    + " status: [204], steady: '200ms'}}").run().output();

            assertThat(programs.running()).singleElement()
                    .satisfies(process -> assertThat(process.pid()).isNotEqualTo(before));
            assertThat(output.path("down_seconds").asDouble()).isGreaterThanOrEqualTo(1);
            assertThat(output.path("outage_seconds").asDouble()).isGreaterThanOrEqualTo(0.9);
            assertThat(output.path("recovery_seconds").asDouble()).isPositive();
            assertThat(output.path("failed_checks").asLong()).isPositive()
                    .isLessThan(output.path("checks").asLong());
        }
    }

    @Test
    void a_container_that_crashes_is_started_again_by_its_restart_policy() throws Exception {
        try (StepWorld world = world()) {
            TestDocker docker = TestDocker.in(world, "busybox:1");
            docker.start("redis", "--restart", "always", "busybox:1", "sh", "-c", "sleep 1000 & sleep 1000");
            health(world);

            world.spec("{what: 'engine:" + docker.named("redis") + "', by: 'crash', " + CHECK + "}").run();

            assertThat(TestDocker.state(docker.named("redis"), ".RestartCount")).isEqualTo("1");
            assertThat(TestDocker.runs(docker.named("redis"))).isTrue();
        }
    }

    @Test
    void a_service_that_was_killed_runs_anew_and_the_others_go_on() throws Exception {
        try (StepWorld world = world()) {
            Project project = Project.in(world, Project.IDLE).up();
            String before = project.started("cache");
            String other = project.started("web");
            List<String> containers = project.containers();
            health(world);

            world.spec("{what: 'plates', services: ['cache'], by: 'kill', " + CHECK + "}").run();

            assertThat(project.started("cache")).isNotEqualTo(before);
            assertThat(project.started("web")).isEqualTo(other);
            assertThat(project.containers()).isEqualTo(containers);
        }
    }

    @Test
    void services_of_a_project_that_crash_are_started_again_by_their_restart_policy() throws Exception {
        try (StepWorld world = world()) {
            Project project = Project.in(world, Project.IDLE.replace("  cache:\n", "  cache:\n    restart: always\n"))
                    .up();
            String before = project.started("cache");
            String other = project.started("web");
            health(world);

            world.spec("{what: 'plates', services: ['cache'], by: 'crash', " + CHECK + "}").run();

            assertThat(project.started("cache")).isNotEqualTo(before);
            assertThat(project.started("web")).isEqualTo(other);
        }
    }

    @Test
    void what_nothing_starts_again_is_not_let_crash() throws Exception {
        try (StepWorld world = world()) {
            TestDocker docker = TestDocker.in(world, "busybox:1");
            docker.start("redis", "--init", "busybox:1", "sleep", "1000");
            health(world);

            assertFails(world.spec("{what: 'engine:" + docker.named("redis") + "', by: 'crash', " + CHECK + "}"),
                    "restart-policy-missing", "say 'by: kill'");

            assertThat(TestDocker.state(docker.named("redis"), ".State.ExitCode")).isEqualTo("0");
            assertThat(TestDocker.runs(docker.named("redis"))).isTrue();
        }
    }

    @Test
    void what_does_not_recover_is_reported_and_runs_all_the_same() throws Exception {
        try (StepWorld world = world()) {
            Programs programs = Programs.idle(world);
            start(world);
            long before = programs.running().getFirst().pid();
            Answering api = new Answering(world, "api").with("GET /health",
                    exchange -> Answering.send(exchange, programs.running()
                            .stream()
                            .allMatch(process -> process.pid() == before) ? 200 : 503, "{}"));

            assertFails(world.spec("{what: 'program', within: '2s', by: 'kill', down-for: '300ms',"
                    + " check: {http: 'api', path: '/health'}}"), "drill-not-recovered", "status 503 instead of [200]");

            assertThat(programs.running()).hasSize(1);
            assertThat(api.asked()).isNotEmpty();
        }
    }

    @Test
    void what_is_broken_already_is_left_alone() throws Exception {
        try (StepWorld world = world()) {
            Programs programs = Programs.idle(world);
            start(world);
            new Answering(world, "api").with("GET /health", 200, "{\"redis\": \"down\"}");
            world.spec(
                    "{what: 'program', within: '1s', check: {http: 'api', path: '/health', json: '.redis == \"up\"'}}");
            long before = programs.running().getFirst().pid();

            assertFails(world, "drill-not-well", "its content is not .redis == \"up\"");

            assertThat(programs.running()).singleElement()
                    .satisfies(process -> assertThat(process.pid()).isEqualTo(before));
        }
    }

    @Test
    void what_does_not_run_or_is_not_there_is_no_matter_for_a_drill() throws Exception {
        try (StepWorld world = world()) {
            TestDocker docker = TestDocker.in(world, "busybox:1");
            docker.start("redis", "--init", "busybox:1", "sleep", "1000");
            TestDocker.docker("kill", docker.named("redis"));
            health(world);

            assertFails(
                    world.spec("{what: 'engine:" + docker.named("redis") + "', " + CHECK.replace("60s", "1s") + "}"),
                    "drill-not-running", "a drill ends what runs");
            assertFails(world.spec("{what: 'engine:" + docker.named("none") + "', " + CHECK.replace("60s", "1s") + "}"),
                    "container-missing", "there is no such container");
            assertThat(TestDocker.runs(docker.named("redis"))).isFalse();
        }
    }

    @Test
    void a_dry_run_says_what_it_would_do() throws Exception {
        try (StepWorld world = world()) {
            Programs.idle(world);
            start(world);

            assertThat(world.spec("{what: 'program', by: 'kill', " + CHECK + "}").preview().changes())
                    .isEqualTo(List.of("would kill program, and start it again"));
        }
    }

    private static void assertFails(StepWorld world, String code, String message) {
        assertThatThrownBy(world::run).isInstanceOfSatisfying(StepFailure.class, failure -> {
            assertThat(failure.code()).isEqualTo(code);
            assertThat(failure).hasMessageContaining(message);
        });
    }

    private static void health(StepWorld world) throws Exception {
        new Answering(world, "health").with("GET /", 200, "");
    }

    /** As an earlier step of the run does. */
    private static void start(StepWorld world) {
        StepTask task = world.task();
        StepIdentity drill = task.identity();
        StepIdentity start = new StepIdentity(drill.runId(), drill.plan(), drill.target(), drill.phase(), "start",
                drill.round());
        world.host(UnaryOperator.identity())
                .run(new StepTask(start, "process.start",
                        Json.read("{\"process\": \"program\"}", JsonNode.class), task.resources(),
                        task.runStarted(), task.attempts(), task.delay(), task.began(), task.madeBy()),
                        StepWorld.QUIET);
    }

    private StepWorld world() throws Exception {
        return new StepWorld(Files.createDirectory(temporary.resolve("world")), "drill.restart");
    }
}
