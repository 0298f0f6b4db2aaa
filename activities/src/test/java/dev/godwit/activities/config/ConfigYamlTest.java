package dev.godwit.activities.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row D2. */
class ConfigYamlTest {
    private static final String CONFIG = """
            # STTS
            server: {port: 8004}   # legacy
            db:
              password: hush
            gen:
                default_temperature: 0.8  # warm
                old: true
            """;
    private static final String SPEC = "{from: 'home:config.yaml', merge: {gen: {chunk_size: 200}, features: {a: true}},"
            + " set: {'.server.port': 8005}, remove: ['.gen.old'], append: {'.plugins': ['metrics']}}";

    @TempDir
    private Path temporary;

    @Nested
    class InPlace extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return home(directory, CONFIG);
        }
    }

    @Nested
    class IntoAnotherFile extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return home(directory, CONFIG)
                    .spec("{from: 'home:config.yaml', to: 'home:new/config.yaml', merge: {gen: {chunk_size: 200}}}");
        }
    }

    @Test
    void the_diff_is_in_the_preview_and_among_the_evidence_without_secrets() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"), CONFIG)) {
            var preview = world.preview();
            assertThat(preview.changes().get(0)).isEqualTo(
                    "change home:config.yaml: 3 added, 1 replaced, 1 removed, 0 as they are");
            assertThat(preview.changes()).contains("-server: {port: 8004}   # legacy",
                    "+server: {port: 8005}   # legacy",
                    "   password: ***", "-    old: true", "+    chunk_size: 200");

            var result = world.run();

            String file = result.evidence()
                    .stream()
                    .filter(name -> name.endsWith("changes.diff"))
                    .findFirst()
                    .orElseThrow();
            String diff = Files.readString(
                    world.state().root().resolve("evidence").resolve(world.task().identity().runId()).resolve(file));
            assertThat(diff.lines().toList()).containsAll(preview.changes().subList(1, preview.changes().size()));
            assertThat(diff).doesNotContain("hush");
        }
    }

    @Test
    void mode_owner_mark_and_line_ends_stay() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"), "\ufeff" + CONFIG.replace("\n", "\r\n"))) {
            Path file = world.directory().resolve("config.yaml");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
            boolean root = (int) Files.getAttribute(temporary, "unix:uid") == 0;
            if (root) {
                Files.setAttribute(file, "unix:uid", 12345, LinkOption.NOFOLLOW_LINKS);
            }

            world.run();

            assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-r-----"));
            String text = Files.readString(file);
            assertThat(text).startsWith("\ufeff# STTS\r\nserver: {port: 8005}   # legacy\r\n");
            assertThat(text.replace("\r\n", "")).doesNotContain("\n");
            Assumptions.assumeTrue(root, "only root can give a file away");
            assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(12345);
        }
    }

    @Test
    void what_others_wrote_since_is_set_aside_by_the_undo() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"), CONFIG)) {
            Path file = world.directory().resolve("config.yaml");
            world.run();
            Files.writeString(file, "theirs: 1\n");

            var undone = world.undo();

            assertThat(file).hasContent(CONFIG);
            assertThat(undone.setAside()).singleElement()
                    .satisfies(aside -> assertThat(Path.of(aside.where())).hasContent("theirs: 1\n"));
        }
    }

    @Test
    void a_file_that_cannot_be_changed_is_named_and_stays() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"), "a: 1\na: 2\n")) {
            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("home:config.yaml, line 2: 'a' stands there twice");
            assertThat(world.directory().resolve("config.yaml")).hasContent("a: 1\na: 2\n");
        }
        try (StepWorld world = home(temporary.resolve("x"), "a: 1\n---\nb: 2\n")) {
            assertThatThrownBy(world::run).hasMessageContaining("the file has 2 documents");
        }
        try (StepWorld world = home(temporary.resolve("y"), "a: 1\n")) {
            Files.write(world.directory().resolve("config.yaml"), "a: \u00e9".getBytes(StandardCharsets.ISO_8859_1));
            assertThatThrownBy(world::run).hasMessageContaining("not UTF-8");
        }
        try (StepWorld world = home(temporary.resolve("z"), "a: 1\n")) {
            Files.move(world.directory().resolve("config.yaml"), world.directory().resolve("real.yaml"));
            Files.createSymbolicLink(world.directory().resolve("config.yaml"), Path.of("real.yaml"));
            assertThatThrownBy(world::run).hasMessageContaining("is a symbolic link to real.yaml");
        }
    }

    private static StepWorld home(Path directory, String config) throws Exception {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("config.yaml"), config);
        return new StepWorld(directory, "config.yaml").directory("home", directory).spec(SPEC);
    }
}
