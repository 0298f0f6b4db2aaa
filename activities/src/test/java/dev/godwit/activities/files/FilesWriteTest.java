package dev.godwit.activities.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilesWriteTest extends StepContract {
    @TempDir
    private Path temporary;

    @Override
    protected StepWorld world(Path directory) throws Exception {
        Files.createDirectories(directory.resolve("reports"));
        Files.writeString(directory.resolve("reports/report.json"), "an older report");
        return new StepWorld(directory, "files.write").directory("reports", directory.resolve("reports"))
                .spec("{to: 'reports:report.json', json: {passed: 3, rate: 1.10}, existing: 'replace'}");
    }

    @Test
    void json_is_written_with_numbers_as_they_are() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            world.run();

            assertThat(world.directory().resolve("reports/report.json"))
                    .hasContent("{\n  \"passed\" : 3,\n  \"rate\" : 1.10\n}\n");
        }
    }

    @Test
    void neither_json_nor_text_is_a_fault_of_the_plan() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            assertThatThrownBy(world.spec("{to: 'reports:x'}")::run).isInstanceOf(StepFailure.class)
                    .hasMessage("files.write: give json or text, one of the two");
        }
    }

    @Test
    void a_report_that_is_kept_outlives_the_rollback() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            world.spec("{to: 'reports:why.json', json: {failed: 1}, keep: true}").run();

            world.undo();

            assertThat(world.directory().resolve("reports/why.json")).exists();
        }
    }
}
