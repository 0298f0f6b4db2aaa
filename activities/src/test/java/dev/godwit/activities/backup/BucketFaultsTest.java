package dev.godwit.activities.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.backup.BackupFiles.Incremental;
import dev.godwit.activities.faults.Fault;
import dev.godwit.activities.faults.Fault.Direction;
import dev.godwit.activities.faults.FaultProxy;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.host.TreeSnapshot;
import dev.godwit.activities.resource.Buckets;
import dev.godwit.activities.resource.ReadableBucket;
import dev.godwit.activities.resource.S3Server;
import dev.godwit.plan.Location;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Backups in a bucket that is behind a bad network. */
class BucketFaultsTest {
    private static final int LARGE = 1_000_000;
    private static final int SMALL = 200_000;
    private static final int TRIES = 40;
    private static final long FIRST = 3_000;
    private static final long LATER = 40_000;
    /** Whatever may befall a connection, within its first requests or in the middle of a file. */
    private static final Fault[] FAULTS = {Fault.reset(Direction.TO_CLIENT, FIRST),
            Fault.reset(Direction.TO_CLIENT, LATER), Fault.close(Direction.TO_CLIENT, FIRST),
            Fault.close(Direction.TO_CLIENT, LATER), Fault.reset(Direction.TO_SERVER, LATER),
            Fault.close(Direction.TO_SERVER, LATER)};

    @TempDir
    private Path temporary;

    private final S3Server server = S3Server.shared();
    private final String prefix = UUID.randomUUID().toString();
    private final FaultProxy proxy = FaultProxy.inFrontOf("127.0.0.1", server.port());

    @AfterEach
    void tidy() {
        proxy.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tree", "archive"})
    void a_backup_of_files_and_its_restore_get_through(String form) throws Exception {
        try (StepWorld backup = behindTheProxy(BackupFilesTest.home(temporary.resolve("w")))) {
            Path home = backup.directory().resolve("v1");
            Files.write(home.resolve("data/video.mp4"), Arrays.copyOf(noise(), SMALL));
            List<String> good = TreeSnapshot.of(home.resolve("data"), true);
            proxy.random(1, 1, FAULTS);

            persistently(backup.spec("{from: 'v1', to: 'backups', verify: 'restore', form: '" + form + "'}"), 0);
            Files.writeString(home.resolve("data/a.json"), "corrupt");
            persistently(behindTheProxy(new StepWorld(backup.directory(), "restore.files").runId("99999999-recovery"))
                    .directory("v1", home)
                    .spec("{from: 'backups', to: 'v1'}"), 1);

            assertThat(TreeSnapshot.of(home.resolve("data"), true)).isEqualTo(good);
            assertThat(proxy.faulty()).isGreaterThanOrEqualTo(3);
        }
    }

    @Test
    void a_backup_of_a_database_its_check_and_its_restore_get_through() throws Exception {
        Path database = Files.createDirectories(temporary.resolve("w")).resolve("v1.db");
        execute(database, "CREATE TABLE rows AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE"
                + " i < 200) SELECT i, hex(randomblob(500)) AS noise FROM n");
        byte[] good = Files.readAllBytes(database);
        proxy.random(2, 1, FAULTS);

        persistently(step("backup.sqlite", "11111111-backup").spec("{from: 'v1', to: 'backups', verify: 'restore'}"),
                0);
        persistently(step("check.backup", "22222222-check").spec("{in: 'backups', read: true}"), 1);
        execute(database, "DELETE FROM rows");
        persistently(step("restore.sqlite", "33333333-recovery").spec("{from: 'backups', to: 'v1'}"), 1);

        assertThat(Files.readAllBytes(database)).isEqualTo(good);
        assertThat(proxy.faulty()).isGreaterThanOrEqualTo(3);
    }

    @Test
    void a_slow_network_is_no_failure() throws Exception {
        try (StepWorld backup = behindTheProxy(BackupFilesTest.home(temporary.resolve("w")))) {
            proxy.each(Fault.delay(Direction.TO_CLIENT, Duration.ofMillis(20)));

            assertThat(backup.run().output().path("name").textValue()).isEqualTo(BackupFilesTest.NAME);
        }
    }

    @Test
    void a_connection_that_ends_in_the_middle_of_an_object_goes_on_where_it_was() throws Exception {
        byte[] content = noise();
        try (Buckets.Opened opened = Buckets.open(endpoint(), prefix)) {
            opened.bucket().putNew("large", Map.of(), content, content.length);
            proxy.resetAll();
            proxy.next(Fault.close(Direction.TO_CLIENT, 300_000), Fault.reset(Direction.TO_CLIENT, 200_000),
                    Fault.close(Direction.TO_CLIENT, 1_000));

            try (InputStream in = opened.bucket().open("large")) {
                assertThat(in.readAllBytes()).isEqualTo(content);
            }
            assertThat(proxy.faulty()).isEqualTo(3);
        }
    }

    @Test
    void what_was_replaced_meanwhile_is_not_mixed_with_what_it_was() throws Exception {
        byte[] content = noise();
        try (Buckets.Opened opened = Buckets.open(endpoint(), prefix);
                Buckets.Opened other = Buckets.open(server, prefix)) {
            opened.bucket().putNew("large", Map.of(), content, content.length);
            proxy.resetAll();
            proxy.next(Fault.close(Direction.TO_CLIENT, 300_000));
            try (InputStream in = opened.bucket().open("large")) {
                in.readNBytes(1_000);
                other.bucket().delete(List.of("large"));
                other.bucket().putNew("large", Map.of(), new byte[LARGE], LARGE);

                assertThatThrownBy(in::readAllBytes).isInstanceOf(StepFailure.class)
                        .hasMessageContaining("retry");
            }
        }
    }

    @Test
    void a_backup_that_cannot_be_reached_is_not_taken_for_none() throws Exception {
        byte[] unlike = "no description".getBytes(StandardCharsets.UTF_8);
        try (Buckets.Opened opened = Buckets.open(endpoint(), prefix)) {
            opened.bucket().putNew("backup/" + BackupStore.COMPLETE, Map.of(), unlike, unlike.length);
            assertThat(new BucketStore(opened.bucket(), () -> {}).newestFirst()).isEmpty();

            BucketStore store = new BucketStore(new AwayFor(BackupStore.COMPLETE, opened.bucket(), proxy), () -> {});

            assertThatThrownBy(store::newestFirst).isInstanceOfSatisfying(StepFailure.class,
                    failure -> assertThat(failure.code()).isEqualTo("bucket-failed"));
        }
    }

    @Test
    void an_earlier_backup_that_cannot_be_reached_is_not_taken_for_damaged() throws Exception {
        try (StepWorld backup = behindTheProxy(BackupFilesTest.home(temporary.resolve("w")));
                Buckets.Opened opened = Buckets.open(endpoint(), prefix)) {
            backup.run();
            Complete like = new BucketStore(opened.bucket(), () -> {}).complete(BackupFilesTest.NAME).orElseThrow();
            BucketStore store = new BucketStore(new AwayFor(BackupStore.INVENTORY, opened.bucket(), proxy), () -> {});

            assertThatThrownBy(() -> EarlierBackup.newest(store, like, Incremental.BY_CONTENT))
                    .isInstanceOfSatisfying(StepFailure.class,
                            failure -> assertThat(failure.code()).isEqualTo("bucket-failed"));
        }
    }

    @Test
    void a_bucket_that_is_away_is_worth_a_retry() throws Exception {
        try (StepWorld backup = behindTheProxy(BackupFilesTest.home(temporary.resolve("w"))).attempts(3)) {
            proxy.goAway();
            assertThatThrownBy(backup::run).isInstanceOfSatisfying(StepFailure.class, failure -> {
                assertThat(failure.code()).isEqualTo("bucket-failed");
                assertThat(failure.retryable()).isTrue();
            });

            proxy.comeBack();
            assertThat(backup.run().output().path("name").textValue()).isEqualTo(BackupFilesTest.NAME);
        }
    }

    /** As Temporal does. A failure must be one that a retry can help, and leave no more backups than there were. */
    private void persistently(StepWorld world, int backups) throws IOException {
        for (int attempt = 1;; attempt++) {
            try {
                world.attempts(TRIES).run();
                return;
            } catch (StepFailure failure) {
                assertThat(failure.retryable()).as("attempt %d: %s", attempt, failure).isTrue();
                assertThat(complete()).isEqualTo(backups);
            }
        }
    }

    private long complete() throws IOException {
        try (Buckets.Opened opened = Buckets.open(server, prefix)) {
            long[] found = new long[1];
            opened.bucket().first("", key -> found[0] += key.matches(".*/complete(.json)?") ? 1 : 0);
            return found[0];
        }
    }

    private StepWorld step(String uses, String run) {
        Path directory = temporary.resolve("w");
        return behindTheProxy(new StepWorld(directory, uses).runId(run)
                .resource("v1", "{kind: 'sqlite', path: '" + directory.resolve("v1.db") + "'}"));
    }

    private StepWorld behindTheProxy(StepWorld world) {
        return world.resource("backups", S3Server.declaration(endpoint(), prefix))
                .secret("S3_KEY", "key")
                .secret("S3_SECRET", "secret");
    }

    private String endpoint() {
        return "http://127.0.0.1:" + proxy.port();
    }

    private static void execute(Path database, String sql) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** A bucket whose network fails when something of this name is opened. */
    private record AwayFor(String name, ReadableBucket bucket, FaultProxy proxy) implements ReadableBucket {
        @Override
        public Location location() {
            return bucket.location();
        }

        @Override
        public int keyLength(String key) {
            return bucket.keyLength(key);
        }

        @Override
        public Optional<Stored> find(String key) throws IOException {
            return bucket.find(key);
        }

        @Override
        public InputStream open(String key) throws IOException {
            if (key.endsWith("/" + name)) {
                proxy.goAway();
            }
            return bucket.open(key);
        }

        @Override
        public List<String> directories() throws IOException {
            return bucket.directories();
        }

        @Override
        public void first(String below, Consumer<String> keys) throws IOException {
            bucket.first(below, keys);
        }
    }

    private static byte[] noise() {
        byte[] bytes = new byte[LARGE];
        new Random(LARGE).nextBytes(bytes);
        return bytes;
    }
}
