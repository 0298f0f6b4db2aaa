package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.run.TemporalConnection;
import io.temporal.api.enums.v1.EventType;
import io.temporal.client.WorkflowClient;
import io.temporal.serviceclient.WorkflowServiceStubs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker is replaced in the middle of a run, on a real server. */
class RedeployIT {
    private static final int DOCUMENTS = 1_200;

    @Test
    void a_worker_that_leaves_hands_its_step_to_another_at_once(@TempDir Path server, @TempDir Path siteDirectory,
            @TempDir Path documents) throws Exception {
        Path from = Files.createDirectories(documents.resolve("from"));
        Path to = documents.resolve("to");
        for (int number = 0; number < DOCUMENTS; number++) {
            Files.writeString(from.resolve(number + ".json"), "{\"number\": " + number + "}");
        }
        try (DevServer temporal = DevServer.start(server); Site site = new Site(siteDirectory, temporal)) {
            long old = site.startWorker();
            Site.Command run = site.begin(List.of("start", copying(siteDirectory).toString(), "--output", "json",
                    "--param", "directory=" + documents));
            Until.seen("some documents are copied", () -> LicensePlate.count(to) > 20);
            site.startWorker();

            String said = site.drainWorker(old);

            assertThat(said).doesNotContain(" WARN ", " ERROR ", "\tat ");
            long atLeaving = LicensePlate.count(to);
            assertThat(atLeaving).isLessThan(DOCUMENTS);
            Until.seen("another worker goes on", () -> LicensePlate.count(to) > atLeaving);
            Answer answer = run.await();
            assertThat(answer.exit()).as(answer.err()).isZero();
            assertThat(answer.step("copies").get("attempts").asInt()).isEqualTo(2);
            assertThat(answer.step("copies").at("/output/documents").asInt()).isEqualTo(DOCUMENTS);
            assertThat(LicensePlate.count(to)).isEqualTo(DOCUMENTS);
            assertNoWorkflowTaskFailed(temporal);
        }
    }

    /**
     * A plan whose run copies documents, each a batch of its own. Its heartbeat is so long that who waited for a missed one
     * would fail the test.
     */
    private static Path copying(Path directory) throws IOException {
        return Files.writeString(directory.resolve("copying.yaml"), """
                name: copying
                target: '${{ .params.directory }}'
                parameters:
                  directory: {type: path, description: where the documents are, required: true}
                resources:
                  directory: {kind: directory, path: '${{ .params.directory }}'}
                phases:
                  - name: copy
                    steps:
                      - name: copies
                        uses: copy.documents
                        heartbeat: 10m
                        with: {from: 'directory:from', to: 'directory:to', batch: 1}
                """);
    }

    @Test
    void a_pinned_run_stays_with_its_build_while_others_begin_on_the_new_one(@TempDir Path server,
            @TempDir Path siteDirectory, @TempDir Path restless, @TempDir Path service) throws Exception {
        try (DevServer temporal = DevServer.start(server);
                Site site = new Site(siteDirectory, temporal);
                Restlessness restlessness = Restlessness.of(restless)) {
            long old = site.startWorker("--deployment", "godwit", "--build-id", "1");
            makeCurrent(temporal, "1");
            Site.Command run = site
                    .begin(List.of("start", plan(siteDirectory).toString(), "--output", "json", "--param",
                            "directory=" + restless));
            String workflowId = "patient/" + restless;
            Until.seen("the run waits", () -> run.saidSoFar().contains("quiet begins"));
            site.startWorker("--deployment", "godwit", "--build-id", "2");
            makeCurrent(temporal, "2");

            String said = site.drainWorker(old);

            assertThat(said).contains("the build godwit:1 leaves here", workflowId);
            assertThat(site.godwitOfWorker("doctor").out()).contains("build godwit:1: must be up for " + workflowId);
            restlessness.end();
            Answer other = migrateSettings(site, service);
            assertThat(other.exit()).as(other.err()).isZero();
            assertThat(run.process().isAlive()).as("nobody goes on with a build that is away").isTrue();
            site.startWorker("--deployment", "godwit", "--build-id", "1");
            Answer answer = run.await();

            assertThat(answer.exit()).as(answer.err()).isZero();
            assertThat(versionOf(temporal, workflowId)).isEqualTo("godwit:1");
            assertThat(versionOf(temporal, "settings/" + service.resolve("home"))).isEqualTo("godwit:2");
            assertNoWorkflowTaskFailed(temporal);
        }
    }

    /** A plan whose run waits for a directory to be quiet. */
    private static Path plan(Path directory) throws IOException {
        return Files.writeString(directory.resolve("patient.yaml"), """
                name: patient
                target: '${{ .params.directory }}'
                parameters:
                  directory: {type: path, description: what becomes quiet, required: true}
                resources:
                  directory: {kind: directory, path: '${{ .params.directory }}'}
                phases:
                  - name: waiting
                    steps:
                      - {name: quiet, uses: wait.quiet, heartbeat: 10m, with: {directory: directory, within: 10m}}
                  - name: after
                    steps:
                      - {name: files, uses: check.files, with: {in: directory, counts: {all: '**'}}}
                """);
    }

    /** Writes into a directory all the time, until it is closed. */
    private record Restlessness(Thread thread) implements AutoCloseable {
        static Restlessness of(Path directory) {
            return new Restlessness(Thread.startVirtualThread(() -> {
                try {
                    for (long i = 0; true; i++) {
                        Files.writeString(directory.resolve("changing"), String.valueOf(i));
                        TimeUnit.MILLISECONDS.sleep(100);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } catch (InterruptedException e) {
                    return; // It is closed.
                }
            }));
        }

        void end() {
            thread.interrupt();
        }

        @Override
        public void close() {
            end();
        }
    }

    private static Answer migrateSettings(Site site, Path service) throws Exception {
        Files.createDirectories(service.resolve("backups"));
        Files.writeString(Files.createDirectories(service.resolve("home")).resolve(".env"), "LOG_LEVEL=debug\n");
        return site.godwit("start", Site.GODWIT.resolve("examples/settings/plan.yaml").toString(), "--param",
                "home=" + service.resolve("home"), "--param", "backups=" + service.resolve("backups"), "--output",
                "json");
    }

    /** The server knows a build a moment after its worker began to poll. */
    private static void makeCurrent(DevServer temporal, String buildId) throws Exception {
        Until.seen("build " + buildId + " is current", () -> temporal.temporal("worker", "deployment",
                "set-current-version", "--deployment-name", "godwit", "--build-id", buildId, "--yes").exit() == 0);
    }

    private static String versionOf(DevServer temporal, String workflowId) throws Exception {
        Answer answer = temporal.temporal("workflow", "describe", "--workflow-id", workflowId);
        assertThat(answer.exit()).as(answer.err()).isZero();
        JsonNode version = answer.json().at("/workflowExecutionInfo/versioningInfo/deploymentVersion");
        return version.path("deploymentName").asText() + ":" + version.path("buildId").asText();
    }

    /** A non-determinism error is a failed workflow task. */
    private static void assertNoWorkflowTaskFailed(DevServer temporal) {
        TemporalConnection connection = TemporalConnection.at(temporal.address());
        WorkflowServiceStubs stubs = connection.connect(Duration.ofSeconds(10));
        WorkflowClient client = connection.client(stubs);
        try (Stream<String> workflows = client.listExecutions("TaskQueue = 'godwit'")
                .map(workflow -> workflow.getExecution().getWorkflowId())) {
            List<String> failures = workflows
                    .flatMap(workflow -> client.fetchHistory(workflow)
                            .getEvents()
                            .stream()
                            .filter(event -> event.getEventType() == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED)
                            .map(event -> workflow + ": " + event))
                    .toList();
            assertThat(failures).isEmpty();
        } finally {
            stubs.shutdownNow();
        }
    }
}
