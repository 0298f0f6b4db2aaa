package dev.godwit.activities.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.resource.Answering;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NotifyWebhookTest {
    private static final String SPEC = "{to: 'chat:hook', text: 'V1 stops', fields: {channel: '#plates'}}";

    /** A chat that shows a message with the same key once. */
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "notify.webhook").spec(SPEC);
            Map<String, String> shown = new ConcurrentHashMap<>();
            new Answering(world, "chat").with("POST /hook", exchange -> {
                shown.put(exchange.getRequestHeaders().getFirst("Idempotency-Key"), body(exchange));
                Answering.send(exchange, 200, "ok");
            });
            return world.counting(() -> List.copyOf(shown.values()));
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void a_chat_gets_the_text_and_what_else_it_wants() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "notify.webhook").spec(SPEC)) {
            List<String> got = new CopyOnWriteArrayList<>();
            new Answering(world, "chat").with("POST /hook", exchange -> {
                got.add(exchange.getRequestHeaders().getFirst("Content-Type"));
                got.add(exchange.getRequestHeaders().getFirst("Idempotency-Key"));
                got.add(body(exchange));
                Answering.send(exchange, 204, "");
            });

            assertThat(world.run().output().get("status").asInt()).isEqualTo(204);
            assertThat(got).containsExactly("application/json", world.runId() + "/step.1",
                    "{\"text\":\"V1 stops\",\"channel\":\"#plates\"}");
        }
    }

    @Test
    void a_message_that_was_sent_is_not_sent_again() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "notify.webhook").spec(SPEC)) {
            Answering chat = new Answering(world, "chat").with("POST /hook", 200, "ok");

            world.run();
            world.run();

            assertThat(chat.asked()).containsExactly("POST /hook");
        }
    }

    @ParameterizedTest
    @CsvSource({"400, external/webhook-refused, false", "404, external/webhook-refused, false",
            "301, external/webhook-refused, false", "408, external/webhook-failed, true",
            "429, external/webhook-failed, true", "500, external/webhook-failed, true",
            "503, external/webhook-failed, true"})
    void only_a_receiver_that_may_take_it_later_is_tried_again(int status, String type, boolean retryable)
            throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "notify.webhook").spec(SPEC).attempts(2)) {
            new Answering(world, "chat").with("POST /hook", status, "no such channel\nmore");

            StepFailure failure = catchThrowableOfType(StepFailure.class, world::run);

            assertThat(failure.type()).isEqualTo(type);
            assertThat(failure.retryable()).isEqualTo(retryable);
            assertThat(failure).hasMessageContaining("answers with status " + status + ": no such channel");
        }
    }

    @Test
    void a_page_for_an_answer_is_cut() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "notify.webhook").spec(SPEC)) {
            new Answering(world, "chat").with("POST /hook", 404, "<html>" + "x".repeat(5_000));

            assertThatThrownBy(world::run)
                    .hasMessageContaining(" answers with status 404: <html>" + "x".repeat(194) + "...;");
        }
    }

    @Test
    void a_receiver_that_is_not_there_is_worth_a_retry() {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "notify.webhook").spec(SPEC)
                .attempts(2)
                .resource("chat", "{kind: 'http', url: 'http://127.0.0.1:1'}")) {

            assertThatThrownBy(world::run).hasMessageContaining("cannot connect to 127.0.0.1:1")
                    .extracting("retryable")
                    .isEqualTo(true);
        }
    }

    @Test
    void a_secret_address_and_a_secret_token_reach_the_receiver_and_no_message() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "notify.webhook")
                .secret("HOOK", "/T0/B0/s3cr3t\n")
                .secret("TOKEN", "Bearer t0k3n-of-a-user")
                .spec("{to: 'chat', text: 'V1 stops'}")) {
            List<String> tokens = new CopyOnWriteArrayList<>();
            Answering chat = new Answering(world, "chat").with("POST /T0/B0/s3cr3t", exchange -> {
                tokens.add(exchange.getRequestHeaders().getFirst("Authorization"));
                Answering.send(exchange, 403, "");
            });
            String url = world.task().resources().get("chat").get("url").asText();
            world.resource("chat", "{kind: 'http', url: '" + url + "', path: {secret: 'HOOK'},"
                    + " headers: {Authorization: {secret: 'TOKEN'}}}");

            StepFailure refused = catchThrowableOfType(StepFailure.class, world::run);
            chat.with("POST /T0/B0/s3cr3t", 404,
                    "{\"error\": \"no /T0/B0/s3cr3t or \\/T0\\/B0\\/s3cr3t for t0k3n-of-a-user\"}");
            StepFailure unknown = catchThrowableOfType(StepFailure.class, world::run);
            chat.with("POST /T0/B0/s3cr3t", HttpExchange::close);
            StepFailure broken = catchThrowableOfType(StepFailure.class, world::run);
            chat.close();
            StepFailure gone = catchThrowableOfType(StepFailure.class, world::run);

            assertThat(tokens).containsExactly("Bearer t0k3n-of-a-user");
            assertThat(unknown).hasMessageContaining(": {\"error\": \"no /*** or \\/*** for ***\"}");
            assertThat(refused).hasMessageContaining(url + "/*** answers with status 403");
            assertThat(broken).hasMessageContaining(url + "/***: ");
            assertThat(List.of(refused, unknown, broken, gone))
                    .allSatisfy(failure -> assertThat(failure.getMessage()).doesNotContain("s3cr3t", "t0k3n"));
        }
    }

    @Test
    void a_secret_that_no_header_can_hold_is_named_but_not_shown() {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "notify.webhook")
                .secret("TOKEN", "s3\ncr3t")
                .spec("{to: 'chat', text: 'x'}")
                .resource("chat",
                        "{kind: 'http', url: 'http://127.0.0.1:1', headers: {Authorization: {secret: 'TOKEN'}}}")) {

            assertThatThrownBy(world::run).hasMessageContaining("the header Authorization")
                    .hasMessageNotContaining("cr3t");
        }
    }

    @Test
    void a_dry_run_says_what_would_be_told_and_tells_nobody() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "notify.webhook").spec(SPEC)) {
            Answering chat = new Answering(world, "chat");

            assertThat(world.preview().changes()).containsExactly("would tell chat:hook: V1 stops");
            assertThat(chat.asked()).isEmpty();
        }
    }

    private static String body(HttpExchange exchange) throws IOException {
        return new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    }
}
