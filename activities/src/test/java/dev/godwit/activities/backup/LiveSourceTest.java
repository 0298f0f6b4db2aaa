package dev.godwit.activities.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.backup.BackupFiles.Incremental;
import dev.godwit.activities.backup.ContentReader.Content;
import dev.godwit.activities.backup.Keeping.Found;
import dev.godwit.activities.backup.NewBackup.Copy;
import dev.godwit.activities.host.Attempt;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.json.Json;
import dev.godwit.run.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups of files with which others are at work. */
class LiveSourceTest {
    /** Too long to be read ahead of the archive: it is read when all that was found before it is in there. */
    private static final int LARGE = 300_000;

    @TempDir
    private Path temporary;

    private interface Act {
        void now() throws IOException;
    }

    @Test
    void further_names_of_a_file_whose_first_one_was_taken_by_another_keep_its_content() throws Exception {
        try (StepWorld world = BackupFilesTest.home(temporary.resolve("w"))) {
            Path logs = world.directory().resolve("v1/logs");
            byte[] content = noise(1);
            Path first = Files.write(logs.resolve("a"), content);
            Files.createLink(logs.resolve("b"), first);
            Files.createLink(logs.resolve("c"), first);
            byte[] other = noise(2);
            Path written = Files.write(temporary.resolve("written"), other);
            world.spec("{from: 'v1', include: ['logs/?'], to: 'backups', form: 'archive', verify: 'restore'}");

            runAndMeanwhile(world, 2, () -> Files.move(written, first, StandardCopyOption.ATOMIC_MOVE));

            assertThat(entry(world, "logs/b").path("same_as").isMissingNode()).isTrue();
            assertThat(entry(world, "logs/c").path("same_as").textValue()).isEqualTo("logs/b");
            BackupFormsTest.recovery(world.directory()).run();
            assertThat(logs.resolve("a")).hasBinaryContent(other);
            assertThat(logs.resolve("b")).hasBinaryContent(content);
            assertThat(logs.resolve("c")).hasBinaryContent(content);
        }
    }

    @Test
    void a_file_that_another_one_replaces_while_it_is_read_is_known_as_replaced() throws Exception {
        Path file = Files.write(temporary.resolve("file"), noise(1));
        byte[] other = noise(2);
        Path written = Files.write(temporary.resolve("written"), other);
        FileFacts facts = FileFacts.of(file);

        Content content = ContentReader.ofThread()
                .copy(file, facts, once(() -> Files.move(written, file, StandardCopyOption.ATOMIC_MOVE)));

        assertThat(content.replaced()).isTrue();
        assertThat(content.changed()).isFalse();
        assertThat(content.sha256()).isEqualTo(ContentReader.ofThread().sha256(file));
        assertThat(ContentReader.ofThread().copy(file, FileFacts.of(file), Copy.NOWHERE).replaced()).isFalse();
    }

    @Test
    void a_file_that_is_deleted_after_it_was_found_is_left_out_of_an_archive_and_named() throws Exception {
        try (StepWorld world = BackupFilesTest.home(temporary.resolve("w"))) {
            Path rotated = Files.write(world.directory().resolve("v1/logs/a"), noise(1));
            world.spec("{from: 'v1', include: ['logs/**'], to: 'backups', form: 'archive', verify: 'restore'}");

            JsonNode output = runAndMeanwhile(world, 2, () -> Files.delete(rotated));

            assertThat(output.path("files").longValue()).isEqualTo(1);
            assertThat(output.path("changed").longValue()).isZero();
            assertThat(BackupFormsTest.evidence(world)).contains("vanished", "logs/a");
        }
    }

    @Test
    void a_link_that_is_deleted_after_it_was_found_is_left_out_of_a_tree_and_named() throws Exception {
        try (StepWorld world = BackupFilesTest.home(temporary.resolve("w"))) {
            Path link = Files.createSymbolicLink(world.directory().resolve("v1/logs/a"), Path.of("v1.log"));
            world.spec("{from: 'v1', include: ['logs/**'], to: 'backups', verify: 'restore'}");

            JsonNode output = runAndMeanwhile(world, 2, () -> Files.delete(link));

            assertThat(output.path("files").longValue()).isEqualTo(1);
            assertThat(BackupFormsTest.evidence(world)).contains("vanished", "logs/a");
        }
    }

    @Test
    void a_file_that_is_deleted_before_it_is_copied_leaves_nothing_in_the_tree() throws Exception {
        Path file = Files.write(temporary.resolve("file"), noise(1));
        Found found = new Found("file", file, FileFacts.of(file), Optional.empty());
        Files.delete(file);
        BackupStore store = new DirectoryStore(temporary.resolve("backups"), "backups");
        try (NewBackup backup = store.begin("backup", 1)) {
            Keeping keeping = new TreeKeeping(store, backup, Incremental.NEVER, new Noticed());

            assertThatThrownBy(() -> keeping.begin(found)).isInstanceOf(NoSuchFileException.class)
                    .hasMessage(file.toString());
            assertThat(temporary.resolve("backups/.backup.1.part/tree")).isEmptyDirectory();
        }
    }

    @Test
    void a_file_that_is_deleted_while_an_archive_reads_it_is_read_to_its_end() throws Exception {
        Path file = Files.write(temporary.resolve("file"), noise(1));
        String sha256 = ContentReader.ofThread().sha256(file);
        try (FileChannel channel = FileChannel.open(file)) {
            Content content = ContentReader.ofThread()
                    .copyExactly(channel, file, FileFacts.of(file), once(() -> Files.delete(file)));

            assertThat(content.sha256()).isEqualTo(sha256);
            assertThat(content.changed()).isFalse();
        }
    }

    /** Does something at the first bytes of a copy, which goes nowhere. */
    private static Copy once(Act act) {
        return new Copy() {
            private boolean done;

            @Override
            public void write(ByteBuffer bytes) throws IOException {
                if (!done) {
                    done = true;
                    act.now();
                }
            }

            @Override
            public void skip(ByteBuffer zeros) {}

            @Override
            public void restart() {}

            @Override
            public Optional<Instant> finish(Path file, FileFacts facts, String sha256) {
                return Optional.empty();
            }

            @Override
            public void close() {}
        };
    }

    /** Runs the step, and does something when the walk comes to a file. */
    private static JsonNode runAndMeanwhile(StepWorld world, int file, Act act) {
        int[] visited = new int[1];
        JsonNode output = world.host(UnaryOperator.identity()).run(world.task(), new Attempt() {
            @Override
            public void heartbeat(Progress progress) {}

            @Override
            public Optional<String> stopRequested() {
                // The walk begins when there is an inventory, and asks before each file.
                if (begun(world) && ++visited[0] == file) {
                    try {
                        act.now();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
                return Optional.empty();
            }
        }).output();
        assertThat(visited[0]).isGreaterThanOrEqualTo(file);
        return output;
    }

    private static boolean begun(StepWorld world) {
        return Files.exists(Backups.of(world).resolve("." + BackupFilesTest.NAME + ".1.part/inventory.json"));
    }

    private static JsonNode entry(StepWorld world, String path) throws IOException {
        Path inventory = Backups.of(world).resolve(BackupFilesTest.NAME + "/inventory.json");
        for (JsonNode entry : Json.read(Files.readString(inventory), JsonNode.class).path("entries")) {
            if (entry.path("path").textValue().equals(path)) {
                return entry;
            }
        }
        throw new AssertionError(path + " is not in the inventory");
    }

    private static byte[] noise(long seed) {
        byte[] bytes = new byte[LARGE];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
