package dev.godwit.activities.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SiteStateTest {
    @TempDir
    private Path directory;

    @Test
    void a_state_directory_that_cannot_be_written_is_told_before_any_step() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));

        assertThatThrownBy(() -> new SiteState(file.resolve("state")).requireWritable())
                .isInstanceOf(StepFailure.class)
                .hasMessageContaining("cannot write into the state directory " + file.resolve("state"));
    }

    @Test
    void a_missing_state_directory_is_made_and_left_empty() {
        Path root = directory.resolve("var/state");

        new SiteState(root).requireWritable();

        assertThat(root).isEmptyDirectory();
    }
}
