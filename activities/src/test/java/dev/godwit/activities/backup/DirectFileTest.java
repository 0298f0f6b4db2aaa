package dev.godwit.activities.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.Needed;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written and read past the page cache is what was asked for. */
class DirectFileTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 511, 512, 4095, 4096, 4097, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, 9_000_000})
    void a_file_has_what_was_written_and_nothing_more(int size) throws Exception {
        byte[] content = new byte[size];
        Random random = new Random(size);
        random.nextBytes(content);
        Path file = directory.resolve("file");

        Optional<OutputStream> direct = DirectOutput.create(file);
        Needed.part(direct.isPresent(), "a file system below " + directory + " that takes direct writes, such as ext4");
        try (OutputStream out = direct.get()) {
            int at = 0;
            while (at < size) {
                int some = Math.min(size - at, 1 + random.nextInt(100_000));
                out.write(content, at, some);
                at += some;
            }
        }

        assertThat(file).hasBinaryContent(content);
        try (InputStream in = DirectInput.open(file).orElseThrow()) {
            assertThat(in.readAllBytes()).isEqualTo(content);
            assertThat(in.read()).isEqualTo(-1);
        }
    }

    @Test
    void reading_may_end_anywhere() throws Exception {
        Path file = directory.resolve("file");
        Files.write(file, new byte[20_000_000]);
        Optional<InputStream> direct = DirectInput.open(file);
        Needed.part(direct.isPresent(), "a file system below " + directory + " that takes direct reads, such as ext4");

        try (InputStream in = direct.get()) {
            assertThat(in.readNBytes(5_000_000)).hasSize(5_000_000);
        }
        assertThatThrownBy(() -> DirectInput.open(directory.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void a_file_that_is_there_is_not_written_to() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "somebody's");

        assertThatThrownBy(() -> DirectOutput.create(file)).isInstanceOf(FileAlreadyExistsException.class);
        assertThat(file).hasContent("somebody's");
    }

    /** An attempt that was given up may only be slow, and go on writing to what it has opened. */
    @ParameterizedTest
    @ValueSource(strings = {BackupStore.ARCHIVE, BackupStore.INVENTORY})
    void what_a_slow_attempt_goes_on_writing_does_not_get_into_the_next_ones_part(String part) throws Exception {
        Path root = Files.createDirectory(directory.resolve("backups"));
        try (DirectoryBackup slow = new DirectoryBackup(root, root.resolve(".b.part"), "b", false);
                OutputStream slowly = slow.create(part)) {
            try (DirectoryBackup next = new DirectoryBackup(root, root.resolve(".b.part"), "b", true)) {
                try (OutputStream out = next.create(part)) {
                    out.write("the next attempt's".getBytes());
                }
            }
            slowly.write(new byte[10_000_000]);
        }

        assertThat(root.resolve(".b.part").resolve(part)).hasContent("the next attempt's");
    }
}
