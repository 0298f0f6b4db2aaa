package dev.godwit.activities.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Row B4. */
class FilesReplaceTest {
    private static final String COMPOSE = "services:\n  app:\n    command: uvicorn scalable_app:app\n"
            + "    volumes: ['./scalable_app.py:/app/scalable_app.py', './my_scalable_app.py:/x']\n";
    private static final String MOVES = "files: [{from: 'home:scalable_app.py', to: 'home:new_app.py'},"
            + " {from: 'home:docker-compose-scalable.yml', to: 'home:docker-compose.yml'},"
            + " {from: 'home:nginx-scalable.conf', to: 'home:nginx.conf'}]";

    @TempDir
    private Path temporary;

    @Nested
    class WithReferences extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return home(directory);
        }
    }

    @Nested
    class OfTwoThatChangePlaces extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return home(directory).spec("{files: [{from: 'home:nginx.conf', to: 'home:nginx-scalable.conf'},"
                    + " {from: 'home:nginx-scalable.conf', to: 'home:nginx.conf'}]}");
        }
    }

    @Nested
    class OfReferencesAlone extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return home(directory).spec("{references: [{in: ['home:nginx.conf', 'home:docker-compose.yml'],"
                    + " match: 'old (\\\\w+)$', replace: 'new $1', count: 2}]}");
        }
    }

    @Test
    void files_take_places_and_references_follow() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            Path home = world.directory().resolve("home");
            FileTime modified = Files.getLastModifiedTime(home.resolve("nginx-scalable.conf"));

            JsonNode output = world.run().output();

            assertThat(home.resolve("docker-compose.yml")).hasContent(COMPOSE.replace("scalable_app", "new_app")
                    .replace("my_new_app", "my_scalable_app"));
            assertThat(home.resolve("new_app.py")).hasContent("print('new')\n");
            assertThat(home.resolve("nginx.conf")).hasContent("new nginx\n");
            assertThat(Files.getLastModifiedTime(home.resolve("nginx.conf"))).isEqualTo(modified);
            assertThat(Files.getPosixFilePermissions(home.resolve("new_app.py")))
                    .isEqualTo(PosixFilePermissions.fromString("rwxr-x---"));
            assertThat(home).isDirectoryNotContaining(file -> file.getFileName().toString().contains("scalable"));
            assertThat(output.toString()).isEqualTo("{\"replaced\":[\"home:docker-compose.yml\",\"home:nginx.conf\"],"
                    + "\"made\":[\"home:new_app.py\"],\"references\":{\"home:docker-compose.yml\":3}}");
        }
    }

    @Test
    void the_preview_counts_references_and_shows_a_diff() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            List<String> changes = world.preview().changes();

            assertThat(changes).contains("home:scalable_app.py becomes home:new_app.py",
                    "home:nginx-scalable.conf takes the place of home:nginx.conf, which is kept for undo",
                    "3 references in home:docker-compose.yml", "-old nginx", "+new nginx",
                    "+    command: uvicorn new_app:app");
        }
    }

    @Test
    void a_kept_file_stays_where_it_is() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            world.spec("{files: [{from: 'home:scalable_app.py', to: 'home:app.py', keep: true}]}").run();

            assertThat(world.directory().resolve("home/scalable_app.py")).hasContent("print('new')\n");
            assertThat(world.directory().resolve("home/app.py")).hasContent("print('new')\n");
        }
    }

    @Test
    void undo_sets_aside_what_has_taken_the_place_since() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            List<String> before = world.content();
            world.run();
            Files.writeString(world.directory().resolve("home/nginx.conf"), "by hand\n");

            var setAside = world.undo().setAside();

            assertThat(setAside).hasSize(1);
            assertThat(Path.of(setAside.getFirst().where())).hasContent("by hand\n");
            assertThat(world.content()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "too few|{references: [{in: ['home:nginx.conf'], find: 'nginx', replace: 'x', count: 2}]}|reference-count|must find 2, and finds 1",
            "none|{references: [{in: ['home:nginx.conf'], find: 'ngin', replace: 'x'}]}|reference-count|must find at least one, and finds 0 (0 in home:nginx.conf)",
            "no file|{files: [{from: 'home:none', to: 'home:nginx.conf'}]}|file-missing|home:none",
            "a link|{files: [{from: 'home:link', to: 'home:nginx.conf'}]}|file-is-link|home:link",
            "a directory in its place|{files: [{from: 'home:nginx.conf', to: 'home:directory'}]}|file-exists|directory",
            "by its old name|{files: [{from: 'home:nginx-scalable.conf', to: 'home:nginx.conf'}], references: [{in: ['home:nginx-scalable.conf'], find: 'new', replace: 'x'}]}|file-moves|name it as it is called then"})
    void what_cannot_be_done_is_refused_and_changes_nothing(String name, String spec, String code, String message)
            throws Exception {
        try (StepWorld world = home(temporary.resolve("w")).spec(spec)) {
            List<String> before = world.snapshot();

            assertThatThrownBy(world::run).as(name).isInstanceOfSatisfying(StepFailure.class, failure -> {
                assertThat(failure.code()).isEqualTo(code);
                assertThat(failure).hasMessageContaining(message);
            });

            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "{files: [{from: 'home:a', to: 'home:a'}]}|is to take its own place",
            "{files: [{from: 'home:a', to: 'home:c'}, {from: 'home:b', to: 'home:c'}]}|home:c takes the place of two files",
            "{references: [{in: ['home:a'], match: '(', replace: 'x'}]}|'(' is not a regular expression",
            "{references: [{in: ['home:a'], match: 'a', replace: '$1'}]}|'$1' does not fit 'a'",
            "{}|give files or references"})
    void a_plan_that_makes_no_sense_is_refused(String spec, String message) throws Exception {
        try (StepWorld world = home(temporary.resolve("w")).spec(spec)) {
            assertThatThrownBy(world::run).hasMessageContaining(message);
        }
    }

    private static StepWorld home(Path directory) throws Exception {
        Path home = Files.createDirectories(directory.resolve("home"));
        Files.createDirectory(home.resolve("directory"));
        Files.createSymbolicLink(home.resolve("link"), Path.of("nginx.conf"));
        Files.writeString(home.resolve("scalable_app.py"), "print('new')\n");
        Files.setPosixFilePermissions(home.resolve("scalable_app.py"), PosixFilePermissions.fromString("rwxr-x---"));
        Files.writeString(home.resolve("docker-compose.yml"), "services: old one\n");
        Files.writeString(home.resolve("docker-compose-scalable.yml"), COMPOSE);
        Files.writeString(home.resolve("nginx.conf"), "old nginx\n");
        Files.writeString(home.resolve("nginx-scalable.conf"), "new nginx\n");
        Files.setLastModifiedTime(home.resolve("nginx-scalable.conf"), FileTime.fromMillis(1_700_000_000_000L));
        return new StepWorld(directory, "files.replace").directory("home", home)
                .spec("{" + MOVES + ", references: [{in: ['home:docker-compose.yml'], find: 'scalable_app',"
                        + " replace: 'new_app', count: 3}]}");
    }
}
