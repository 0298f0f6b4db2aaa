package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.godwit.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The plan that wants people, {@code examples/settings/attended.yaml}, with a service and a chat that are really there. */
@ExtendWith(SharedSite.class)
class AttendedIT {
    private static final String ENV = "LOG_LEVEL=debug\n";

    @TempDir
    private Path directory;

    private HttpServer server;
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final List<String> told = new CopyOnWriteArrayList<>();
    private volatile boolean well = true;

    @BeforeEach
    void service() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/service", exchange -> {
            asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath().substring(8));
            answer(exchange, well ? 200 : 503);
        });
        server.createContext("/chat", exchange -> {
            byte[] message = exchange.getRequestBody().readAllBytes();
            told.add(Json.read(new String(message, StandardCharsets.UTF_8), JsonNode.class).get("text").asText());
            answer(exchange, 200);
        });
        server.start();
        Files.createDirectory(directory.resolve("home"));
        Files.writeString(directory.resolve("home/.env"), ENV);
        Files.createDirectory(directory.resolve("backups"));
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void a_run_waits_for_people_a_window_and_a_soak_and_cannot_be_taken_back_when_it_has_finalized(Site site)
            throws Exception {
        answered(site.godwit(start("watch=2s", "every=1s")));
        awaitTold("waiting for approval", "change", "the service refuses requests for a minute", "approve");
        assertThat(asked).isEmpty();

        answered(site.godwit("approve", id(), "--by", "kim"));
        awaitTold("waiting to finalize", "finalize");
        assertThat(env()).contains("LOG_LEVEL=info", "CACHE=true");
        assertThat(asked).startsWith("POST /close", "GET /health", "POST /open")
                .doesNotContain("DELETE /settings/previous");

        answered(site.godwit("finalize", id(), "--by", "kim"));
        Answer done = site.godwit("watch", id(), "--output", "json");
        assertThat(done.exit()).as(done.err()).isZero();
        assertThat(asked).endsWith("DELETE /settings/previous");
        assertThat(done.step("soak").at("/output/rounds").asInt()).isEqualTo(3);
        assertThat(done.step("soak").at("/output/seconds").asDouble()).isBetween(2.0, 20.0);
        awaitTold("The old settings are gone, 3 rounds of checks passed");
        awaitTold(id() + ": completed");

        String runId = done.json().get("run_id").asText();
        assertThat(site.state().resolve("journal").resolve(runId).toFile().list()).as("what it still remembers")
                .allMatch(name -> name.startsWith("notice-"));
        Answer tooLate = site.godwit("rollback", id());
        assertThat(tooLate.exit()).as(tooLate.err()).isEqualTo(1);
        assertThat(env()).contains("LOG_LEVEL=info");
    }

    @Test
    void a_service_that_gets_ill_past_the_pivot_waits_for_a_person_who_can_take_it_all_back(Site site)
            throws Exception {
        answered(site.godwit(start("watch=10m", "every=1s")));
        awaitTold("waiting for approval");
        answered(site.godwit("approve", id()));
        Until.seen("users are let in again", () -> asked.contains("POST /open"));
        well = false;
        awaitTold("waiting for decision", "soak", "GET /health: status 503 instead of 200", "rollback");
        well = true;

        Answer preview = site.godwit("rollback", id(), "--preview");
        assertThat(preview.out()).contains("what users wrote with the new settings");
        assertThat(env()).contains("LOG_LEVEL=info");

        answered(site.godwit("rollback", id()));
        assertThat(site.godwit("watch", id()).exit()).isEqualTo(3);
        assertThat(env()).isEqualTo(ENV);
        assertThat(asked).endsWith("POST /close", "POST /open");
        awaitTold("rolled back");
    }

    private List<String> start(String... parameters) {
        List<String> arguments = new ArrayList<>(List.of("start", "examples/settings/attended.yaml", "--detach"));
        LocalTime now = LocalTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MINUTES);
        String url = "http://127.0.0.1:" + server.getAddress().getPort();
        List<String> all = new ArrayList<>(List.of("home=" + directory.resolve("home"),
                "backups=" + directory.resolve("backups"), "service=" + url + "/service", "chat=" + url + "/chat",
                "opens=" + now.minusHours(1), "closes=" + now.plusHours(1)));
        all.addAll(List.of(parameters));
        all.forEach(parameter -> arguments.addAll(List.of("--param", parameter)));
        return arguments;
    }

    private String id() {
        return "settings-attended/" + directory.resolve("home");
    }

    private String env() throws IOException {
        return Files.readString(directory.resolve("home/.env"));
    }

    private void awaitTold(String... texts) throws Exception {
        Until.seen("the chat is told " + List.of(texts),
                () -> told.stream().anyMatch(text -> Arrays.stream(texts).allMatch(text::contains)));
    }

    private static void answered(Answer answer) {
        assertThat(answer.exit()).as(answer.err()).isZero();
    }

    private static void answer(HttpExchange exchange, int status) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(status, -1);
        }
    }
}
