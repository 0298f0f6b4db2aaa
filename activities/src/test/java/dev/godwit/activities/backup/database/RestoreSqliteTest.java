package dev.godwit.activities.backup.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RestoreSqliteTest {
    @TempDir
    private Path temporary;

    @Nested
    class OverAChangedDatabase extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return changed(directory, "wal");
        }

        @Override
        protected int interruptions() {
            return 15; // Making the backup first takes its time.
        }
    }

    @Nested
    class WhereThereIsNone extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = changed(directory, "delete");
            Files.delete(file(world));
            return world;
        }

        @Override
        protected int interruptions() {
            return 10;
        }
    }

    @Test
    void the_rows_are_as_they_were_and_the_database_before_is_kept() throws Exception {
        try (StepWorld world = changed(temporary.resolve("w"), "wal")) {
            JsonNode output = world.run().output();

            assertThat(BackupSqliteTest.count(file(world))).isEqualTo(3000);
            assertThat(BackupSqliteTest.count(Path.of(output.path("aside").textValue()))).isEqualTo(1000);
            assertThat(output.path("name").textValue()).isEqualTo(BackupSqliteTest.NAME);
            assertThat(output.path("rows").asInt()).isEqualTo(3001);
        }
    }

    /** The program that uses it runs as a user of its own, and would find that it may not write it any more. */
    @Test
    void it_belongs_to_whom_the_database_before_belongs_to() throws Exception {
        try (StepWorld world = changed(temporary.resolve("w"), "delete")) {
            boolean root = (int) Files.getAttribute(temporary, "unix:uid") == 0;
            Files.setPosixFilePermissions(file(world), PosixFilePermissions.fromString("rw-rw----"));
            if (root) {
                Files.setAttribute(file(world), "unix:uid", 12345);
                Files.setAttribute(file(world), "unix:gid", 23456);
            }

            world.run();

            assertThat(Files.getPosixFilePermissions(file(world)))
                    .isEqualTo(PosixFilePermissions.fromString("rw-rw----"));
            Assumptions.assumeTrue(root, "only root can give a file away");
            assertThat(Files.readAttributes(file(world), "unix:uid,gid")).containsEntry("uid", 12345)
                    .containsEntry("gid", 23456);
        }
    }

    /** With its {@code -wal} file, which is not to be taken for one of the database that comes back. */
    @Test
    void undo_sets_aside_what_others_wrote_since_also_if_they_have_not_finished() throws Exception {
        try (StepWorld world = changed(temporary.resolve("w"), "wal")) {
            List<String> before = world.snapshot();
            world.run();
            Connection open = BackupSqliteTest.connect(file(world));
            try (open; Statement statement = open.createStatement()) {
                statement.execute("DELETE FROM detections WHERE id > 5");

                var setAside = world.undo().setAside();

                assertThat(setAside).anySatisfy(one -> {
                    assertThat(one.what()).isEqualTo(file(world).toString());
                    assertThat(BackupSqliteTest.count(Path.of(one.where()))).isEqualTo(5);
                });
            }
            assertThat(BackupSqliteTest.count(file(world))).isEqualTo(1000);
            assertThat(world.snapshot()).hasSameSizeAs(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void what_is_damaged_is_refused_and_named_and_nothing_is_touched(Damage damage) throws Exception {
        try (StepWorld world = changed(temporary.resolve("w"), "delete")) {
            String[] said = damage.done(backups(world).resolve(BackupSqliteTest.NAME));
            List<String> before = world.snapshot();

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("damaged are [" + BackupSqliteTest.NAME + "]");
            assertThatThrownBy(
                    world.spec("{from: 'backups', to: 'database', name: '" + BackupSqliteTest.NAME + "'}")::run)
                    .isInstanceOf(StepFailure.class)
                    .hasMessageContainingAll(said);
            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void a_damaged_backup_is_passed_over_for_an_older_one_and_half_a_backup_is_none() throws Exception {
        Path directory = temporary.resolve("w");
        try (StepWorld backup = BackupSqliteTest.detections(directory, "delete")) {
            backup.run();
            String newer = backup.round(2).run().output().path("name").textValue();
            Damage.FLIPPED_BYTE.done(backups(backup).resolve(newer));
            Files.createDirectories(backups(backup).resolve("half/parts"));

            JsonNode output = restore(directory).run().output();

            assertThat(output.path("name").textValue()).isEqualTo(BackupSqliteTest.NAME);
            assertThat(output.path("damaged")).hasToString("[\"" + newer + "\"]");
        }
    }

    @Test
    void a_backup_of_another_database_is_taken_by_name_only() throws Exception {
        Path directory = temporary.resolve("w");
        try (StepWorld world = changed(directory, "delete")) {
            world.resource("database", "{kind: 'sqlite', path: '" + directory.resolve("v1/other.db") + "'}");
            assertThatThrownBy(world::run).hasMessageContaining("(of detections.db)");

            world.runId("99999999-again")
                    .spec("{from: 'backups', to: 'database', name: '" + BackupSqliteTest.NAME + "'}")
                    .run();
            assertThat(BackupSqliteTest.count(directory.resolve("v1/other.db"))).isEqualTo(3000);
        }
    }

    @Test
    void a_backup_of_another_target_is_passed_over_if_wanted() throws Exception {
        Path directory = temporary.resolve("w");
        try (StepWorld world = changed(directory, "delete")) {
            assertThatThrownBy(world.spec("{from: 'backups', to: 'database', target: 'other'}")::run)
                    .hasMessageContaining(BackupSqliteTest.NAME + " (of the target target)");

            world.spec("{from: 'backups', to: 'database', target: 'target'}").run();
            assertThat(BackupSqliteTest.count(file(world))).isEqualTo(3000);
        }
    }

    private static Path file(StepWorld world) {
        return world.directory().resolve("v1/detections.db");
    }

    private static Path backups(StepWorld world) {
        return world.directory().resolveSibling(world.directory().getFileName() + ".backups");
    }

    /** A database with 3000 rows was backed up, and has 1000 now. */
    private static StepWorld changed(Path directory, String mode) throws Exception {
        try (StepWorld backup = BackupSqliteTest.detections(directory, mode)) {
            backup.run();
            try (Connection connection = BackupSqliteTest.connect(file(backup));
                    Statement statement = connection.createStatement()) {
                statement.execute("DELETE FROM detections WHERE id > 1000");
            }
        }
        return restore(directory);
    }

    private static StepWorld restore(Path directory) {
        return new StepWorld(directory, "restore.sqlite").runId("99999999-recovery")
                .resource("database", "{kind: 'sqlite', path: '" + directory.resolve("v1/detections.db") + "'}")
                .directory("backups", directory.resolveSibling(directory.getFileName() + ".backups"))
                .spec("{from: 'backups', to: 'database'}");
    }
}
