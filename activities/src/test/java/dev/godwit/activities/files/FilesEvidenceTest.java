package dev.godwit.activities.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.run.StepResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilesEvidenceTest extends StepContract {
    private static final Instant ENDED = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    private Path temporary;

    @Override
    protected StepWorld world(Path directory) throws Exception {
        Files.createDirectories(directory.resolve("reports/evidence/rows"));
        Files.writeString(directory.resolve("reports/evidence/rows/output.json"), "of an earlier run");
        StepWorld world = new StepWorld(directory, "files.evidence")
                .directory("reports", directory.resolve("reports"))
                .spec("{steps: ['rows', 'times'], to: 'reports:evidence'}");
        leave(world, "rows.9", "output.json", "{\"different\": 1}");
        leave(world, "rows.10", "output.json", "{\"different\": 0}");
        leave(world, "rows.10", "rows.jsonl", "{}\n");
        leave(world, "times.1", "output.json", "{}");
        return world;
    }

    private static void leave(StepWorld world, String step, String name, String content) throws Exception {
        Path file = world.state()
                .evidence(world.task().identity().runId())
                .resolve("steps")
                .resolve(step)
                .resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        Files.setLastModifiedTime(file, FileTime.from(ENDED));
    }

    @Test
    void the_latest_round_of_each_step_is_there_by_its_name() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            StepResult result = world.run();

            Path evidence = world.directory().resolve("reports/evidence");
            assertThat(evidence.resolve("rows/output.json")).hasContent("{\"different\": 0}");
            assertThat(evidence.resolve("rows/rows.jsonl")).exists();
            assertThat(result.output().get("files").asInt()).isEqualTo(3);
            assertThat(result.output().at("/ended/times").asText()).isEqualTo(ENDED.toString());
        }
    }

    @Test
    void a_step_that_has_left_nothing_is_named() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            world.spec("{steps: ['rows', 'row'], to: 'reports:evidence'}");

            assertThatThrownBy(world::run).hasMessageContaining("the step row has left no evidence at this site");
            assertThat(world.directory().resolve("reports/evidence/rows/output.json")).hasContent("of an earlier run");
        }
    }

    @Test
    void copies_that_are_kept_outlive_the_rollback() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            world.spec("{steps: ['times'], to: 'reports:evidence', keep: true}").run();

            world.undo();

            assertThat(world.directory().resolve("reports/evidence/times/output.json")).exists();
        }
    }
}
