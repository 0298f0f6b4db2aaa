package dev.godwit.activities.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.Needed;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Backups where the disk is too small. */
class FullDiskBackupTest {
    @TempDir
    private Path temporary;

    private Path disk;
    private boolean mounted;

    @BeforeEach
    void make_a_small_disk() throws Exception {
        disk = Files.createDirectory(temporary.resolve("disk"));
        mounted = run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString());
        Needed.part(mounted, "to mount a tmpfs: run it as root, with the right to mount");
    }

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
            assertThat(run("umount", disk.toString())).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tree", "archive"})
    void a_backup_says_so_and_leaves_nothing(String form) throws Exception {
        try (StepWorld world = largeHome()) {
            world.directory("backups", disk.resolve("backups"))
                    .spec("{from: 'v1', to: 'backups', form: '" + form + "'}");

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining("disk is full");

            assertThat(disk.resolve("backups")).isEmptyDirectory();
        }
    }

    @Test
    void a_restore_on_trial_says_so_and_the_backup_does_not_count() throws Exception {
        try (StepWorld world = largeHome()) {
            world.directory("scratch", disk)
                    .spec("{from: 'v1', to: 'backups', verify: 'restore', scratch: 'scratch'}");

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining("disk is full");

            assertThat(disk).isEmptyDirectory();
            assertThat(Backups.of(world)).isEmptyDirectory();
        }
    }

    @Test
    void a_restore_says_so_and_undo_leaves_what_was_there() throws Exception {
        try (StepWorld backup = largeHome()) {
            backup.run();
            Path home = Files.createDirectory(disk.resolve("home"));
            Files.writeString(home.resolve("kept.txt"), "kept");
            StepWorld world = BackupFormsTest.recovery(backup.directory()).directory("v1", home);

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining("disk is full");
            world.undo();

            try (var left = Files.walk(disk)) {
                assertThat(left.filter(path -> !path.equals(disk)).sorted().toList())
                        .isEqualTo(List.of(home, home.resolve("kept.txt")));
            }
        }
    }

    private StepWorld largeHome() throws Exception {
        StepWorld world = BackupFilesTest.home(temporary.resolve("w")).spec("{from: 'v1', to: 'backups'}");
        byte[] noise = new byte[400_000];
        for (int i = 0; i < 5; i++) {
            new Random(i).nextBytes(noise);
            Files.write(world.directory().resolve("v1/data/large" + i), noise);
        }
        return world;
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor() == 0;
    }
}
