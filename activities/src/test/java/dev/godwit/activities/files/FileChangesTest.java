package dev.godwit.activities.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.host.StepWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the contract tests of the steps that use it do not show. */
class FileChangesTest {
    @TempDir
    private Path temporary;

    @Test
    void undo_spans_batches() throws Exception {
        try (StepWorld world = files(600)) {
            List<String> before = world.snapshot();
            world.run();
            assertThat(names(world.directory().resolve("new"))).hasSize(600);
            assertThat(names(world.state().root().resolve("journal/" + world.runId() + "/step.1")))
                    .contains("files.batch-1.log", "files.batch-2.log", "files.batch-3.log")
                    .doesNotContain("files.batch-4.log");

            world.undo();

            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void undo_puts_back_what_was_replaced_though_the_workspace_is_all_that_has_it() throws Exception {
        try (StepWorld world = files(1)) {
            Path replaced = Files.createDirectories(world.directory().resolve("new")).resolve("0.json");
            Files.writeString(replaced, "someone's");
            List<String> before = world.snapshot();
            world.spec("{from: 'old', to: 'new', existing: 'replace'}").run();
            Files.writeString(replaced, "changed since");

            assertThat(world.undo().setAside()).singleElement()
                    .satisfies(one -> assertThat(Path.of(one.where())).hasContent("changed since"));
            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void undo_goes_on_where_others_deleted_what_was_made() throws Exception {
        try (StepWorld world = files(3)) {
            List<String> before = world.snapshot();
            world.run();
            Files.delete(world.directory().resolve("new/1.json"));
            DurableFiles.deleteTree(world.directory().resolve("new"));

            world.undo();

            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    private StepWorld files(int count) throws Exception {
        Path world = Files.createDirectories(temporary.resolve("w"));
        Path old = Files.createDirectories(world.resolve("old"));
        for (int i = 0; i < count; i++) {
            Files.writeString(old.resolve(i + ".json"), "{\"number\": " + i + "}");
        }
        return new StepWorld(world, "files.copy").directory("old", old)
                .directory("new", world.resolve("new"))
                .spec("{from: 'old', to: 'new'}");
    }

    private static List<String> names(Path directory) throws Exception {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
