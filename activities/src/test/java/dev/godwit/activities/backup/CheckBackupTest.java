package dev.godwit.activities.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
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
            assertThatThrownBy(world.spec("{in: 'backups', step: 'other'}")::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("holds no complete backup");
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

    private static StepWorld checked(Path directory, String verify) throws Exception {
        try (StepWorld backup = BackupFilesTest.home(directory)) {
            backup.spec("{from: 'v1', to: 'backups', verify: '" + verify + "'}").run();
        }
        return new StepWorld(directory, "check.backup").runId("99999999-check")
                .directory("backups", Backups.of(directory))
                .spec("{in: 'backups'}");
    }
}
