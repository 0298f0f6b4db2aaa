package dev.godwit.activities.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.resource.Buckets;
import dev.godwit.activities.resource.S3Server;
import dev.godwit.step.StepFailure;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of backups of files over the years, wherever and in whichever form they are kept: it is found and named. */
class DamagedBackupTest {
    private static final String NAME = BackupFilesTest.NAME;

    @TempDir
    private Path temporary;

    private final S3Server server = S3Server.shared();
    private final String prefix = UUID.randomUUID().toString();

    /** What happens to the biggest part, and what is said of it. */
    private enum Damage {
        FLIPPED_BYTE("", part -> {
            byte[] bad = part.clone();
            bad[new Random().nextInt(bad.length)] ^= 4;
            return bad;
        }), MISSING_PART("it is missing", part -> null), TRUNCATED("",
                part -> Arrays.copyOf(part, part.length - 1)), EMPTY(
                        "", part -> new byte[0]);

        private final String said;
        private final UnaryOperator<byte[]> change;

        Damage(String said, UnaryOperator<byte[]> change) {
            this.said = said;
            this.change = change;
        }
    }

    static Stream<Arguments> everywhere() {
        return Stream.of(Damage.values())
                .flatMap(damage -> Stream.of("tree", "archive")
                        .flatMap(form -> Stream.of(true, false).map(s3 -> Arguments.of(damage, form, s3))));
    }

    @ParameterizedTest
    @MethodSource("everywhere")
    void it_is_refused_by_the_check_and_by_a_restore_which_touches_nothing(Damage damage, String form, boolean s3)
            throws Exception {
        Path directory = temporary.resolve("w");
        try (StepWorld backup = placed(BackupFilesTest.home(directory), s3)) {
            byte[] large = new byte[300_000];
            new Random(1).nextBytes(large);
            Files.write(directory.resolve("v1/data/large.bin"), large);
            backup.spec("{from: 'v1', to: 'backups', form: '" + form + "'}").run();
        }
        String part = form.equals("tree") ? "tree/data/large.bin" : "archive.tar.zst";
        String named = form.equals("tree") ? "data/large.bin" : "archive.tar.zst";
        try (StepWorld check = placed(new StepWorld(directory, "check.backup").runId("99999999-check"), s3)
                .spec("{in: 'backups', read: true}");
                StepWorld restore = placed(new StepWorld(directory, "restore.files").runId("99999999-recovery"), s3)
                        .directory("v1", directory.resolve("v1"))
                        .spec("{from: 'backups', to: 'v1', name: '" + NAME + "'}")) {
            check.run();
            change(part, s3, damage.change);
            List<String> before = restore.snapshot();

            assertThatThrownBy(check::run).isInstanceOf(StepFailure.class).hasMessageContainingAll(named, damage.said);
            assertThatThrownBy(restore::run).isInstanceOf(StepFailure.class)
                    .hasMessageContainingAll(named, damage.said);
            assertThat(restore.snapshot()).isEqualTo(before);
        }
    }

    private StepWorld placed(StepWorld world, boolean s3) {
        return s3
                ? server.declare(world, "backups", prefix)
                : world.directory("backups", Backups.of(world.directory()));
    }

    private void change(String part, boolean s3, UnaryOperator<byte[]> change) throws Exception {
        if (!s3) {
            Path file = Backups.of(temporary.resolve("w")).resolve(NAME).resolve(part);
            byte[] changed = change.apply(Files.readAllBytes(file));
            Files.delete(file);
            if (changed != null) {
                Files.write(file, changed);
            }
            return;
        }
        try (Buckets.Opened opened = Buckets.open(server, prefix)) {
            String key = NAME + "/" + part;
            byte[] changed;
            try (InputStream in = opened.bucket().open(key)) {
                changed = change.apply(in.readAllBytes());
            }
            opened.bucket().delete(List.of(key));
            if (changed != null) {
                assertThat(opened.bucket().putNew(key, Map.of(), changed, changed.length)).isTrue();
            }
        }
    }
}
