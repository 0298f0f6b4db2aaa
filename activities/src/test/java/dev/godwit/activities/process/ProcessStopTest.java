package dev.godwit.activities.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.Attempt;
import dev.godwit.activities.host.FreePort;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.run.StepTask;
import dev.godwit.step.StepIdentity;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessStopTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "process.stop").spec("{process: 'program'}");
            Programs.idle(world);
            start(world);
            return world;
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("pid");
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void a_process_that_others_started_is_found_by_its_port_and_started_again_by_the_undo() throws Exception {
        try (StepWorld world = world()) {
            Programs programs = Programs.server(world, "{}");
            world.runId("an-earlier-run");
            start(world);
            long before = programs.running().get(0).pid();
            world.runId("this-run");

            assertThat(world.run().output().get("pid").asLong()).isEqualTo(before);
            assertThat(programs.running()).isEmpty();

            world.undo();
            assertThat(programs.running()).singleElement()
                    .satisfies(process -> assertThat(process.pid()).isNotEqualTo(before));
        }
    }

    @Test
    void a_process_on_its_port_that_is_another_program_is_left_alone() throws Exception {
        try (StepWorld world = world()) {
            Programs programs = Programs.server(world, "{}");
            world.runId("an-earlier-run");
            start(world);
            String declaration = world.task().resources().get("program").toString();
            world.runId("this-run")
                    .resource("program", declaration.replace("s\":\"Server.java", "s\":\"Another.java"));

            assertThat(world.run().output().get("was_running").asBoolean()).isFalse();

            world.undo();
            assertThat(programs.running()).hasSize(1);
        }
    }

    @Test
    void once_it_has_stopped_its_port_is_free() throws Exception {
        try (StepWorld world = world()) {
            int port = FreePort.next();
            Programs.server(world, "{}", port, "mark-" + UUID.randomUUID());
            start(world);
            world.runId("this-run");

            world.run();

            new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
        }
    }

    @Test
    void that_it_does_not_run_is_no_failure_and_then_the_undo_starts_nothing() throws Exception {
        try (StepWorld world = world()) {
            Programs programs = Programs.server(world, "{}");

            assertThat(world.run().output().toString()).isEqualTo("{\"was_running\":false}");

            world.undo();
            assertThat(programs.running()).isEmpty();
        }
    }

    @Test
    void a_process_that_ignores_the_request_is_killed_after_the_grace_period_with_its_children() throws Exception {
        try (StepWorld world = world()) {
            Programs programs = Programs.idle(world);
            String mark = world.directory().resolveSibling(programs.mark()).toString();
            world.resource("program",
                    "{kind: 'process', directory: 'home', health: {http: 'health'}, command: ['sh', '-c',"
                            + " 'trap \"\" TERM; tail -f \"$0\" & touch ready; while :; do wait; done', '" + mark
                            + "']}");
            start(world);
            while (Files.notExists(world.directory().resolve("ready")) || programs.running().size() < 2) {
                Thread.onSpinWait();
            }

            world.spec("{process: 'program', grace: '100ms'}").run();

            assertThat(programs.running()).isEmpty();
        }
    }

    @Test
    void children_that_outlive_the_process_are_still_ended_after_an_interruption() throws Exception {
        try (StepWorld world = world()) {
            Programs programs = interruptedWhenOnlyAChildLives(world);

            world.spec("{process: 'program', grace: '100ms'}").run();

            assertThat(programs.running()).isEmpty();
        }
    }

    @Test
    void an_undo_after_an_interruption_waits_for_children_that_outlive_the_process() throws Exception {
        try (StepWorld world = world()) {
            Programs programs = interruptedWhenOnlyAChildLives(world);
            ProcessHandle child = programs.running().get(0);

            world.spec("{process: 'program', grace: '100ms'}").undo();

            assertThat(programs.running()).isNotEmpty().doesNotContain(child);
        }
    }

    private static Programs interruptedWhenOnlyAChildLives(StepWorld world) throws Exception {
        Programs programs = Programs.idle(world).withStubbornChild(world, "1m");
        start(world);
        Attempt lost = programs.lostWhenOnlyTheChildLives(world);
        assertThatThrownBy(() -> world.host(UnaryOperator.identity()).run(world.task(), lost))
                .hasMessage("the worker is lost");
        assertThat(programs.running()).hasSize(1);
        return programs;
    }

    @Test
    void the_preview_names_the_process() throws Exception {
        try (StepWorld world = world()) {
            Programs programs = Programs.idle(world);
            start(world);

            assertThat(world.preview().changes()).singleElement()
                    .asString()
                    .contains("would stop pid " + programs.running().get(0).pid() + " (tail)");
            assertThat(world.preview().makes()).isEqualTo(List.of("program", "health"));
        }
    }

    /** As an earlier step of the same run does. */
    private static void start(StepWorld world) {
        StepTask task = world.task();
        StepIdentity identity = task.identity();
        StepIdentity earlier = new StepIdentity(identity.runId(), identity.plan(), identity.target(), identity.phase(),
                "earlier", 1);
        world.host(UnaryOperator.identity())
                .run(new StepTask(earlier, "process.start", task.spec(), task.resources(), task.runStarted(),
                        task.attempts(), task.delay(), task.began(), task.madeBy()), StepWorld.QUIET);
    }

    private StepWorld world() throws Exception {
        return new StepWorld(Files.createDirectory(temporary.resolve("world")), "process.stop")
                .spec("{process: 'program'}");
    }
}
