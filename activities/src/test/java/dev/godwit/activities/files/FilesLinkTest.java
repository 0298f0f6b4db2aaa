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

class FilesLinkTest extends StepContract {
    @TempDir
    private Path temporary;

    @Override
    protected StepWorld world(Path directory) throws Exception {
        Files.createDirectories(directory.resolve("v1/data"));
        return new StepWorld(directory, "files.link").directory("v1", directory.resolve("v1"))
                .directory("v2", directory.resolve("v2"))
                .spec("{link: 'v2:data_v1', target: 'v1:data', relative: true}");
    }

    @Test
    void a_relative_link_leads_to_its_target() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            world.run();

            Path link = world.directory().resolve("v2/data_v1");
            assertThat(Files.readSymbolicLink(link)).hasToString("../v1/data");
            assertThat(link).isDirectory();
        }
    }

    @Test
    void a_missing_target_is_named() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            assertThatThrownBy(world.spec("{link: 'v2:x', target: 'v1:none'}")::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("v1:none");
        }
    }

    @Test
    void undo_sets_aside_what_has_taken_the_links_place() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            world.run();
            Path link = world.directory().resolve("v2/data_v1");
            Files.delete(link);
            Files.writeString(link, "a file now");

            assertThat(world.undo().setAside()).hasSize(1);
            assertThat(world.directory().resolve("v2")).doesNotExist();
        }
    }
}
