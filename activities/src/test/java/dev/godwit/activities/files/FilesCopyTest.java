package dev.godwit.activities.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.host.TreeSnapshot;
import dev.godwit.run.PreviewResult;
import dev.godwit.step.Journal;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilesCopyTest {
    @TempDir
    private Path temporary;

    @Nested
    class IntoAnEmptyPlace extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return tree(directory);
        }
    }

    @Nested
    class OverAnEarlierCopy extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = tree(directory);
            Path copy = Files.createDirectories(directory.resolve("new/home/sub"));
            Path old = Files.writeString(copy.resolve("b.json"), "older");
            Files.setPosixFilePermissions(old, PosixFilePermissions.fromString("rw-------"));
            Files.createLink(directory.resolve("second-name"), old);
            Files.setLastModifiedTime(copy, FileTime.from(Instant.parse("2020-01-01T00:00:00.123456Z")));
            return world.spec("{from: 'old', to: 'new:home', existing: 'replace'}");
        }
    }

    @Test
    void keeps_content_mode_time_and_links() throws Exception {
        try (StepWorld world = tree(temporary.resolve("w"))) {
            var output = world.run().output();

            assertThat(output.path("files").asLong()).isEqualTo(3);
            Path copy = world.directory().resolve("new/home");
            assertThat(copy.resolve("sub/b.json")).hasContent("bb");
            assertThat(Files.getLastModifiedTime(copy.resolve("a.json")).toInstant())
                    .isEqualTo(Instant.parse("2024-02-03T04:05:06.789Z"));
            assertThat(Files.getPosixFilePermissions(copy.resolve("a.json")))
                    .isEqualTo(PosixFilePermissions.fromString("rw-r-----"));
            assertThat(Files.readSymbolicLink(copy.resolve("link"))).hasToString("sub/b.json");
        }
    }

    @Test
    void directories_that_it_makes_get_mode_and_time_of_their_source_over_batches_and_a_crash() throws Exception {
        try (StepWorld world = tree(temporary.resolve("w"))) {
            Path old = world.directory().resolve("old");
            Files.delete(old.resolve("link")); // A link's own time is not copied.
            Files.createDirectories(old.resolve("sub/empty"));
            Files.createDirectories(old.resolve("sub/many"));
            for (int i = 0; i < 300; i++) {
                Files.writeString(old.resolve("sub/many/" + i), "file " + i);
            }
            dress(old.resolve("sub/many"), "r-xr-x---", "2021-01-01T00:00:00.5Z");
            dress(old.resolve("sub/empty"), "rwx------", "2022-01-01T00:00:00Z");
            dress(old.resolve("sub"), "rwxrwxr-x", "2023-01-01T00:00:00Z");
            dress(old, "rwxr-x---", "2024-01-01T00:00:00Z");
            List<String> before = world.snapshot();

            assertThatThrownBy(() -> world.host(DiesWithItsSecondCommit::new).run(world.task(), StepWorld.QUIET))
                    .isInstanceOf(DiesWithItsSecondCommit.Death.class);
            world.run();

            assertThat(TreeSnapshot.of(world.directory().resolve("new/home"), true))
                    .isEqualTo(TreeSnapshot.of(old, true));
            world.undo();
            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void a_directory_that_is_there_keeps_its_mode() throws Exception {
        try (StepWorld world = tree(temporary.resolve("w"))) {
            Path there = Files.createDirectories(world.directory().resolve("new/home/sub"));
            dress(there, "rwx------", "2021-01-01T00:00:00Z");

            world.run();

            assertThat(Files.getPosixFilePermissions(there)).isEqualTo(PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    void globs_choose() throws Exception {
        try (StepWorld world = tree(temporary.resolve("w"))) {
            world.spec("{from: 'old', to: 'new', include: ['**/*.json'], exclude: ['sub/**']}").run();

            assertThat(world.directory().resolve("new/a.json")).exists();
            assertThat(world.directory().resolve("new/link")).doesNotExist();
            assertThat(world.directory().resolve("new/sub")).doesNotExist();
        }
    }

    @Test
    void other_content_is_refused_and_nothing_is_left_of_the_batch() throws Exception {
        try (StepWorld world = tree(temporary.resolve("w"))) {
            Files.createDirectories(world.directory().resolve("new/home/sub"));
            Files.writeString(world.directory().resolve("new/home/sub/b.json"), "someone else's");
            List<String> before = world.snapshot();

            assertThatThrownBy(world::run).isInstanceOfSatisfying(StepFailure.class,
                    failure -> assertThat(failure.code()).isEqualTo("file-exists"))
                    .hasMessageStartingWith("files.copy: ")
                    .hasMessageContaining("sub/b.json");
            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void undo_sets_aside_what_others_changed_and_added() throws Exception {
        try (StepWorld world = tree(temporary.resolve("w"))) {
            world.run();
            Path copy = world.directory().resolve("new/home");
            Files.writeString(copy.resolve("a.json"), "changed since");
            Files.writeString(copy.resolve("sub/log"), "added since");

            var setAside = world.undo().setAside();

            assertThat(copy).doesNotExist();
            assertThat(setAside).extracting(one -> one.what())
                    .containsExactlyInAnyOrder(
                            copy.resolve("a.json").toString(), copy.resolve("sub").toString());
            assertThat(setAside).allSatisfy(one -> assertThat(Path.of(one.where())).exists());
        }
    }

    @Test
    void a_preview_counts() throws Exception {
        try (StepWorld world = tree(temporary.resolve("w"))) {
            var preview = world.preview();

            assertThat(preview.output().orElseThrow().path("files").asLong()).isEqualTo(3);
            assertThat(preview.changes()).singleElement().asString().contains("copy 3 files");
        }
    }

    @Test
    void a_preview_of_what_an_earlier_step_makes_says_so() throws Exception {
        try (StepWorld world = tree(temporary.resolve("w"))) {
            PreviewResult preview = world.madeBy("old:sub", "generate").preview();
            assertThat(preview.unknown()).contains("known after generate");
            assertThat(preview.makes()).as("which later steps may want to read").containsExactly("new:home");
        }
    }

    private static void dress(Path directory, String mode, String modified) throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
        Files.setLastModifiedTime(directory, FileTime.from(Instant.parse(modified)));
    }

    private static StepWorld tree(Path directory) throws Exception {
        Path old = Files.createDirectories(directory.resolve("old/sub")).getParent();
        Path a = Files.writeString(old.resolve("a.json"), "a");
        Files.setPosixFilePermissions(a, PosixFilePermissions.fromString("rw-r-----"));
        Files.setLastModifiedTime(a, FileTime.from(Instant.parse("2024-02-03T04:05:06.789Z")));
        Files.writeString(old.resolve("sub/b.json"), "bb");
        Files.createSymbolicLink(old.resolve("link"), Path.of("sub/b.json"));
        dress(old.resolve("sub"), "rwxr-x--x", "2024-02-03T04:05:07Z");
        return new StepWorld(directory, "files.copy").directory("old", old)
                .directory("new", directory.resolve("new"))
                .spec("{from: 'old', to: 'new:home'}");
    }

    /** What no code catches, like the death of a process, when all of the second batch is done but not committed. */
    private record DiesWithItsSecondCommit(Journal journal, AtomicInteger commits) implements Journal {

        DiesWithItsSecondCommit(Journal journal) {
            this(journal, new AtomicInteger());
        }

        private static final class Death extends Error {
            private static final long serialVersionUID = 1L;
        }

        @Override
        public <T> Optional<T> read(String name, Class<T> type) {
            return journal.read(name, type);
        }

        @Override
        public void write(String name, Object value) {
            if (name.equals("files.committed") && commits.incrementAndGet() == 2) {
                throw new Death();
            }
            journal.write(name, value);
        }

        @Override
        public void append(String log, List<?> entries) {
            journal.append(log, entries);
        }

        @Override
        public <T> void scan(String log, Class<T> type, Consumer<T> reader) {
            journal.scan(log, type, reader);
        }

        @Override
        public void checkToken() {
            journal.checkToken();
        }
    }
}
