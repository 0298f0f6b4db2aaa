package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.sun.net.httpserver.HttpServer;
import dev.godwit.activities.host.DiscoveredCatalog;
import dev.godwit.activities.host.SiteState;
import dev.godwit.activities.host.StepHost;
import dev.godwit.json.Json;
import dev.godwit.run.Mode;
import dev.godwit.run.Payloads;
import dev.godwit.run.RunOutcome;
import dev.godwit.run.RunRequest;
import dev.godwit.run.RunState;
import dev.godwit.run.RunStatus;
import dev.godwit.run.TaskQueues;
import dev.godwit.workflow.ExpressionEvaluator;
import dev.godwit.workflow.MigrationExecution;
import dev.godwit.workflow.PhaseExecution;
import dev.godwit.workflow.RollbackExecution;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.testing.TestEnvironmentOptions;
import io.temporal.testing.TestWorkflowEnvironment;
import io.temporal.worker.Worker;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The plan {@code examples/settings/attended.yaml} with its real steps, on a Temporal whose time passes at once. */
class ThirtyDaysTest {
    @TempDir
    private Path directory;

    private final AtomicInteger looks = new AtomicInteger();
    private HttpServer service;
    private TestWorkflowEnvironment temporal;

    @BeforeEach
    void site() throws Exception {
        service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        service.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        service.createContext("/", exchange -> {
            if (exchange.getRequestURI().getPath().equals("/health")) {
                looks.incrementAndGet();
            }
            try (exchange) {
                exchange.sendResponseHeaders(200, -1);
            }
        });
        service.start();
        Files.createDirectory(directory.resolve("home"));
        Files.writeString(directory.resolve("home/.env"), "LOG_LEVEL=debug\n");
        Files.createDirectory(directory.resolve("backups"));

        DiscoveredCatalog catalog = DiscoveredCatalog.load();
        SiteState state = new SiteState(directory.resolve("state"));
        StepHost host = new StepHost(catalog, state, name -> Optional.empty(), "worker");
        StepDispatcher steps = new StepDispatcher(host);
        temporal = TestWorkflowEnvironment.newInstance(TestEnvironmentOptions.newBuilder()
                .setWorkflowClientOptions(
                        WorkflowClientOptions.newBuilder().setDataConverter(Payloads.converter()).build())
                .build());
        Worker godwit = temporal.newWorker(TaskQueues.GODWIT);
        godwit.registerWorkflowImplementationTypes(MigrationExecution.class, PhaseExecution.class,
                RollbackExecution.class);
        godwit.registerActivitiesImplementations(
                new PlanControl(catalog, new PlanDirectory(directory), state, () -> false), new ExpressionEvaluator());
        temporal.newWorker(TaskQueues.steps("default")).registerActivitiesImplementations(steps);
        temporal.newWorker(TaskQueues.undo("default"))
                .registerActivitiesImplementations(steps, new SiteRecords(state, host));
        temporal.start();
    }

    @AfterEach
    void close() {
        temporal.close();
        service.stop(0);
    }

    @Test
    void a_soak_of_thirty_days_looks_once_a_day_and_costs_a_handful_of_events_a_day() throws Exception {
        WorkflowStub run = start();
        await(run, RunState.WAITING_FOR_APPROVAL);
        run.signal("approve");
        temporal.sleep(Duration.ofDays(32));
        await(run, RunState.WAITING_TO_FINALIZE);
        temporal.sleep(Duration.ofDays(5));
        run.signal("finalize");

        assertThat(run.getResult(RunOutcome.class).state()).isEqualTo(RunState.COMPLETED);
        assertThat(looks).as("31 rounds and the check of the phase before").hasValue(32);
        JsonNode report = Json.read(Files.readString(
                directory.resolve("state/evidence").resolve(run.getExecution().getRunId()).resolve("report.json")),
                JsonNode.class);
        JsonNode window = step(report, "at_night");
        assertThat(Instant.parse(window.at("/output/opened").asText())).isAfter(Instant.now());
        JsonNode soak = step(report, "soak");
        assertThat(soak.at("/output/rounds").asInt()).isEqualTo(31);
        assertThat(soak.at("/output/seconds").asDouble()).isBetween(30 * 86_400.0, 30 * 86_400.0 + 60);
        assertThat(soak.at("/output/blind").asLong()).isLessThan(60);

        List<HistoryEvent> phase = history(run.getExecution().getWorkflowId() + "/"
                + run.getExecution().getRunId().substring(0, 8) + "/watch");
        List<HistoryEvent> whole = history(run.getExecution().getWorkflowId());
        assertThat(phase).as("timers of a day")
                .filteredOn(
                        event -> event.getTimerStartedEventAttributes().getStartToFireTimeout().getSeconds() > 86_000)
                .hasSize(30);
        assertThat(phase).hasSizeLessThan(30 * 12 + 30);
        // How many it takes to tell of the other steps depends on how many of them are told of together.
        assertThat(whole).hasSizeLessThan(200);
    }

    private WorkflowStub start() throws Exception {
        String url = "http://127.0.0.1:" + service.getAddress().getPort();
        LocalTime now = LocalTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MINUTES);
        Map<String, JsonNode> parameters = new LinkedHashMap<>();
        Map.of("home", directory.resolve("home").toString(), "backups", directory.resolve("backups").toString(),
                "service", url, "chat", url + "/chat", "watch", "30d",
                "opens", now.plusHours(2).toString(), "closes", now.plusHours(3).toString())
                .forEach((name, value) -> parameters.put(name, TextNode.valueOf(value)));
        String plan = Files.readString(Path.of("../examples/settings/attended.yaml"));
        WorkflowStub run = client().newUntypedWorkflowStub("Migration",
                WorkflowOptions.newBuilder()
                        .setTaskQueue(TaskQueues.GODWIT)
                        .setWorkflowId("settings-attended/" + directory.resolve("home"))
                        .build());
        run.start(new RunRequest("settings-attended", Optional.of(plan), Optional.of("attended.yaml"), parameters,
                Optional.empty(), Mode.RUN, Optional.of("test"), Optional.empty()));
        return run;
    }

    private static void await(WorkflowStub run, RunState state) throws Exception {
        Until.seen("the run is " + state, () -> run.query("status", RunStatus.class).state() == state);
    }

    private static JsonNode step(JsonNode report, String name) {
        return report.findValues("steps")
                .stream()
                .flatMap(steps -> StreamSupport.stream(steps.spliterator(), false))
                .filter(step -> step.path("name").asText().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private List<HistoryEvent> history(String workflowId) {
        return client().fetchHistory(workflowId).getEvents();
    }

    private WorkflowClient client() {
        return temporal.getWorkflowClient();
    }
}
