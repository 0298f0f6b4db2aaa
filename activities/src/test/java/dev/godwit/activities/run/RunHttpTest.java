package dev.godwit.activities.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.resource.Answering;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunHttpTest {
    private static final String SPEC = "{to: 'service', request: {path: '/stop', body: {why: 'migration'}},"
            + " undo: {path: '/start'}}";

    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "run.http").spec(SPEC);
            detector(world);
            return world;
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void the_request_carries_its_body_and_the_answer_is_the_output() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "run.http").spec(SPEC)) {
            detector(world);

            assertThat(world.run().output().toString())
                    .isEqualTo("{\"status\":200,\"answer\":{\"said\":{\"why\":\"migration\"}}}");
        }
    }

    @Test
    void a_request_that_may_have_arrived_is_taken_back_although_its_answer_was_bad() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "run.http").spec(SPEC).attempts(2)) {
            Answering service = detector(world).with("POST /stop", 503, "try later");

            assertThatThrownBy(world::run).hasMessageContaining("answers POST with status 503 instead of [200,")
                    .hasMessageEndingWith(": try later")
                    .extracting("retryable")
                    .isEqualTo(true);
            world.undo();

            assertThat(service.asked()).containsExactly("POST /stop", "POST /start");
        }
    }

    @Test
    void a_bad_answer_is_quoted_as_far_as_it_is_short_and_no_secret() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "run.http").spec(SPEC)
                .secret("TOKEN", "hush-hush-hush")) {
            detector(world).with("POST /stop", 401, "hush-hush-hush is no token; " + "x".repeat(5_000) + "\nmore");
            String url = world.task().resources().get("service").get("url").asText();
            world.resource("service", "{kind: 'http', url: '" + url + "', headers: {Token: {secret: 'TOKEN'}}}");

            assertThatThrownBy(world::run).hasMessageMatching(".*: \\*\\*\\* is no token; x{183}\\.\\.\\.");
        }
    }

    @Test
    void a_refusal_is_not_worth_a_retry() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "run.http").attempts(2)
                .spec("{to: 'service', request: {method: 'PUT', path: '/unknown'}}")) {
            detector(world);

            assertThatThrownBy(world::run).hasMessageContaining("answers PUT with status 404")
                    .extracting("retryable")
                    .isEqualTo(false);
        }
    }

    @Test
    void a_dry_run_sends_nothing_but_a_get() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "run.http").spec(SPEC)) {
            Answering service = detector(world).with("GET /status", 200, "{\"running\": true}");

            assertThat(world.preview().makes()).containsExactly("service");
            assertThat(service.asked()).isEmpty();

            world.spec("{to: 'service', request: {method: 'GET', path: '/status'}}");
            assertThat(world.preview().output().orElseThrow().at("/answer/running").asBoolean()).isTrue();
        }
    }

    /** A service whose detection can be switched; whether it is on counts. */
    private static Answering detector(StepWorld world) throws Exception {
        AtomicReference<String> detection = new AtomicReference<>("on");
        world.counting(() -> List.of("detection is " + detection));
        return new Answering(world, "service").with("POST /stop", exchange -> {
            detection.set("off");
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            Answering.send(exchange, 200, "{\"said\": " + body + "}");
        }).with("POST /start", exchange -> {
            detection.set("on");
            Answering.send(exchange, 204, "");
        });
    }
}
