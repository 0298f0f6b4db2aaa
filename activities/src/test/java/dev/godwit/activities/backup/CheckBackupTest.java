package dev.godwit.activities.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckBackupTest {
    @TempDir
    private Path temporary;

    @Nested
    class AGoodOne extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return checked(directory, "inventory").spec("{in: 'backups', read: true}");
        }
    }

    @Test
    void none_or_one_of_another_step_is_refused() throws Exception {
        try (StepWorld world = checked(temporary.resolve("w"), "inventory")) {
            assertThat(world.run().output().path("name").textValue()).isEqualTo(BackupFilesTest.NAME);
            for (String other : List.of("step: 'other'", "target: 'other'", "plan: 'other'")) {
                assertThatThrownBy(world.spec("{in: 'backups', " + other + "}")::run).isInstanceOf(StepFailure.class)
                        .hasMessageContaining("holds no complete backup");
            }
            assertThat(world.spec("{in: 'backups', plan: 'plan', target: 'target', step: 'step'}").run().output())
                    .isNotNull();
            Files.delete(Backups.of(world).resolve(BackupFilesTest.NAME).resolve("complete"));
            assertThatThrownBy(world.spec("{in: 'backups'}")::run).hasMessageContaining("holds no complete backup");
        }
    }

    @Test
    void one_that_was_not_restored_on_trial_is_refused_where_that_is_wanted() throws Exception {
        try (StepWorld world = checked(temporary.resolve("w"), "inventory")) {
            assertThatThrownBy(world.spec("{in: 'backups', verified: 'restore'}")::run)
                    .isInstanceOf(StepFailure.class)
                    .hasMessageContaining("verified by inventory only; make one with verify: restore");
        }
        try (StepWorld world = checked(temporary.resolve("other"), "restore")) {
            assertThat(world.spec("{in: 'backups', verified: 'restore'}").run().output().path("verified").textValue())
                    .isEqualTo("restore");
        }
    }

    @Test
    void an_old_one_is_refused() throws Exception {
        try (StepWorld world = checked(temporary.resolve("w"), "inventory")) {
            Path complete = Backups.of(world).resolve(BackupFilesTest.NAME).resolve("complete");
            Files.writeString(complete, Files.readString(complete).replace("2026-03-01T12", "2026-02-28T11"));

            assertThatThrownBy(world.spec("{in: 'backups', within: '24h'}")::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("too long ago");
            world.spec("{in: 'backups', within: '26h'}").run();
        }
    }

    @Test
    void one_that_went_bad_is_refused_when_it_is_read() throws Exception {
        try (StepWorld world = checked(temporary.resolve("w"), "inventory")) {
            Files.delete(Backups.of(world).resolve(BackupFilesTest.NAME).resolve("tree/data/b.json"));
            world.spec("{in: 'backups'}").run();

            assertThatThrownBy(world.spec("{in: 'backups', read: true}")::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("data/b.json: it is missing");
        }
    }

    @Test
    void a_backup_of_a_database_counts_as_one_of_files_does() throws Exception {
        Path directory = Files.createDirectories(temporary.resolve("w"));
        Path database = directory.resolve("v1.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t AS SELECT 1 AS a");
        }
        try (StepWorld backup = new StepWorld(directory, "backup.sqlite").runId("11111111-backup")
                .resource("v1", "{kind: 'sqlite', path: '" + database + "'}")
                .directory("backups", directory.resolve("backups"))
                .spec("{from: 'v1', to: 'backups'}")) {
            backup.run();
        }
        try (StepWorld world = new StepWorld(directory, "check.backup")
                .directory("backups", directory.resolve("backups"))
                .spec("{in: 'backups', step: 'step', within: '1h', read: true}")) {
            JsonNode output = world.run().output();
            assertThat(output.path("name").textValue()).isEqualTo("plan-20260301T120000Z-11111111-step");
            assertThat(output.path("files").longValue()).isEqualTo(1);
            for (String other : List.of("step: 'other'", "target: 'other'")) {
                assertThatThrownBy(world.spec("{in: 'backups', " + other + "}")::run)
                        .hasMessageContaining("holds no complete backup");
            }
            assertThatThrownBy(world.spec("{in: 'backups', verified: 'restore'}")::run)
                    .hasMessageContaining("verified by inventory only; make one with verify: restore");
            Path part = directory.resolve("backups/plan-20260301T120000Z-11111111-step/parts/database.sqlite");
            byte[] content = Files.readAllBytes(part);
            content[content.length - 1] ^= 1;
            Files.write(part, content);
            assertThatThrownBy(world.spec("{in: 'backups', read: true}")::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("parts/database.sqlite: its content is not what was backed up");
            Path inventory = part.getParent().resolveSibling("inventory.json");
            Files.writeString(inventory, "no inventory");
            assertDamaged(world.spec("{in: 'backups'}"), "inventory.json: it is not what it was");
            Files.delete(inventory);
            assertDamaged(world, "inventory.json: it is missing");
        }
    }

    private static void assertDamaged(StepWorld world, String how) {
        assertThatThrownBy(world::run).isInstanceOfSatisfying(StepFailure.class,
                failure -> assertThat(failure.code()).isEqualTo("backup-damaged")).hasMessageContaining(how);
    }

    private static StepWorld checked(Path directory, String verify) throws Exception {
        try (StepWorld backup = BackupFilesTest.home(directory)) {
            backup.spec("{from: 'v1', to: 'backups', verify: '" + verify + "'}").run();
        }
        return new StepWorld(directory, "check.backup").runId("99999999-check")
                .directory("backups", Backups.of(directory))
                .spec("{in: 'backups'}");
    }
}
