package dev.godwit.activities.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.resource.Answering;
import dev.godwit.json.Json;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckHttpTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return CheckHttpTest.world(directory)
                    .spec("{to: 'service', requests: [{path: '/health'}, {path: 'results', json: '.count == 2'}]}");
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("results"); // It holds how long the answers took.
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void every_request_is_made_and_every_objection_told() throws Exception {
        AtomicInteger tired = new AtomicInteger();
        try (StepWorld world = new StepWorld(Files.createDirectory(temporary.resolve("world")), "check.http")) {
            Answering service = service(world).with("GET /tired",
                    exchange -> Answering.send(exchange, tired.incrementAndGet() == 2 ? 503 : 200, ""));
            world.spec("""
                    {to: 'service', fail: false, requests: [
                        {path: '/health'},
                        {path: '/gone'},
                        {path: '/gone', status: [200, 404]},
                        {path: '/results', json: '.count == 3'},
                        {path: '/results', json: '.count'},
                        {path: '/results', json: '.count | error'},
                        {path: '/health', json: 'true'},
                        {path: '/health', contains: 'well'},
                        {name: 'greeting', path: '/health', contains: 'bad'},
                        {method: 'POST', path: '/health'},
                        {path: '/slow', within: '50ms'},
                        {path: '/endless'},
                        {path: '/endless', contains: 'x', within: '50ms'},
                        {path: '/results', headers: {Content-Type: 'json', x-served-by: ''}},
                        {name: 'header', path: '/results', headers: {content-type: 'html'}},
                        {name: 'no header', path: '/health', headers: {content-type: 'html'}},
                        {name: 'slow', path: '/slow', faster-than: '150ms'},
                        {name: 'not slow', path: '/slow', faster-than: '1m'},
                        {name: 'thrice', path: '/tired', repeat: 3},
                        {name: 'repeated', path: '/health', repeat: 3}]}
                    """);

            JsonNode output = world.run().output();

            assertThat(output.get("results")).extracting(result -> result.get("name").asText()
                    + (result.get("passed").asBoolean() ? "" : ": " + result.get("why").asText()))
                    .satisfiesExactly(
                            is("GET /health"), is("GET /gone: status 404 instead of 200"), is("GET /gone"),
                            is("GET /results: '.count == 3' gives false"), is("GET /results: '.count' gives 2"),
                            starts("GET /results: jq '.count | error': "),
                            starts("GET /health: the content is not JSON (Unrecognized token 'all'"),
                            is("GET /health"), is("greeting: the content does not hold 'bad'"),
                            is("POST /health: status 404 instead of 200"),
                            starts("GET /slow: no whole answer from http"),
                            is("GET /endless"), starts("GET /endless: no whole answer from http"),
                            is("GET /results"),
                            is("header: the header content-type is 'application/json', without 'html'"),
                            is("no header: the header content-type is not there"),
                            starts("slow: it took "), is("not slow"),
                            is("thrice: the 2. of 3 times: status 503 instead of 200"), is("repeated"));
            assertThat(service.asked()).filteredOn("GET /tired"::equals).hasSize(2);
            assertThat(output.get("passed").asInt() + " " + output.get("failed").asInt() + " "
                    + output.get("total").asInt()).isEqualTo("7 13 20");
        }
    }

    @Test
    void a_request_that_does_not_pass_fails_the_step_and_leaves_the_results_as_evidence() throws Exception {
        try (StepWorld world = world(Files.createDirectory(temporary.resolve("world")))) {
            world.spec("{to: 'service', requests: [{path: '/health'}, {path: '/gone'}]}").attempts(3);

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                    .hasMessage("check.http: 1 of 2 requests to service did not pass:"
                            + " GET /gone: status 404 instead of 200")
                    .extracting("retryable")
                    .isEqualTo(false);

            Path results = world.state()
                    .evidence(world.task().identity().runId())
                    .resolve("steps/step.1/results.json");
            assertThat(Json.read(Files.readString(results), JsonNode.class).get("failed").asInt()).isEqualTo(1);
        }
    }

    @Test
    void what_does_not_pass_is_asked_again_as_long_as_the_step_may_wait() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (StepWorld world = new StepWorld(Files.createDirectory(temporary.resolve("world")), "check.http")) {
            service(world).with("GET /starting",
                    exchange -> Answering.send(exchange, asked.incrementAndGet() < 4 ? 503 : 200, ""));
            world.spec("{to: 'service', keep-asking: '5m', requests: [{path: '/health'}, {path: '/starting'}]}");

            JsonNode output = world.run().output();

            assertThat(output.get("failed").asInt()).isZero();
            assertThat(asked).hasValue(4);

            world.spec("{to: 'service', keep-asking: '600ms', requests: [{path: '/gone'}]}");

            assertThatThrownBy(world::run).hasMessageContaining("GET /gone: status 404 instead of 200");
        }
    }

    @Test
    void a_service_that_is_asked_again_and_again_is_opened_once() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (StepWorld world = new StepWorld(Files.createDirectory(temporary.resolve("world")), "check.http")) {
            Answering service = service(world).with("GET /starting",
                    exchange -> Answering.send(exchange, asked.incrementAndGet() < 4 ? 503 : 200, ""));
            world.secret("TOKEN", "hush")
                    .resource("service", "{kind: 'http', url: 'http://127.0.0.1:" + service.port()
                            + "', headers: {x-token: {secret: 'TOKEN'}}}")
                    .spec("{to: 'service', keep-asking: '5m', requests: [{path: '/starting'}]}");

            world.run();

            assertThat(world.secretsRead()).containsExactly("TOKEN");
        }
    }

    @Test
    void a_service_that_does_not_run_is_worth_a_retry() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "check.http")) {
            new Answering(world, "service").close();
            world.spec("{to: 'service', requests: [{path: '/health'}, {path: '/docs'}]}").attempts(3);

            assertThatThrownBy(world::run).hasMessageContaining("cannot connect to 127.0.0.1:")
                    .hasMessageContaining("(connection refused); see whether the service runs")
                    .asInstanceOf(InstanceOfAssertFactories.type(StepFailure.class))
                    .returns(true, StepFailure::retryable)
                    .returns("http-unreachable", StepFailure::code);
        }
    }

    @Test
    void in_a_dry_run_a_service_that_is_yet_to_be_started_is_not_asked() throws Exception {
        try (StepWorld world = world(Files.createDirectory(temporary.resolve("world")))) {
            world.spec("{to: 'service', requests: [{path: '/gone'}]}");
            assertThat(world.preview().output().orElseThrow().get("failed").asInt()).isEqualTo(1);

            world.madeBy("service", "start_v2");

            assertThat(world.preview().unknown()).contains("known after start_v2");
        }
    }

    private static java.util.function.Consumer<Object> is(String text) {
        return actual -> assertThat(actual).isEqualTo(text);
    }

    private static java.util.function.Consumer<Object> starts(String text) {
        return actual -> assertThat(actual).asString().startsWith(text);
    }

    private static StepWorld world(Path directory) throws Exception {
        StepWorld world = new StepWorld(directory, "check.http");
        service(world);
        return world;
    }

    private static Answering service(StepWorld world) throws Exception {
        return new Answering(world, "service").with("GET /health", 200, "all is well")
                .with("GET /results", exchange -> {
                    exchange.getResponseHeaders().set("Content-Type", "application/json");
                    exchange.getResponseHeaders().set("X-Served-By", "v2");
                    Answering.send(exchange, 200, "{\"count\": 2}");
                })
                .with("GET /slow", exchange -> {
                    try {
                        Thread.sleep(200);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    Answering.send(exchange, 200, "");
                })
                .with("GET /endless", exchange -> {
                    exchange.sendResponseHeaders(200, 0);
                    while (true) {
                        exchange.getResponseBody().write(new byte[100]);
                        exchange.getResponseBody().flush();
                    }
                });
    }
}
