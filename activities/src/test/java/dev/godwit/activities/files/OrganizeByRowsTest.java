package dev.godwit.activities.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Row E5. */
class OrganizeByRowsTest {
    private static final String FIELDS = "in: 'storage', rows: {from: 'database', query: '" + Generations.QUERY
            + "'}, file: '.id, \"\\\\(.id).json\"'";
    private static final String SPEC = "{" + FIELDS + ", by: '" + Generations.PLACE + "'}";

    @TempDir
    private Path temporary;

    @Nested
    class InSqlite extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return sqlite(directory);
        }
    }

    @Nested
    class InPostgres extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return Generations.inPostgres(directory, "files.organize").spec(SPEC);
        }

        @Override
        protected int interruptions() {
            return 20;
        }
    }

    @Nested
    class SettingAside extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = sqlite(directory);
            Files.createDirectories(directory.resolve("storage/nobodys/src"));
            Files.writeString(directory.resolve("storage/stray.json"), "{}");
            return world.spec("{" + FIELDS + ", by: '" + Generations.PLACE
                    + "', unowned: 'set-aside', set-aside: 'aside'}");
        }

        @Override
        protected int interruptions() {
            return 20;
        }
    }

    @Test
    void a_directory_becomes_its_place_and_a_file_goes_into_it() throws Exception {
        try (StepWorld world = sqlite(temporary.resolve("w"))) {
            assertThat(world.run().output().toString())
                    .isEqualTo("{\"files\":5,\"directories\":5,\"in_place\":0,\"missing\":0,\"unowned\":0}");

            Path projects = world.directory().resolve("storage/projects");
            assertThat(projects.resolve("p1/generations/v1__g1/src/main.py")).hasContent("print('g1')");
            assertThat(projects.resolve("p1/generations/v2__g2/g2.json")).exists();
            assertThat(projects.getParent()).isDirectoryNotContaining(path -> !path.endsWith("projects"));
        }
    }

    @Test
    void a_row_without_a_file_stops_the_step_before_anything_moves_and_the_preview_too() throws Exception {
        try (StepWorld world = sqlite(temporary.resolve("w"))) {
            Generations.execute(world.directory(), "INSERT INTO generations VALUES ('g9', 'p9', 1)");
            List<String> before = world.snapshot();

            for (Runnable verb : List.<Runnable>of(world::run, world::preview)) {
                assertThatThrownBy(verb::run).isInstanceOf(StepFailure.class)
                        .hasMessageContaining("1 rows have no file in storage: {\"id\":\"g9\"")
                        .hasMessageContaining("nothing was changed");
            }
            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void what_is_without_its_other_is_counted_and_named_where_the_plan_says_so() throws Exception {
        try (StepWorld world = sqlite(temporary.resolve("w"))) {
            Generations.execute(world.directory(), "INSERT INTO generations VALUES ('g9', 'p9', 1)");
            Path stray = Files.writeString(world.directory().resolve("storage/stray.json"), "{}");
            world.spec("{" + FIELDS + ", by: '" + Generations.PLACE + "', missing: 'report', unowned: 'report'}");

            assertThat(world.preview().changes()).contains("g1 -> projects/p1/generations/v1__g1",
                    "no row for stray.json");
            var result = world.run();

            assertThat(result.output().toString())
                    .isEqualTo("{\"files\":5,\"directories\":5,\"in_place\":0,\"missing\":1,\"unowned\":1}");
            assertThat(stray).exists();
            Path evidence = world.state()
                    .evidence(world.task().identity().runId())
                    .resolve(result.evidence()
                            .stream()
                            .filter(name -> name.endsWith(".jsonl"))
                            .findFirst()
                            .orElseThrow());
            assertThat(evidence).content().contains("{\"row\":{\"id\":\"g9\"", "{\"file\":\"stray.json\"}");
        }
    }

    @Test
    void what_has_no_row_is_set_aside_and_comes_back() throws Exception {
        try (StepWorld world = sqlite(temporary.resolve("w"))) {
            Path stray = Files.writeString(world.directory().resolve("storage/stray.json"), "{}");
            world.spec("{" + FIELDS + ", by: '" + Generations.PLACE
                    + "', unowned: 'set-aside', set-aside: 'aside'}").run();

            assertThat(stray).doesNotExist();
            assertThat(world.directory().resolve("aside/stray.json")).exists();
            world.undo();
            assertThat(stray).exists();
        }
    }

    @Test
    void what_the_new_system_has_put_into_its_place_stays_there() throws Exception {
        try (StepWorld world = sqlite(temporary.resolve("w"))) {
            Files.createDirectories(world.directory().resolve("storage/projects/p7/generations/v1__g7"));
            Generations.execute(world.directory(), "INSERT INTO generations VALUES ('g7', 'p7', 1)");

            assertThat(world.run().output().get("in_place").asInt()).isEqualTo(1);
        }
    }

    @Test
    void rows_that_change_while_it_works_do_not_change_what_it_does() throws Exception {
        try (StepWorld world = sqlite(temporary.resolve("w"))) {
            world.run();
            Generations.execute(world.directory(), "DELETE FROM generations");

            assertThat(world.run().output().get("files").asInt()).isEqualTo(5);
            world.undo();
            assertThat(world.directory().resolve("storage/g2.json")).exists();
        }
    }

    @Test
    void a_generation_that_came_since_is_not_lost_by_an_undo() throws Exception {
        try (StepWorld world = sqlite(temporary.resolve("w"))) {
            world.run();
            Path since = Files.createDirectories(
                    world.directory().resolve("storage/projects/p1/generations/v3__g8"));
            Files.writeString(since.resolve("main.py"), "new");

            var setAside = world.undo().setAside();

            assertThat(setAside).singleElement()
                    .satisfies(one -> assertThat(one.what()).endsWith("storage/projects/p1/generations"));
            assertThat(Path.of(setAside.getFirst().where()).resolve("v3__g8/main.py")).hasContent("new");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
            UPDATE generations SET version = 1; "projects/\\(.project)/v\\(.version)"; two rows have the place
            UPDATE generations SET version = 1; "../\\(.id)"; which is not a path below
            UPDATE generations SET version = 1; .nothing; which is not a path below
            UPDATE generations SET version = 1; .version + .id; the expression fails on the row
            """)
    void rows_without_a_place_of_their_own_are_refused(String change, String by, String message) throws Exception {
        try (StepWorld world = sqlite(temporary.resolve("w"))) {
            Generations.execute(world.directory(), change);
            world.spec("{" + FIELDS + ", by: '" + by.replace("\\", "\\\\") + "'}");
            List<String> before = world.snapshot();

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining(message);
            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void a_row_that_describes_two_files_is_refused() throws Exception {
        try (StepWorld world = sqlite(temporary.resolve("w"))) {
            Files.writeString(world.directory().resolve("storage/g1.json"), "{}");

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("describes [g1, g1.json]");
        }
    }

    @Test
    void a_place_that_is_taken_is_refused_before_anything_moves() throws Exception {
        try (StepWorld world = sqlite(temporary.resolve("w"))) {
            Files.createDirectories(world.directory().resolve("storage/projects/p3/generations/v1__g5"));
            List<String> before = world.snapshot();

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining("exists already");
            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    private static StepWorld sqlite(Path directory) throws Exception {
        return Generations.inSqlite(directory, "files.organize").spec(SPEC);
    }
}
