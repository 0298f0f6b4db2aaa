package dev.godwit.activities.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.Needed;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.run.StepResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Order(1)
class ProxySwitchTest {
    private static final String SPEC = "{proxy: 'front', from: 'v1', to: 'v2', drain: '2m',"
            + " health: {path: '/', within: '2m', expect: '.version == \"v2\"'}}";
    private static final String IMPATIENT = "{proxy: 'front', from: 'v1', to: 'v2', health: {within: '1s'}}";
    private static final String ON_V1 = "200 {\"version\":\"v1\"}";
    private static final String ON_V2 = "200 {\"version\":\"v2\"}";

    private static final Executor THREADS = Executors.newVirtualThreadPerTaskExecutor();
    private static final long GLANCE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "proxy.switch").spec(SPEC);
            Nginx.in(world);
            return world;
        }

        @Override
        protected int interruptions() {
            return 25; // Every point where it waits for a command counts, and these are much alike.
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void requests_go_to_the_other_service_and_back_and_nothing_else_in_the_file_changes() throws Exception {
        try (StepWorld world = world()) {
            Nginx nginx = Nginx.in(world);
            String before = Files.readString(upstream(world));

            StepResult result = world.run();

            assertThat(nginx.get("/")).isEqualTo(ON_V2);
            assertThat(upstream(world)).hasContent(before.replace(Side.V1.address(), Side.V2.address()));
            assertThat(result.output().at("/before/0/address").textValue()).isEqualTo(Side.V1.address());
            assertThat(result.output().get("drained").booleanValue()).isTrue();

            world.undo();
            assertThat(nginx.get("/")).isEqualTo(ON_V1);
            assertThat(upstream(world)).hasContent(before);
        }
    }

    @Test
    void twenty_switches_under_steady_requests_lose_none() throws Exception {
        try (StepWorld world = world()) {
            Nginx nginx = Nginx.in(world);
            AtomicBoolean over = new AtomicBoolean();
            AtomicInteger answered = new AtomicInteger();
            List<CompletableFuture<List<String>>> clients = new ArrayList<>();
            for (int client = 0; client < 4; client++) {
                clients.add(CompletableFuture.supplyAsync(() -> {
                    List<String> lost = new ArrayList<>();
                    while (!over.get()) {
                        LockSupport.parkNanos(GLANCE_NANOS);
                        try {
                            String answer = nginx.get("/");
                            answered.incrementAndGet();
                            if (!answer.equals(ON_V1) && !answer.equals(ON_V2)) {
                                lost.add(answer);
                            }
                        } catch (IOException e) {
                            lost.add(e.toString());
                        }
                    }
                    return lost;
                }, THREADS));
            }
            try {
                for (int round = 1; round <= 10; round++) {
                    int answeredBefore = answered.get();
                    world.round(round).run();
                    assertThat(nginx.get("/")).isEqualTo(ON_V2);
                    world.undo();
                    assertThat(nginx.get("/")).isEqualTo(ON_V1);
                    assertThat(answered.get()).isGreaterThan(answeredBefore);
                }
            } finally {
                over.set(true);
            }
            for (CompletableFuture<List<String>> client : clients) {
                assertThat(client.get(60, TimeUnit.SECONDS)).isEmpty();
            }
        }
    }

    @Test
    void the_step_ends_only_when_the_old_service_has_answered_its_last_request() throws Exception {
        try (StepWorld world = world()) {
            Nginx nginx = Nginx.in(world);
            CountDownLatch slow = Side.V1.slow();
            CompletableFuture<String> last = CompletableFuture.supplyAsync(() -> get(nginx, "/slow"), THREADS);
            awaitHeld(Side.V1);

            CompletableFuture<StepResult> step = CompletableFuture.supplyAsync(world::run, THREADS);
            while (!step.isDone() && !nginx.get("/").equals(ON_V2)) {
                LockSupport.parkNanos(GLANCE_NANOS);
            }
            assertThat(step).isNotDone();
            slow.countDown();

            assertThat(last.get(1, TimeUnit.MINUTES)).isEqualTo(ON_V1);
            assertThat(step.get(1, TimeUnit.MINUTES).output().get("drained").booleanValue()).isTrue();
        }
    }

    @Test
    void requests_that_do_not_end_in_time_are_reported_while_the_new_service_serves_and_a_retry_waits_again()
            throws Exception {
        try (StepWorld world = world()) {
            Nginx nginx = Nginx.in(world);
            CountDownLatch slow = Side.V1.slow();
            CompletableFuture<String> last = CompletableFuture.supplyAsync(() -> get(nginx, "/slow"), THREADS);
            awaitHeld(Side.V1);

            world.spec(SPEC.replace("drain: '2m'", "drain: '100ms'"));
            assertThatThrownBy(world::run).hasMessageContaining("old processes of front still have requests");
            assertThat(nginx.get("/")).isEqualTo(ON_V2);

            slow.countDown();
            assertThat(last.get(1, TimeUnit.MINUTES)).isEqualTo(ON_V1);
            world.spec(SPEC).run();
            assertThat(nginx.get("/")).isEqualTo(ON_V2);
        }
    }

    @Test
    void a_new_service_that_does_not_answer_gets_no_request() throws Exception {
        try (StepWorld world = world()) {
            Nginx nginx = Nginx.in(world);
            List<String> before = world.snapshot();
            Side.V2.answering(503);

            assertThatThrownBy(() -> world.spec(IMPATIENT).run()).hasMessageContaining("v2 is to serve")
                    .hasMessageContaining("answered with 503")
                    .hasMessageContaining("requests go where they went");

            assertThat(world.snapshot()).isEqualTo(before);
            assertThat(nginx.get("/")).isEqualTo(ON_V1);
        }
    }

    @Test
    void a_new_service_that_the_proxy_cannot_reach_gets_the_requests_taken_away_again() throws Exception {
        try (StepWorld world = world()) {
            Nginx nginx = Nginx.in(world);
            List<String> before = world.snapshot();
            String declaration = world.task().resources().get("front").toString();
            world.resource("front",
                    declaration.replace("\"serves\"", "\"addresses\":{\"v2\":\"127.0.0.1:1\"},\"serves\""));

            assertThatThrownBy(() -> world.spec(IMPATIENT).run())
                    .hasMessageContaining("answered with 502 through front")
                    .hasMessageContaining("requests go to " + Side.V1.address() + " as before");
            assertThat(world.snapshot()).isEqualTo(before);

            world.undo();
            assertThat(world.snapshot()).isEqualTo(before);
            world.resource("front", declaration).run();
            assertThat(nginx.get("/")).isEqualTo(ON_V2);
        }
    }

    @Test
    void an_address_that_nginx_refuses_leaves_everything_as_it_was_and_nginx_says_why() throws Exception {
        try (StepWorld world = world()) {
            Nginx.in(world);
            List<String> before = world.snapshot();
            String declaration = world.task().resources().get("front").toString();
            world.resource("front",
                    declaration.replace("\"serves\"", "\"addresses\":{\"v2\":\"no-such-host.invalid:80\"},\"serves\""));

            assertThatThrownBy(world::run).hasMessageContaining("host not found in upstream")
                    .hasMessageContaining("as before");

            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void a_configuration_that_somebody_else_has_broken_is_found_before_anything_is_done() throws Exception {
        try (StepWorld world = world()) {
            Nginx nginx = Nginx.in(world);
            List<String> before = world.snapshot();
            Files.writeString(nginx.configuration(),
                    Files.readString(nginx.configuration()).replace("listen", "lisen"));

            assertThatThrownBy(world::run).hasMessageContaining("unknown directive \"lisen\"");

            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void an_nginx_that_has_died_is_reported_and_after_its_start_the_step_goes_on() throws Exception {
        try (StepWorld world = world()) {
            Nginx nginx = Nginx.in(world);
            nginx.kill();
            assertThat(world.preview().changes()).anyMatch(line -> line.contains("nginx does not run"));
            assertThatThrownBy(world::run).hasMessageContaining("nginx does not run").hasMessageContaining("start it");

            nginx.start();
            world.run();
            assertThat(nginx.get("/")).isEqualTo(ON_V2);

            nginx.kill();
            assertThatThrownBy(world::undo).hasMessageContaining("nginx does not run");
            nginx.start();
            world.undo();
            assertThat(nginx.get("/")).isEqualTo(ON_V1);
        }
    }

    @Test
    void an_undo_does_not_send_requests_to_an_old_service_that_is_down() throws Exception {
        try (StepWorld world = world()) {
            Nginx nginx = Nginx.in(world);
            world.spec(IMPATIENT).run();
            Side.V1.answering(500);

            assertThatThrownBy(world::undo).hasMessageContaining("v1 is to serve");
            assertThat(nginx.get("/")).isEqualTo(ON_V2);

            Side.V1.answering(200);
            world.undo();
            assertThat(nginx.get("/")).isEqualTo(ON_V1);
        }
    }

    @Test
    void what_others_wrote_into_the_file_since_is_set_aside_by_the_undo() throws Exception {
        try (StepWorld world = world()) {
            Nginx nginx = Nginx.in(world);
            world.run();
            String theirs = Files.readString(upstream(world)).replace("max_fails=0", "max_conns=7");
            Files.writeString(upstream(world), theirs);

            assertThat(world.undo().setAside()).singleElement()
                    .satisfies(aside -> assertThat(Path.of(aside.where())).hasContent(theirs));

            assertThat(nginx.get("/")).isEqualTo(ON_V1);
        }
    }

    @Test
    void a_file_that_others_changed_while_the_step_was_interrupted_is_not_overwritten() throws Exception {
        try (StepWorld world = world()) {
            Nginx nginx = Nginx.in(world);
            CountDownLatch slow = Side.V1.slow();
            CompletableFuture<String> last = CompletableFuture.supplyAsync(() -> get(nginx, "/slow"), THREADS);
            awaitHeld(Side.V1);
            world.spec(SPEC.replace("drain: '2m'", "drain: '100ms'"));
            assertThatThrownBy(world::run).hasMessageContaining("still have requests");
            slow.countDown();
            last.get(1, TimeUnit.MINUTES);
            Files.writeString(upstream(world), "# mine\n" + Files.readString(upstream(world)));

            assertThatThrownBy(world::run).hasMessageContaining("was changed by others");

            assertThat(upstream(world)).content().startsWith("# mine\n");
            world.undo();
            assertThat(nginx.get("/")).isEqualTo(ON_V1);
        }
    }

    @Test
    void requests_that_go_elsewhere_than_the_plan_says_are_left_alone() throws Exception {
        try (StepWorld world = world()) {
            Nginx nginx = Nginx.in(world);

            world.spec("{proxy: 'front', from: 'v2', to: 'v1'}");
            assertThatThrownBy(world::run).hasMessageContaining("go to " + Side.V1.address() + " and not to "
                    + Side.V2.address());
            assertThat(world.preview().changes()).anyMatch(line -> line.contains("must go to " + Side.V2.address()));

            assertThat(nginx.get("/")).isEqualTo(ON_V1);
        }
    }

    @Test
    void a_share_goes_to_the_new_service_first_and_later_all() throws Exception {
        try (StepWorld world = world()) {
            Nginx nginx = Nginx.in(world);
            world.spec(SPEC.replace("drain", "share: 25, drain")).run();
            assertThat(upstream(world)).content()
                    .contains("    server " + Side.V2.address() + " max_fails=0 weight=1;\n    server "
                            + Side.V1.address() + " max_fails=0 weight=3; # the one that serves\n");
            List<String> answers = new ArrayList<>();
            while (!answers.contains(ON_V1) || !answers.contains(ON_V2)) {
                answers.add(nginx.get("/"));
            }

            world.round(2).spec(SPEC).run();
            for (int i = 0; i < 8; i++) {
                assertThat(nginx.get("/")).isEqualTo(ON_V2);
            }
            assertThat(upstream(world)).content().doesNotContain(Side.V1.address()).contains("# the one that serves");

            world.undo();
            world.round(1).undo();
            assertThat(nginx.get("/")).isEqualTo(ON_V1);
        }
    }

    @Test
    void an_nginx_in_a_container_is_told_through_a_command() throws Exception {
        Needed.docker("nginx:1");
        try (StepWorld world = world()) {
            Nginx nginx = Nginx.in(world).intoContainer(world);

            world.run();
            assertThat(nginx.get("/")).isEqualTo(ON_V2);

            world.undo();
            assertThat(nginx.get("/")).isEqualTo(ON_V1);
        }
    }

    @Test
    void the_preview_shows_the_lines_that_would_change() throws Exception {
        try (StepWorld world = world()) {
            Nginx.in(world);

            assertThat(world.preview().changes()).containsExactly(
                    "would send the requests of front to " + Side.V2.address() + " instead of " + Side.V1.address()
                            + ", in home:upstream.conf",
                    "- server " + Side.V1.address() + " max_fails=0; # the one that serves",
                    "+ server " + Side.V2.address() + " max_fails=0; # the one that serves");
            assertThat(world.madeBy("front", "an_earlier_switch").preview().unknown())
                    .contains("known after an_earlier_switch");
        }
    }

    private StepWorld world() throws Exception {
        return new StepWorld(Files.createDirectory(temporary.resolve("world")), "proxy.switch").spec(SPEC);
    }

    private static Path upstream(StepWorld world) {
        return world.directory().resolve("upstream.conf");
    }

    private static void awaitHeld(Side side) {
        while (side.held() == 0) {
            LockSupport.parkNanos(GLANCE_NANOS);
        }
    }

    private static String get(Nginx nginx, String path) {
        try {
            return nginx.get(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
