package dev.godwit.activities.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSelectionTest {
    @TempDir
    private Path tree;

    @Test
    void a_file_is_not_missed_for_a_line_break_in_its_name() throws Exception {
        Files.writeString(Files.createDirectories(tree.resolve("data")).resolve("two\nlines.json"), "{}");

        assertThat(chosen("data/**")).containsExactly("data/two\nlines.json");
        assertThat(chosen("**/*.json")).containsExactly("data/two\nlines.json");
    }

    @Test
    void a_name_that_is_no_text_is_told_and_not_called_missing() throws Exception {
        Process made = new ProcessBuilder("sh", "-c", "touch \"$(printf 'caf\\351')\"").directory(tree.toFile())
                .start();
        assertThat(made.waitFor()).isZero();

        assertThatThrownBy(() -> chosen("**")).isInstanceOf(StepFailure.class)
                .hasMessageContaining("is not text in this worker's encoding");
    }

    @Test
    void a_directory_that_is_deleted_during_the_walk_is_passed_over() throws Exception {
        Files.createFile(tree.resolve("a"));
        Path deleted = Files.createDirectory(tree.resolve("b"));
        Files.createFile(tree.resolve("c"));
        List<String> chosen = new ArrayList<>();

        new FileSelection(List.of(), List.of()).walk(tree, (path, file, attributes) -> {
            Files.deleteIfExists(deleted);
            chosen.add(path);
        });

        assertThat(chosen).containsExactly("a", "c");
    }

    private List<String> chosen(String glob) throws IOException {
        List<String> chosen = new ArrayList<>();
        new FileSelection(List.of(glob), List.of()).walk(tree, (path, file, attributes) -> chosen.add(path));
        return chosen;
    }
}
