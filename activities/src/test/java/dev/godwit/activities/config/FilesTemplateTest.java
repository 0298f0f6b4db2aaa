package dev.godwit.activities.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row B5. */
class FilesTemplateTest {
    private static final String SECRET = "AIza$1\\hush";
    private static final String OLD_SECRET = "AIzaOldOne";
    private static final String TEMPLATE = "# Gemini\nGEMINI={{ GEMINI }}\nWORKERS={{WORKERS}}\n{{ $labels.instance }}\n";

    @TempDir
    private Path temporary;

    @Nested
    class OfANewFile extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return home(directory);
        }
    }

    @Nested
    class InThePlaceOfAnOther extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = home(directory);
            old(world);
            return world.spec(spec("existing: 'replace'"));
        }
    }

    @Nested
    class WhereOnlyTheModeIsAnother extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = home(directory);
            openToAll(world);
            return world;
        }
    }

    @Test
    void a_file_with_the_same_secret_that_all_may_read_is_closed_and_opened_again() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            Path file = openToAll(world);
            List<String> before = world.snapshot();

            assertThat(world.preview().changes()).contains("change the mode of home:.env from rw-r--r-- to rw-------");
            world.run();

            assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));

            world.undo();

            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void the_file_has_the_secret_and_only_its_owner_reads_it() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            var output = world.run().output();

            Path file = world.directory().resolve("home/.env");
            assertThat(file)
                    .hasContent("# Gemini\nGEMINI=" + SECRET + "\nWORKERS=4\n{{ $labels.instance }}\n");
            assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
            assertThat(output.toString()).isEqualTo("{\"places\":2,\"secrets\":1,\"replaced\":false}");
        }
    }

    @Test
    void neither_the_secret_nor_the_old_one_is_anywhere_but_in_the_file_and_what_is_kept_of_it() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            old(world);
            world.spec(spec("existing: 'replace'"));

            String shown = world.preview().changes() + world.run().toString();

            assertThat(shown).contains("-GEMINI=***", "+GEMINI=***", "-OTHER=***", "+WORKERS=4")
                    .doesNotContain(SECRET, OLD_SECRET);
            assertThat(filesWith(world.state().root(), SECRET)).isEmpty();
            // Undo needs the old file, which only its owner may read.
            assertThat(filesWith(world.state().root(), OLD_SECRET)).hasSize(1)
                    .allSatisfy(
                            kept -> assertThat(Files.getPosixFilePermissions(kept))
                                    .isEqualTo(PosixFilePermissions.fromString("rw-------")));
        }
    }

    @Test
    void another_mode_may_be_asked_for_and_the_owner_stays() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            old(world);
            world.spec(spec("existing: 'replace', mode: 'rw-r-----'")).run();

            assertThat(Files.getPosixFilePermissions(world.directory().resolve("home/.env")))
                    .isEqualTo(PosixFilePermissions.fromString("rw-r-----"));
        }
    }

    @Test
    void without_secrets_the_file_has_the_mode_of_its_template() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            Path template = world.directory().resolve("home/template");
            Files.writeString(template, "exec {{A}} {{A}}");
            Files.setPosixFilePermissions(template, PosixFilePermissions.fromString("rwxr-xr-x"));
            world.spec("{from: 'home:template', to: 'home:start', values: {A: true}}").run();

            assertThat(world.directory().resolve("home/start")).hasContent("exec true true");
            assertThat(Files.getPosixFilePermissions(world.directory().resolve("home/start")))
                    .isEqualTo(PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    @Test
    void all_that_does_not_fit_is_reported_at_once() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            world.spec("{text: '{{A}} {{B}} {{ C }}', to: 'home:x', values: {B: 1, D: 2}}");

            for (Runnable attempt : List.<Runnable>of(world::preview, world::run)) {
                assertThatThrownBy(attempt::run).isInstanceOf(StepFailure.class)
                        .hasMessageContaining("{{ A }} has no value; {{ C }} has no value; it has no place {{ D }}");
            }
        }
    }

    @Test
    void a_file_with_other_content_is_refused_by_preview_and_run() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            old(world);

            for (Runnable attempt : List.<Runnable>of(world::preview, world::run)) {
                assertThatThrownBy(attempt::run).isInstanceOfSatisfying(StepFailure.class,
                        failure -> assertThat(failure.code()).isEqualTo("file-exists"));
            }
        }
    }

    @Test
    void a_secret_that_the_worker_does_not_have_is_named() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            world.spec("{text: '{{A}}', to: 'home:x', values: {A: {secret: 'NOWHERE'}}}");

            assertThatThrownBy(world::preview).hasMessageContaining("NOWHERE");
        }
    }

    @Test
    void a_secret_of_several_lines_is_hidden_line_by_line() {
        FilledTemplate filled = FilledTemplate.of("t", "a\n{{ KEY }}\nb\n".getBytes(StandardCharsets.UTF_8),
                Map.of(), Map.of("KEY", "one\ntwo"));

        assertThat(filled.diff("t", new byte[0])).contains("+a", "+***", "+b")
                .noneMatch(line -> line.contains("one") || line.contains("two"));
    }

    private static List<Path> filesWith(Path directory, String text) throws IOException {
        byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).filter(file -> {
                try {
                    return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                            .contains(new String(wanted, StandardCharsets.ISO_8859_1));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }).toList();
        }
    }

    private static Path openToAll(StepWorld world) throws IOException {
        Path file = world.directory().resolve("home/.env");
        Files.writeString(file, "# Gemini\nGEMINI=" + SECRET + "\nWORKERS=4\n{{ $labels.instance }}\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        return file;
    }

    private static void old(StepWorld world) throws IOException {
        Path file = world.directory().resolve("home/.env");
        Files.writeString(file, "GEMINI=" + OLD_SECRET + "\nOTHER=" + OLD_SECRET + "\n# Gemini\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private static StepWorld home(Path directory) throws Exception {
        Path home = Files.createDirectories(directory.resolve("home"));
        Files.writeString(home.resolve("env.template"), TEMPLATE);
        return new StepWorld(directory, "files.template").directory("home", home)
                .secret("KEY", SECRET)
                .spec(spec("existing: 'refuse'"));
    }

    private static String spec(String more) {
        return "{from: 'home:env.template', to: 'home:.env', values: {GEMINI: {secret: 'KEY'}, WORKERS: 4}, " + more
                + "}";
    }
}
