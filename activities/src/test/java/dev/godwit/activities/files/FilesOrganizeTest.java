package dev.godwit.activities.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row A6. */
class FilesOrganizeTest {
    @TempDir
    private Path temporary;

    @Nested
    class Moving extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return videos(directory);
        }
    }

    @Nested
    class Linking extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return videos(directory).spec("{in: 'videos', to: 'organized', mode: 'link'}");
        }
    }

    @Test
    void files_go_by_the_utc_day_of_their_modification() throws Exception {
        try (StepWorld world = videos(temporary.resolve("w"))) {
            var output = world.run().output();

            Path videos = world.directory().resolve("videos");
            assertThat(videos.resolve("2025-06-09/a.mp4")).hasContent("a.mp4");
            assertThat(videos.resolve("2025-06-10/b.mp4")).exists();
            assertThat(videos.resolve("a.mp4")).doesNotExist();
            assertThat(videos.resolve("notes.txt")).exists();
            assertThat(output.toString()).isEqualTo("{\"files\":3,\"directories\":2}");
        }
    }

    @Test
    void an_expression_gives_the_directory() throws Exception {
        try (StepWorld world = videos(temporary.resolve("w"))) {
            world.spec("{in: 'videos', by: '.name[0:1]', include: ['*.mp4']}").run();

            assertThat(world.directory().resolve("videos/c/c.mp4")).exists();
        }
    }

    @Test
    void an_expression_that_leaves_the_directory_is_refused() throws Exception {
        try (StepWorld world = videos(temporary.resolve("w"))) {
            assertThatThrownBy(world.spec("{in: 'videos', by: '\"../x\"'}")::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("which is not a path below");
        }
    }

    @Test
    void links_leave_the_old_names_alone() throws Exception {
        try (StepWorld world = videos(temporary.resolve("w"))) {
            world.spec("{in: 'videos', to: 'organized', mode: 'link'}").run();

            assertThat(Files.isSameFile(world.directory().resolve("videos/a.mp4"),
                    world.directory().resolve("organized/2025-06-09/a.mp4"))).isTrue();
        }
    }

    @Test
    void a_taken_name_is_refused_and_undo_sets_a_new_file_with_the_old_name_aside() throws Exception {
        try (StepWorld world = videos(temporary.resolve("w"))) {
            world.run();
            Path old = world.directory().resolve("videos/a.mp4");
            Files.writeString(old, "recorded since");

            var setAside = world.undo().setAside();

            assertThat(old).hasContent("a.mp4");
            assertThat(setAside).singleElement()
                    .satisfies(one -> assertThat(Path.of(one.where())).hasContent("recorded since"));
        }
    }

    @Test
    void a_preview_counts_by_directory() throws Exception {
        try (StepWorld world = videos(temporary.resolve("w"))) {
            assertThat(world.preview().changes()).contains("move 3 files into 2 directories", "2025-06-09/: 1 files");
        }
    }

    private static StepWorld videos(Path directory) throws Exception {
        Path videos = Files.createDirectories(directory.resolve("videos"));
        video(videos, "a.mp4", "2025-06-09T23:59:59.5Z");
        video(videos, "b.mp4", "2025-06-10T00:00:00Z");
        video(videos, "c.mp4", "2025-06-10T12:00:00Z");
        video(videos, "notes.txt", "2025-06-10T12:00:00Z");
        return new StepWorld(directory, "files.organize").directory("videos", videos)
                .directory("organized", directory.resolve("organized"))
                .spec("{in: 'videos', include: ['*.mp4'], by: 'modified-date'}");
    }

    private static void video(Path videos, String name, String modified) throws Exception {
        Path file = Files.writeString(videos.resolve(name), name);
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse(modified)));
    }
}
