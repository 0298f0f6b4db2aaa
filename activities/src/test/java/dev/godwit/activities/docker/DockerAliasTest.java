package dev.godwit.activities.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.run.StepResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Its tests mostly wait: for services to start, to drain and to be noticed. */
@Order(1)
@Execution(ExecutionMode.CONCURRENT)
class DockerAliasTest {
    @Nested
    @Execution(ExecutionMode.CONCURRENT)
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "docker.alias");
            new ParkingApi(world);
            return world;
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("from", "to", "joined", "seconds");
        }

        @Override
        protected int interruptions() {
            return 8;
        }
    }

    @TempDir
    private Path temporary;

    private StepWorld world;
    private ParkingApi api;

    @BeforeEach
    void start_with_two_sides(TestInfo test) throws Exception {
        if (test.getTestClass().orElseThrow() != DockerAliasTest.class) {
            return; // The contract makes worlds of its own, and these take seconds.
        }
        world = new StepWorld(Files.createDirectory(temporary.resolve("world")), "docker.alias");
        api = new ParkingApi(world);
    }

    @AfterEach
    void tidy() {
        if (world != null) {
            world.close();
        }
    }

    @Test
    void every_request_is_answered_during_a_switch_and_its_undo() throws Exception {
        api.client();

        StepResult result = world.run();
        api.awaitServedBy("v6");
        assertThat(result.output().get("cut").asLong()).isZero();
        assertThat(api.hasAlias("v5")).isFalse();

        world.undo();
        api.awaitServedBy("v5");
        assertThat(api.hasAlias("v6")).isFalse();

        assertThat(api.clientSays()).startsWith("sides ['v5', 'v6'] failed 0 ");
    }

    @Test
    void sides_that_stay_warm_are_told_refuse_for_a_while_and_take_requests_again() throws Exception {
        api.warm();
        api.client();
        String v5 = TestDocker.state(api.name("v5"), ".State.StartedAt");
        String v6 = TestDocker.state(api.name("v6"), ".State.StartedAt");

        StepResult result = world.run();
        api.awaitServedBy("v6");
        assertThat(result.output().get("seconds").asDouble()).as("it refuses for a second").isGreaterThan(1);
        assertThat(result.output().get("cut").asLong()).isZero();
        assertThat(TestDocker.runs(api.name("v5"))).isTrue();
        assertThat(api.answers("v5")).isFalse();

        world.undo();
        api.awaitServedBy("v5");
        assertThat(api.answers("v6")).as("as it was").isTrue();
        assertThat(api.hasAlias("v6")).isFalse();
        world.round(2).run();
        api.awaitServedBy("v6");

        assertThat(api.clientSays()).startsWith("sides ['v5', 'v6'] failed 0 ");
        assertThat(TestDocker.state(api.name("v5"), ".State.StartedAt")).isEqualTo(v5);
        assertThat(TestDocker.state(api.name("v6"), ".State.StartedAt")).isEqualTo(v6);
    }

    @Test
    void a_warm_old_side_takes_requests_again_when_the_new_one_dies() throws Exception {
        api.warm();
        String v5 = TestDocker.state(api.name("v5"), ".State.StartedAt");

        goesBackWhenTheNewSideDies();

        api.release("v5");
        assertThat(api.slowAnswer()).as("it was not cut").isEqualTo("v5");
        assertThat(TestDocker.state(api.name("v5"), ".State.StartedAt")).isEqualTo(v5);
    }

    @Test
    void an_old_side_that_cannot_be_told_to_take_requests_again_is_started_anew_when_the_new_one_dies()
            throws Exception {
        api.warmForOnce();
        String v5 = TestDocker.state(api.name("v5"), ".State.StartedAt");

        goesBackWhenTheNewSideDies();

        assertThat(TestDocker.state(api.name("v5"), ".State.StartedAt")).isNotEqualTo(v5);
    }

    /** The new side dies while the old one already refuses, and still has a slow request. */
    private void goesBackWhenTheNewSideDies() throws Exception {
        api.slowRequest("v5");
        CompletableFuture<StepResult> result = CompletableFuture.supplyAsync(world::run, Thread::startVirtualThread);
        TestDocker.await("v5 refuses", () -> !api.answers("v5"));

        TestDocker.docker("kill", api.name("v6"));

        assertThatThrownBy(result::join).hasMessageContaining("the alias api went back");
        assertThat(api.answers("v5")).isTrue();
        assertThat(api.hasAlias("v5")).isTrue();
        assertThat(api.hasAlias("v6")).isFalse();
    }

    @Test
    void a_side_that_is_asked_again_and_again_is_opened_once() {
        world.secret("TOKEN", "hush");
        ((ObjectNode) world.task().resources().get("v6")).putObject("headers")
                .putObject("x-token")
                .put("secret", "TOKEN");

        world.run();

        assertThat(world.secretsRead()).containsExactly("TOKEN");
    }

    @Test
    void what_a_worker_that_died_had_asked_with_is_removed() {
        String run = "dev.godwit.errand=" + world.runId();
        String own = "godwit-errand-" + world.task().identity().shortName() + "-1-" + api.docker().named("");
        String other = "godwit-errand-other-1-" + api.docker().named("");
        Stream.of(own + "1", other + "1")
                .forEach(name -> TestDocker.docker("run", "-d", "--name", name, "--label", run, "busybox:1", "sleep",
                        "1000"));

        world.run();

        assertThat(TestDocker.exists(own + "1")).isFalse();
        assertThat(TestDocker.exists(other + "1")).isTrue();

        TestDocker.docker("run", "-d", "--name", own + "2", "--label", run, "busybox:1", "sleep", "1000");
        world.undo();

        assertThat(TestDocker.exists(own + "2")).isFalse();
        assertThat(TestDocker.exists(other + "1")).isTrue();
    }

    @Test
    void an_open_request_of_the_old_side_ends_before_it_leaves() throws Exception {
        api.slowRequest("v5");

        CompletableFuture<StepResult> result = CompletableFuture.supplyAsync(world::run, Thread::startVirtualThread);
        TestDocker.await("v6 has the alias", () -> api.hasAlias("v6"));
        TestDocker.await("v5 refuses", () -> !api.answers("v5"));
        assertThat(api.hasAlias("v5")).isTrue();
        api.release("v5");

        assertThat(result.join().output().get("cut").asLong()).isZero();
        assertThat(api.slowAnswer()).isEqualTo("v5");
        assertThat(api.hasAlias("v5")).isFalse();
    }

    @Test
    void connections_that_do_not_end_in_time_are_cut_and_counted() throws Exception {
        api.spec("2s");
        api.slowRequest("v5");

        assertThat(world.run().output().get("cut").asLong()).isEqualTo(1);

        assertThat(api.hasAlias("v5")).isFalse();
        assertThat(api.hasAlias("v6")).isTrue();
    }

    @Test
    void a_new_side_that_does_not_answer_gets_nothing() throws Exception {
        api.spec("1s");
        TestDocker.docker("exec", api.name("v6"), "touch", "/tmp/ill");

        assertThatThrownBy(world::run).hasMessageContaining("does not answer within 1s; " + api.name("v5")
                + " goes on serving");

        TestDocker.docker("kill", api.name("v6"));
        assertThatThrownBy(world::run).hasMessageContaining("exit code 137")
                .hasMessageContaining("goes on serving");
        assertThat(api.hasAlias("v6")).isFalse();
        assertThat(api.hasAlias("v5")).isTrue();
        assertThat(api.answers("v5")).isTrue();
    }

    @Test
    void when_the_new_side_dies_while_the_old_one_finishes_the_old_one_serves_again() throws Exception {
        api.slowRequest("v5");
        CompletableFuture<StepResult> result = CompletableFuture.supplyAsync(world::run, Thread::startVirtualThread);
        TestDocker.await("v5 refuses", () -> !api.answers("v5"));

        TestDocker.docker("kill", api.name("v6"));

        assertThatThrownBy(result::join).hasMessageContaining("the alias api went back")
                .hasMessageContaining("exit code 137");
        assertThat(api.answers("v5")).isTrue();
        assertThat(api.hasAlias("v5")).isTrue();
        assertThat(api.hasAlias("v6")).isFalse();
    }

    @Test
    void an_engine_that_is_restarted_meanwhile_does_not_end_a_switch() throws Exception {
        api.slowRequest("v5");
        try (RestartingEngine engine = new RestartingEngine(temporary.resolve("docker.sock"))) {
            world.resource("engine", "{kind: 'docker', host: 'unix://" + temporary.resolve("docker.sock") + "'}");
            CompletableFuture<StepResult> result = CompletableFuture.supplyAsync(world::run,
                    Thread::startVirtualThread);
            TestDocker.await("v5 refuses", () -> !api.answers("v5"));

            engine.away();
            TestDocker.await("the engine was asked in vain", () -> engine.refused() > 2);
            engine.back();
            api.release("v5");

            assertThat(result.join().output().get("cut").asLong()).isZero();
        }
        assertThat(api.slowAnswer()).isEqualTo("v5");
        assertThat(api.hasAlias("v6")).isTrue();
        assertThat(api.hasAlias("v5")).isFalse();
    }

    @Test
    void an_old_side_that_goes_on_taking_requests_keeps_the_alias() throws Exception {
        api.spec("2s");
        api.side("v5", "deaf", "--network-alias", "api");

        assertThatThrownBy(world::run).hasMessageContaining("goes on taking requests");

        assertThat(api.answers("v5")).isTrue();
        assertThat(api.hasAlias("v5")).isTrue();
        assertThat(api.hasAlias("v6")).isFalse();
    }

    @Test
    void an_undo_starts_an_old_side_that_was_stopped_since_and_does_without_a_new_one_that_is_dead() throws Exception {
        world.run();
        TestDocker.docker("rm", "-f", api.name("v6"));

        world.undo();

        assertThat(api.answers("v5")).isTrue();
        assertThat(api.hasAlias("v5")).isTrue();
    }

    @Test
    void an_old_side_that_does_not_come_back_leaves_the_alias_with_the_new_one() throws Exception {
        world.run();
        TestDocker.docker("rm", "-f", api.name("v5"));

        assertThatThrownBy(world::undo).hasMessageContaining("removed by someone else")
                .hasMessageContaining("the alias stays with " + api.name("v6"));

        assertThat(api.answers("v6")).isTrue();
        assertThat(api.hasAlias("v6")).isTrue();
    }

    @Test
    void what_cannot_end_well_is_refused() throws Exception {
        TestDocker.docker("run", "-d", "--name", api.name("third"), "--network", api.network(), "--network-alias",
                "api", "busybox:1", "sleep", "1000");
        assertThatThrownBy(world::run).hasMessageContaining("the container " + api.name("third")
                + " has the alias api too");
        TestDocker.docker("rm", "-f", api.name("third"));

        api.side("v5", "");
        assertThatThrownBy(world::run).hasMessageContaining("does not have the alias api");
        assertThat(world.preview().changes()).anyMatch(line -> line.contains("does not have the alias now"));
    }

    @Test
    void a_side_can_be_asked_by_a_command_in_the_network_and_told_by_http() throws Exception {
        world.spec("""
                {alias: 'api', network: '%s', within: '60s',
                 from: {container: 'engine:%s', drain: {signal: 'SIGTERM', image: 'busybox:1'},
                        answers: {image: 'busybox:1', command: ['sh', '-c', 'wget -qO- http://$TARGET:8000/']}},
                 to: {container: 'engine:%s', drain: {http: 'v6', path: '/', method: 'GET', image: 'busybox:1'},
                      answers: {command: ['python3', '-c', 'import os, urllib.request as u; \
                u.urlopen("http://" + os.environ["TARGET"] + ":8000/")']}}}"""
                .formatted(api.network(), api.name("v5"), api.name("v6")));

        world.run();

        assertThat(api.hasAlias("v6")).isTrue();
        assertThat(api.hasAlias("v5")).isFalse();
        assertThat(TestDocker.docker("ps", "-aq", "--filter", "label=dev.godwit.errand")).isEmpty();
    }
}
