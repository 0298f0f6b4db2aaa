package dev.godwit.activities.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.Needed;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.host.TreeSnapshot;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What both forms of a backup keep, and how damage to them is found. */
class BackupFormsTest {
    private static final int LARGE = 5_000_000;

    @TempDir
    private Path temporary;

    @Nested
    class AnArchive extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return BackupFilesTest.home(directory)
                    .spec("{from: 'v1', to: 'backups', form: 'archive', verify: 'restore'}");
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("seconds", "restore_seconds");
        }

        @Override
        protected int interruptions() {
            return 15;
        }
    }

    @Nested
    class RestoringAnArchive extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            try (StepWorld backup = BackupFilesTest.home(directory)) {
                backup.spec("{from: 'v1', to: 'backups', form: 'archive'}").run();
            }
            Files.writeString(directory.resolve("v1/data/a.json"), "corrupt");
            return recovery(directory);
        }

        @Override
        protected int interruptions() {
            return 12;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tree", "archive"})
    void everything_about_files_comes_back(String form) throws Exception {
        try (StepWorld world = BackupFilesTest.home(temporary.resolve("w"))) {
            Path home = world.directory().resolve("v1");
            manyKinds(home);
            List<String> before = facts(home);
            world.spec("{from: 'v1', to: 'backups', verify: 'restore', form: '" + form + "'}").run();
            Files.writeString(home.resolve("data/a.json"), "corrupt");
            Files.delete(home.resolve("kinds/second"));

            recovery(world.directory()).run();

            assertThat(facts(home)).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tree", "archive"})
    void a_restore_on_trial_is_timed_and_leaves_nothing(String form) throws Exception {
        try (StepWorld world = BackupFilesTest.home(temporary.resolve("w"))) {
            Path scratch = Files.createDirectories(world.directory().resolve("scratch"));
            world.directory("scratch", scratch)
                    .spec("{from: 'v1', to: 'backups', verify: 'restore', scratch: 'scratch', form: '" + form + "'}");

            JsonNode output = world.run().output();

            assertThat(output.path("verified").textValue()).isEqualTo("restore");
            assertThat(output.path("restore_seconds").isNumber()).isTrue();
            assertThat(scratch).isEmptyDirectory();
        }
    }

    @Test
    void what_attempts_that_died_in_a_restore_on_trial_have_left_is_removed() throws Exception {
        try (StepWorld world = BackupFilesTest.home(temporary.resolve("w"))) {
            Path scratch = Files.createDirectories(world.directory().resolve("scratch"));
            for (String left : List.of(".trial", ".0.trial")) { // The first is an older version's.
                Path data = Files.createDirectories(scratch.resolve("." + BackupFilesTest.NAME + left + "/data"));
                Files.writeString(data.resolve("a.json"), "half of i");
            }
            Path others = Files.createDirectory(scratch.resolve(".others.1.trial"));
            world.directory("scratch", scratch)
                    .spec("{from: 'v1', to: 'backups', verify: 'restore', scratch: 'scratch'}")
                    .run();

            try (Stream<Path> left = Files.list(scratch)) {
                assertThat(left).containsExactly(others);
            }
        }
    }

    @Test
    void an_archive_can_be_unpacked_by_hand() throws Exception {
        Needed.part(new ProcessBuilder("zstd", "--version").redirectErrorStream(true).start().waitFor() == 0,
                "zstd: apt-get install zstd");
        try (StepWorld world = BackupFilesTest.home(temporary.resolve("w"))) {
            Path home = world.directory().resolve("v1");
            manyKinds(home);
            world.spec("{from: 'v1', to: 'backups', form: 'archive'}").run();
            Path unpacked = Files.createDirectory(temporary.resolve("unpacked"));

            Process tar = new ProcessBuilder("tar", "--zstd", "-xpf", archive(world).toString(), "-C",
                    unpacked.toString()).inheritIO().start();

            assertThat(tar.waitFor()).isZero();
            assertThat(withoutRoot(TreeSnapshot.of(unpacked, false)))
                    .isEqualTo(withoutRoot(TreeSnapshot.of(home, false)));
        }
    }

    @Test
    void one_flipped_byte_anywhere_in_an_archive_is_found_and_named() throws Exception {
        try (StepWorld world = archived()) {
            Path archive = archive(world);
            byte[] good = Files.readAllBytes(archive);
            Random random = new Random(1);
            StepWorld recovery = recovery(world.directory());
            List<String> before = recovery.snapshot();
            for (int i = 0; i < 12; i++) {
                byte[] bad = good.clone();
                int at = random.nextInt(bad.length);
                bad[at] ^= (byte) (1 << random.nextInt(8));
                Files.write(archive, bad);

                assertThatThrownBy(recovery::run).as("byte %d", at)
                        .isInstanceOf(StepFailure.class)
                        .hasMessageContaining("damaged");
            }
            assertThat(recovery.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void an_archive_that_is_cut_short_or_gone_is_named() throws Exception {
        try (StepWorld world = archived()) {
            Path archive = archive(world);
            byte[] good = Files.readAllBytes(archive);
            StepWorld recovery = recovery(world.directory())
                    .spec("{from: 'backups', to: 'v1', name: '" + BackupFilesTest.NAME + "'}");

            Files.write(archive, Arrays.copyOf(good, good.length - 1));
            assertThatThrownBy(recovery::run).hasMessageContaining("archive.tar.zst: it has " + (good.length - 1));
            Files.write(archive, Arrays.copyOf(good, good.length / 2));
            assertThatThrownBy(recovery::run).hasMessageContaining("archive.tar.zst: it has " + good.length / 2);
            Files.delete(archive);
            assertThatThrownBy(recovery::run).hasMessageContaining("archive.tar.zst: it is missing");
        }
    }

    @Test
    void one_flipped_byte_anywhere_in_a_tree_is_found_and_its_file_named() throws Exception {
        try (StepWorld world = BackupFilesTest.home(temporary.resolve("w"))) {
            Files.write(world.directory().resolve("v1/data/large.bin"), noise(LARGE));
            world.run();
            Path copy = Backups.of(world).resolve(BackupFilesTest.NAME + "/tree/data/large.bin");
            try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                ByteBuffer one = ByteBuffer.allocate(1);
                channel.read(one, LARGE - 7);
                one.put(0, (byte) (one.get(0) ^ 1)).rewind();
                channel.write(one, LARGE - 7);
            }

            assertThatThrownBy(recovery(world.directory())
                    .spec("{from: 'backups', to: 'v1', name: '" + BackupFilesTest.NAME + "'}")::run)
                    .isInstanceOf(StepFailure.class)
                    .hasMessageContaining("data/large.bin: its content is not what was backed up");
        }
    }

    @Test
    void a_changed_inventory_is_found() throws Exception {
        try (StepWorld world = BackupFilesTest.home(temporary.resolve("w"))) {
            world.run();
            Path inventory = Backups.of(world).resolve(BackupFilesTest.NAME + "/inventory.json");
            Files.writeString(inventory, Files.readString(inventory).replace("rw-r--r--", "rwxrwxrwx"));

            assertThatThrownBy(recovery(world.directory())
                    .spec("{from: 'backups', to: 'v1', name: '" + BackupFilesTest.NAME + "'}")::run)
                    .hasMessageContaining("its inventory is not what it was");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tree", "archive"})
    void a_file_that_never_holds_still_is_named(String form) throws Exception {
        try (StepWorld world = BackupFilesTest.home(temporary.resolve("w"))) {
            Path log = world.directory().resolve("v1/logs/busy.log");
            Files.write(log, noise(8 * LARGE)); // However busy the machine, reading it takes long enough.
            Thread writer = Thread.ofPlatform().start(() -> appendUntilInterrupted(log));
            try {
                JsonNode output = world.spec("{from: 'v1', to: 'backups', form: '" + form + "'}").run().output();

                assertThat(output.path("changed").asLong()).isEqualTo(1);
                assertThat(output.path("changed_files")).hasToString("[\"logs/busy.log\"]");
                assertThat(evidence(world)).contains("changed-while-read").contains("logs/busy.log");
            } finally {
                writer.interrupt();
                writer.join();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tree", "archive"})
    void a_file_that_cannot_be_read_is_named_and_nothing_is_left(String form) throws Exception {
        // Which root may only write to; nothing in its directory comes and goes.
        Path unreadable = Path.of("/proc/sys/vm/compact_memory");
        Needed.part(Files.exists(unreadable), "Linux's " + unreadable);
        Files.createDirectories(Backups.of(temporary.resolve("w")));
        StepWorld world = new StepWorld(Files.createDirectory(temporary.resolve("w")), "backup.files")
                .directory("v1", unreadable.getParent())
                .directory("backups", Backups.of(temporary.resolve("w")))
                .spec("{from: 'v1', include: ['compact_memory'], to: 'backups', form: '" + form + "'}");

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining(unreadable.toString());
        assertThat(Backups.of(world)).isEmptyDirectory();
    }

    private static void appendUntilInterrupted(Path log) {
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.APPEND)) {
            while (!Thread.currentThread().isInterrupted()) {
                channel.write(ByteBuffer.wrap("another line\n".getBytes(StandardCharsets.UTF_8)));
            }
        } catch (ClosedByInterruptException expected) {
            return;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String evidence(StepWorld world) throws Exception {
        try (Stream<Path> files = Files.walk(world.state().evidence(world.task().identity().runId()))) {
            return Files.readString(files.filter(file -> file.endsWith("noticed.json")).findFirst().orElseThrow());
        }
    }

    private StepWorld archived() throws Exception {
        StepWorld world = BackupFilesTest.home(temporary.resolve("w"));
        Files.write(world.directory().resolve("v1/data/large.bin"), noise(LARGE));
        world.spec("{from: 'v1', to: 'backups', form: 'archive'}").run();
        return world;
    }

    private static Path archive(StepWorld world) {
        return Backups.of(world).resolve(BackupFilesTest.NAME + "/archive.tar.zst");
    }

    static StepWorld recovery(Path directory) {
        return new StepWorld(directory, "restore.files").runId("99999999-recovery")
                .directory("v1", directory.resolve("v1"))
                .directory("backups", Backups.of(directory))
                .spec("{from: 'backups', to: 'v1'}");
    }

    /** Files with everything that the form of a backup might lose. */
    private static void manyKinds(Path home) throws Exception {
        Path kinds = Files.createDirectories(home.resolve("kinds"));
        Files.writeString(kinds.resolve("first"), "one file with three names");
        Files.createLink(kinds.resolve("second"), kinds.resolve("first"));
        Files.createLink(home.resolve("data/third"), kinds.resolve("first"));
        Files.createSymbolicLink(kinds.resolve("link"), Path.of("../data/a.json"));
        Files.createSymbolicLink(kinds.resolve("leads nowhere"), Path.of("/nowhere/at all"));
        Files.createFile(kinds.resolve("empty"));
        Files.write(kinds.resolve("large.bin"), noise(LARGE));
        Files.writeString(kinds.resolve("name with ünïcode, 'quotes'\nand a line break"), "x");
        Files.writeString(kinds.resolve("n".repeat(250)), "a long name");
        try (RandomAccessFile sparse = new RandomAccessFile(kinds.resolve("sparse.img").toFile(), "rw")) {
            sparse.seek(50_000_000);
            sparse.writeBytes("in the middle");
            sparse.setLength(100_000_000);
        }
        Files.write(kinds.resolve("zeros"), new byte[300_000]);
        Files.writeString(kinds.resolve("special"), "x");
        Files.setAttribute(kinds.resolve("special"), "unix:mode", 04750);
        Files.setAttribute(kinds, "unix:mode", 01770);
        if (FileFacts.of(home).owner().startsWith("0:")) {
            Files.writeString(kinds.resolve("someone's"), "x");
            Files.setAttribute(kinds.resolve("someone's"), "unix:uid", 1234);
            Files.setAttribute(kinds.resolve("someone's"), "unix:gid", 2345);
        }
    }

    /** What a snapshot shows, and owners, special permissions and how much room a file takes. */
    private static List<String> facts(Path home) throws Exception {
        List<String> lines = new ArrayList<>(withoutRoot(TreeSnapshot.of(home, true)));
        try (Stream<Path> tree = Files.walk(home)) {
            for (Path path : tree.sorted().toList()) {
                FileFacts facts = FileFacts.of(path);
                if (!path.equals(home)) {
                    lines.add(home.relativize(path) + " " + facts.permissions() + " " + facts.owner() + " "
                            + facts.modified() + " " + (facts.isRegular() && new Holes(path, facts).here()));
                }
            }
        }
        return lines;
    }

    /** The directory itself stays, and gets new names in it. */
    private static List<String> withoutRoot(List<String> lines) {
        return lines.subList(1, lines.size());
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }
}
