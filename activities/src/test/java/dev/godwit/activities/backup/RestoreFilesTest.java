package dev.godwit.activities.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.host.TreeSnapshot;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row A11. */
class RestoreFilesTest {
    @TempDir
    private Path temporary;

    @Nested
    class OverAChangedState extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return damagedHome(directory);
        }

        @Override
        protected int interruptions() {
            return 25; // Making the backup first takes its time.
        }
    }

    @Test
    void the_tree_is_as_it_was_and_the_state_before_is_kept() throws Exception {
        try (StepWorld backup = BackupFilesTest.home(temporary.resolve("w"))) {
            Path home = backup.directory().resolve("v1");
            List<String> good = TreeSnapshot.of(home.resolve("data"), true);
            backup.run();
            damage(home);
            StepWorld world = recovery(backup.directory());

            JsonNode output = world.run().output();

            assertThat(TreeSnapshot.of(home.resolve("data"), true)).isEqualTo(good);
            assertThat(home.resolve("V1.java")).hasContent("not backed up");
            Path aside = Path.of(output.path("aside").textValue());
            assertThat(aside.resolve("data/a.json")).hasContent("corrupt");
            assertThat(aside.resolve("data/new.json")).exists();
            assertThat(output.path("name").textValue()).isEqualTo(BackupFilesTest.NAME);
        }
    }

    @Test
    void undo_names_what_others_wrote_since_by_where_they_wrote_it() throws Exception {
        try (StepWorld world = damagedHome(temporary.resolve("w"))) {
            List<String> before = world.snapshot();
            Path data = world.directory().resolve("v1/data");
            world.run();
            Files.writeString(data.resolve("a.json"), "changed since");
            Files.writeString(data.resolve("since.json"), "added since");

            var setAside = world.undo().setAside();

            assertThat(world.snapshot()).isEqualTo(before);
            assertThat(setAside).extracting(one -> one.what())
                    .containsExactlyInAnyOrder(data.resolve("a.json").toString(), data.toString());
            assertThat(setAside).anySatisfy(
                    one -> assertThat(Path.of(one.where()).resolve("since.json")).hasContent("added since"));
        }
    }

    @Test
    void a_damaged_backup_is_passed_over_for_an_older_one_and_half_a_backup_is_none() throws Exception {
        try (StepWorld backup = BackupFilesTest.home(temporary.resolve("w"))) {
            backup.round(9).run();
            String newer = backup.round(10).run().output().path("name").textValue();
            Path backups = Backups.of(backup);
            Files.writeString(backups.resolve(newer).resolve("tree/.env"), "PORT=666\n");
            Files.createDirectories(backups.resolve("half/tree"));

            JsonNode output = recovery(backup.directory()).run().output();

            assertThat(output.path("name").textValue()).isEqualTo(BackupFilesTest.NAME + ".9");
            assertThat(output.path("damaged")).hasToString("[\"" + newer + "\"]");
        }
    }

    @Test
    void of_backups_in_one_place_those_of_another_target_are_passed_over_if_wanted() throws Exception {
        try (StepWorld backup = BackupFilesTest.home(temporary.resolve("w"))) {
            backup.run();
            String others = backup.target("other").runId("11111111-other").run().output().path("name").textValue();

            assertThat(recovery(backup.directory()).preview().output().orElseThrow().path("name").textValue())
                    .isEqualTo(others);
            assertThatThrownBy(recovery(backup.directory()).spec("{from: 'backups', to: 'v1', target: 'third'}")::run)
                    .hasMessageContainingAll("holds no good backup", others + " (of other)",
                            BackupFilesTest.NAME + " (of target)");
            assertThat(recovery(backup.directory()).spec("{from: 'backups', to: 'v1', target: 'target'}")
                    .run()
                    .output()
                    .path("name")
                    .textValue()).isEqualTo(BackupFilesTest.NAME);
        }
    }

    @Test
    void a_damaged_backup_that_is_asked_for_by_name_touches_nothing() throws Exception {
        try (StepWorld backup = BackupFilesTest.home(temporary.resolve("w"))) {
            backup.run();
            Files.delete(Backups.of(backup).resolve(BackupFilesTest.NAME).resolve("tree/.env"));
            StepWorld world = recovery(backup.directory())
                    .spec("{from: 'backups', to: 'v1', name: '" + BackupFilesTest.NAME + "'}");
            List<String> before = world.snapshot();

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining(".env: it is missing");
            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void a_backup_that_was_moved_about_and_lost_its_times_is_as_good() throws Exception {
        try (StepWorld backup = BackupFilesTest.home(temporary.resolve("w"))) {
            Path home = backup.directory().resolve("v1");
            List<String> good = TreeSnapshot.of(home.resolve("data"), true);
            backup.run();
            Path stored = Backups.of(backup)
                    .resolve(BackupFilesTest.NAME)
                    .resolve("tree/data/a.json");
            Files.setLastModifiedTime(stored, FileTime.fromMillis(0));
            damage(home);

            recovery(backup.directory()).run();

            assertThat(TreeSnapshot.of(home.resolve("data"), true)).isEqualTo(good);
        }
    }

    @Test
    void no_backup_is_a_clear_failure() throws Exception {
        Path directory = temporary.resolve("w");
        Files.createDirectories(Backups.of(directory));
        assertThatThrownBy(recovery(directory)::run).isInstanceOf(StepFailure.class)
                .hasMessageContaining("holds no good backup");
    }

    private static StepWorld damagedHome(Path directory) throws Exception {
        try (StepWorld backup = BackupFilesTest.home(directory)) {
            backup.run();
        }
        damage(directory.resolve("v1"));
        return recovery(directory);
    }

    private static StepWorld recovery(Path directory) {
        return new StepWorld(directory, "restore.files").runId("99999999-recovery")
                .directory("v1", directory.resolve("v1"))
                .directory("backups", Backups.of(directory))
                .spec("{from: 'backups', to: 'v1'}");
    }

    private static void damage(Path home) throws Exception {
        Files.writeString(home.resolve("data/a.json"), "corrupt");
        Files.writeString(home.resolve("data/new.json"), "{}");
        Files.delete(home.resolve("data/b.json"));
        Files.delete(home.resolve(".env"));
    }
}
