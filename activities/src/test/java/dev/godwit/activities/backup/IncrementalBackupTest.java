package dev.godwit.activities.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.host.TreeSnapshot;
import dev.godwit.run.StepTask;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepIdentity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Backups that rest on earlier ones, and which ones may go. */
class IncrementalBackupTest {
    @TempDir
    private Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"by-content", "by-times"})
    void only_what_changed_is_copied_and_all_of_it_comes_back(String incremental) throws Exception {
        try (StepWorld world = home(incremental)) {
            Path home = world.directory().resolve("v1");
            String first = backUp(world, 1);
            Files.writeString(home.resolve("data/a.json"), "{\"new\": 1}");
            Files.writeString(home.resolve("data/added.json"), "{}");
            Files.delete(home.resolve("logs/v1.log"));
            List<String> good = TreeSnapshot.of(home, true);

            JsonNode output = world.round(2).run().output();

            String second = output.path("name").textValue();
            assertThat(files(world, second)).containsExactly("data/a.json", "data/added.json");
            assertThat(output.path("needs")).hasToString("[\"" + first + "\"]");
            Files.writeString(home.resolve("data/b.json"), "corrupt");
            BackupFormsTest.recovery(world.directory()).run();
            assertThat(TreeSnapshot.of(home, true).subList(1, good.size())).isEqualTo(good.subList(1, good.size()));
        }
    }

    @Test
    void a_third_backup_names_where_the_content_is_and_not_who_said_so() throws Exception {
        try (StepWorld world = home("by-content")) {
            String first = backUp(world, 1);
            backUp(world, 2);

            JsonNode output = world.round(3).run().output();

            assertThat(output.path("needs")).hasToString("[\"" + first + "\"]");
        }
    }

    @Test
    void by_times_a_file_is_read_once_something_about_it_changed() throws Exception {
        try (StepWorld world = home("by-times")) {
            Path file = world.directory().resolve("v1/data/a.json");
            FileTime modified = Files.getLastModifiedTime(file);
            backUp(world, 1);
            Files.writeString(file, "[]"); // As long as before, and said to be as old.
            Files.setLastModifiedTime(file, modified);

            String second = backUp(world, 2);

            assertThat(files(world, second)).containsExactly("data/a.json");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"by-content", "by-times"})
    void damage_to_an_earlier_backup_does_not_go_on_into_the_next(String incremental) throws Exception {
        try (StepWorld world = home(incremental)) {
            Path home = world.directory().resolve("v1");
            List<String> good = TreeSnapshot.of(home.resolve("data"), true);
            String first = backUp(world, 1);
            Path copy = Backups.of(world).resolve(first + "/tree/data/a.json");
            FileTime modified = Files.getLastModifiedTime(copy);
            Files.writeString(copy, "[]");
            Files.setLastModifiedTime(copy, modified);
            Files.delete(Backups.of(world).resolve(first + "/tree/data/b.json"));

            String second = backUp(world, 2);

            assertThat(files(world, second)).containsExactly("data/a.json", "data/b.json");
            Files.delete(home.resolve("data/a.json"));
            JsonNode output = BackupFormsTest.recovery(world.directory()).run().output();
            assertThat(output.path("name").textValue()).isEqualTo(second);
            assertThat(TreeSnapshot.of(home.resolve("data"), true)).isEqualTo(good);
        }
    }

    @Test
    void an_earlier_backup_that_is_gone_is_missed_by_name_of_the_file() throws Exception {
        try (StepWorld world = home("by-content")) {
            String first = backUp(world, 1);
            String second = backUp(world, 2);
            new DirectoryStore(Backups.of(world), "backups").remove(first, gone -> {});

            assertThatThrownBy(BackupFormsTest.recovery(world.directory())
                    .spec("{from: 'backups', to: 'v1', name: '" + second + "'}")::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining(first)
                    .hasMessageContaining("it is missing");
        }
    }

    @Test
    void a_backup_of_something_else_is_not_built_upon() throws Exception {
        try (StepWorld world = home("by-content")) {
            backUp(world, 1);
            Path other = Files.createDirectories(world.directory().resolve("other"));
            Files.writeString(other.resolve("a.json"), "{}");
            world.directory("other", other).spec("{from: 'other', to: 'backups', incremental: 'by-content'}");

            assertThat(world.round(2).run().output().path("needs")).isEmpty();
        }
    }

    @Test
    void an_archive_cannot_be_incremental() throws Exception {
        try (StepWorld world = home("by-content")) {
            assertThatThrownBy(world.spec("{from: 'v1', to: 'backups', form: 'archive', incremental: 'by-times'}")::run)
                    .isInstanceOf(StepFailure.class)
                    .hasMessageContaining("an archive holds everything");
        }
    }

    @Test
    void old_backups_go_but_none_that_a_newer_one_needs() throws Exception {
        try (StepWorld world = BackupFilesTest.home(temporary.resolve("w"))) {
            world.spec("{from: 'v1', to: 'backups'}");
            String needless = backUp(world, 1);
            String needed = backUp(world, 2);
            world.spec("{from: 'v1', to: 'backups', incremental: 'by-content', keep: {count: 1}}");

            JsonNode output = world.round(3).run().output();

            assertThat(output.path("needs")).hasToString("[\"" + needed + "\"]");
            assertThat(output.path("removed")).hasToString("[\"" + needless + "\"]");
            assertThat(new DirectoryStore(Backups.of(world), "backups").names()).containsExactly(needed,
                    output.path("name").textValue());
        }
    }

    @Test
    void the_young_stay_and_so_do_others_backups() throws Exception {
        try (StepWorld world = BackupFilesTest.home(temporary.resolve("w"))) {
            world.spec("{from: 'v1:data', to: 'backups'}");
            String others = backUp(world, 1);
            world.spec("{from: 'v1', to: 'backups', keep: {age: '1d'}}");
            String young = backUp(world, 2);

            assertThat(world.round(3).run().output().path("removed")).isEmpty();

            assertThat(new DirectoryStore(Backups.of(world), "backups").names()).contains(others, young);
        }
    }

    @Test
    void steps_of_one_plan_keep_backups_of_their_own() throws Exception {
        try (StepWorld world = BackupFilesTest.home(temporary.resolve("w"))) {
            world.spec("{from: 'v1', include: ['logs/**'], to: 'backups', keep: {count: 1}}");
            String logs = backUp(world, 1);
            world.spec("{from: 'v1', include: ['data/**'], to: 'backups', keep: {count: 1}}");

            JsonNode output = runAs(world, "extra"); // Its name comes before the other's.

            assertThat(output.path("removed")).isEmpty();
            assertThat(new DirectoryStore(Backups.of(world), "backups").names())
                    .containsExactly(output.path("name").textValue(), logs);
        }
    }

    @Test
    void the_backup_just_made_stays_whatever_its_name() throws Exception {
        try (StepWorld world = BackupFilesTest.home(temporary.resolve("w"))) {
            world.spec("{from: 'v1', to: 'backups', keep: {count: 1}}");
            String ninth = backUp(world, 9);

            JsonNode output = world.round(10).run().output(); // As text, 10 comes before 9.

            assertThat(output.path("removed")).hasToString("[\"" + ninth + "\"]");
            assertThat(new DirectoryStore(Backups.of(world), "backups").names())
                    .containsExactly(output.path("name").textValue());
        }
    }

    @Test
    void a_backup_that_fails_removes_nothing_and_leaves_nothing() throws Exception {
        try (StepWorld world = BackupFilesTest.home(temporary.resolve("w"))) {
            world.spec("{from: 'v1', to: 'backups', keep: {count: 1}}");
            String good = backUp(world, 1);
            world.spec("{from: 'v1', include: ['nothing'], to: 'backups', keep: {count: 1}}");

            assertThatThrownBy(world.round(2)::run).hasMessageContaining("no file of v1 is chosen");

            try (Stream<Path> left = Files.list(Backups.of(world))) {
                assertThat(left.map(path -> path.getFileName().toString())).containsExactly(good);
            }
        }
    }

    private StepWorld home(String incremental) throws Exception {
        return BackupFilesTest.home(temporary.resolve("w"))
                .spec("{from: 'v1', to: 'backups', incremental: '" + incremental + "'}");
    }

    private static String backUp(StepWorld world, int round) {
        return world.round(round).run().output().path("name").textValue();
    }

    /** Runs the step under another name, in the same run. */
    private static JsonNode runAs(StepWorld world, String step) {
        StepTask task = world.task();
        StepIdentity one = task.identity();
        StepIdentity other = new StepIdentity(one.runId(), one.plan(), one.target(), one.phase(), step, one.round());
        return world.host(UnaryOperator.identity())
                .run(new StepTask(other, task.uses(), task.spec(), task.resources(), task.runStarted(),
                        task.attempts(), task.delay(), task.began(), task.madeBy()), StepWorld.QUIET)
                .output();
    }

    /** The files that a backup holds itself. */
    private static List<String> files(StepWorld world, String backup) throws Exception {
        Path tree = Backups.of(world).resolve(backup).resolve("tree");
        try (Stream<Path> files = Files.walk(tree)) {
            return files.filter(Files::isRegularFile).map(file -> tree.relativize(file).toString()).sorted().toList();
        }
    }
}
