package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.run.RunState;
import dev.godwit.run.RunStatus;
import dev.godwit.run.TemporalConnection;
import io.temporal.client.WorkflowStub;
import io.temporal.serviceclient.WorkflowServiceStubs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A pause in the middle of a long copy, on a real Temporal: of some thousand documents by default, with
 * {@code -Dgodwit.long=true} of 20,000, and within two seconds on a machine that does nothing else.
 */
class PauseIT {
    private static final boolean LONG = Boolean.getBoolean("godwit.long");
    private static final int DOCUMENTS = LONG ? 20_000 : 3_000;
    private static final int BATCH = 100;
    private static final Duration EFFECT = Duration.ofSeconds(2);
    private static final String PLAN = """
            name: many-documents
            target: '${{ .params.home }}'
            parameters:
              home: {type: path, description: directory with the documents, required: true}
            resources:
              home: {kind: directory, path: '${{ .params.home }}'}
            phases:
              - name: copy
                steps:
                  - name: documents
                    uses: copy.documents
                    with: {from: 'home:v1', to: 'home:v2', document: '. + {version: "2.0"}', batch: %d}
            """.formatted(BATCH);

    @Test
    void a_pause_takes_effect_and_the_copy_goes_on_where_it_stopped(@TempDir Path directory)
            throws Exception {
        Path plan = Files.writeString(directory.resolve("plan.yaml"), PLAN);
        Path undisturbed = home(directory.resolve("undisturbed"));
        Path home = home(directory.resolve("home"));
        DevServer temporal = DevServer.start(directory);
        WorkflowServiceStubs stubs = connection(temporal).connect(Duration.ofSeconds(10));
        try (Site site = new Site(directory, temporal)) {
            site.startWorker();
            Answer reference = site.godwit("start", plan.toString(), "--param", "home=" + undisturbed);
            assertThat(reference.exit()).as(reference.err()).isZero();

            Answer start = site.godwit("start", plan.toString(), "--param", "home=" + home, "--detach");
            assertThat(start.exit()).as(start.err()).isZero();
            WorkflowStub run = connection(temporal).client(stubs)
                    .newUntypedWorkflowStub("many-documents/" + home);
            Until.seen("a part is copied", () -> LicensePlate.count(home.resolve("v2")) > DOCUMENTS / 10);

            long asked = System.nanoTime();
            run.update("pause", Object.class);
            Until.seen("the run is paused", () -> state(run) == RunState.PAUSED);
            Duration effect = Duration.ofNanos(System.nanoTime() - asked);
            Map<String, String> copied = files(home.resolve("v2"), PauseIT::identity);
            assertThat(copied).hasSizeBetween(DOCUMENTS / 10, DOCUMENTS - 1);
            if (LONG) {
                assertThat(effect).isLessThan(EFFECT);
            }
            assertThat(site.godwit("status", "many-documents/" + home).out()).contains("paused");
            assertThat(files(home.resolve("v2"), PauseIT::identity)).isEqualTo(copied);

            run.update("resume", Object.class);
            run.getResult(Object.class);
            // A document that was written again is another file: only the batch may be that the pause broke off.
            copied.entrySet().removeAll(files(home.resolve("v2"), PauseIT::identity).entrySet());
            assertThat(copied).hasSizeLessThan(BATCH);
            assertThat(files(home.resolve("v2"), PauseIT::content))
                    .isEqualTo(files(undisturbed.resolve("v2"), PauseIT::content))
                    .hasSize(DOCUMENTS);
        } finally {
            stubs.shutdownNow();
        }
    }

    private static Path home(Path home) throws IOException {
        Path documents = Files.createDirectories(home.resolve("v1"));
        for (int i = 0; i < DOCUMENTS; i++) {
            Files.writeString(documents.resolve("s" + i + ".json"), "{\"n\": " + i + "}");
        }
        return home;
    }

    private static TemporalConnection connection(DevServer temporal) {
        return TemporalConnection.load(Map.of("TEMPORAL_ADDRESS", temporal.address()));
    }

    private static RunState state(WorkflowStub run) {
        return run.query("status", RunStatus.class).state();
    }

    /** The documents by name; what is not whole yet has a hidden name. */
    private static Map<String, String> files(Path directory, Function<Path, String> what) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> !file.getFileName().toString().startsWith("."))
                    .collect(Collectors.toMap(file -> file.getFileName().toString(), what, (one, other) -> one,
                            TreeMap::new));
        }
    }

    private static String identity(Path file) {
        try {
            return Files.readAttributes(file, "unix:ino,ctime").toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String content(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
