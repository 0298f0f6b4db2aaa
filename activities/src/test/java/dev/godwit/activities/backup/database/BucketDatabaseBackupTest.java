package dev.godwit.activities.backup.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.backup.BackupPlace;
import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.resource.Buckets;
import dev.godwit.activities.resource.S3Server;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Backups of databases in a bucket of a real server. */
@ResourceLock("scratch databases")
class BucketDatabaseBackupTest {
    private static final String NAME = BackupSqliteTest.NAME;

    @TempDir
    private Path temporary;

    private final S3Server server = S3Server.shared();
    private final String prefix = UUID.randomUUID().toString();

    @Nested
    class Making extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            String own = UUID.randomUUID().toString();
            StepWorld world = BackupSqliteTest.detections(directory, "delete");
            return server.declare(world, "backups", own).counting(() -> {
                try (Buckets.Opened opened = Buckets.open(server, own)) {
                    List<String> lines = new ArrayList<>();
                    opened.bucket().first("", lines::add);
                    DatabaseBackup.newestFirst(BackupPlace.of(opened.bucket()))
                            .stream()
                            .flatMap(BackupSqliteTest::described)
                            .forEach(lines::add);
                    return lines;
                }
            });
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("seconds", "restore_seconds");
        }

        @Override
        protected int interruptions() {
            return 10; // Each takes some requests.
        }
    }

    @Nested
    class Restoring extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return changed(directory, UUID.randomUUID().toString());
        }

        @Override
        protected int interruptions() {
            return 6; // Each takes some requests, and making the backup some more.
        }
    }

    @ParameterizedTest
    @EnumSource
    void what_is_damaged_is_refused_and_named_and_nothing_is_touched(Damage damage) throws Exception {
        try (StepWorld world = changed(temporary.resolve("w"), prefix)) {
            String[] said = damaged(damage, NAME);
            List<String> before = world.snapshot();

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("damaged are [" + NAME + "]");
            assertThatThrownBy(world.spec("{from: 'backups', to: 'database', name: '" + NAME + "'}")::run)
                    .isInstanceOf(StepFailure.class)
                    .hasMessageContainingAll(said);
            assertThat(world.snapshot()).isEqualTo(before);
            try (StepWorld check = server.declare(new StepWorld(world.directory(), "check.backup"), "backups", prefix)
                    .spec("{in: 'backups', read: true}")) {
                assertThatThrownBy(check::run).isInstanceOf(StepFailure.class).hasMessageContainingAll(said);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_dump_of_postgres_comes_back_from_the_bucket_and_a_damaged_one_is_passed_over(BackupPostgres.Format format)
            throws Exception {
        PostgresTools.need();
        Path directory = temporary.resolve("w");
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase()) {
            BackupPostgresTest.fill(database);
            try (StepWorld backup = server.declare(
                    BackupPostgresTest.world(directory, database, database.resource()), "backups", prefix)) {
                backup.spec("{from: 'parking', to: 'backups', verify: 'restore', format: '"
                        + format.name().toLowerCase(Locale.ROOT) + "'}");
                JsonNode output = backup.run().output();
                assertThat(output.path("rows").asInt()).isEqualTo(2003);
                assertThat(output.path("restore_seconds").asDouble()).isPositive();
                backup.round(2).run();
                damaged(Damage.FLIPPED_BYTE, BackupPostgresTest.NAME + ".2");
            }
            database.execute("DELETE FROM detections WHERE id > 500");
            try (StepWorld restore = server.declare(new StepWorld(directory, "restore.postgres"), "backups", prefix)
                    .runId("99999999-recovery")
                    .resource("parking", database.resource())
                    .spec("{from: 'backups', to: 'parking'}")) {
                JsonNode output = restore.run().output();

                assertThat(output.path("name").textValue()).isEqualTo(BackupPostgresTest.NAME);
                assertThat(output.path("damaged")).hasToString("[\"" + BackupPostgresTest.NAME + ".2\"]");
                assertThat(database.rows("SELECT count(*) FROM detections")).containsExactly("2000");
                restore.undo();
                assertThat(database.rows("SELECT count(*) FROM detections")).containsExactly("500");
            }
        }
    }

    @Test
    void old_backups_go_with_all_of_their_objects_and_those_of_others_stay() throws Exception {
        try (StepWorld backup = server.declare(BackupSqliteTest.detections(temporary.resolve("w"), "delete"),
                "backups", prefix); Buckets.Opened opened = Buckets.open(server, prefix)) {
            byte[] theirs = {1};
            opened.bucket().putNew("theirs/parts/x", Map.of(), theirs, 1);
            backup.spec("{from: 'database', to: 'backups', keep: 1}").run();
            backup.round(2).run();

            assertThat(opened.bucket().directories()).containsExactly(NAME + ".2", "theirs");
        }
    }

    /** A database with 3000 rows was backed up, and has 1000 now. */
    private StepWorld changed(Path directory, String own) throws Exception {
        try (StepWorld backup = server.declare(BackupSqliteTest.detections(directory, "delete"), "backups", own)) {
            backup.run();
            try (Connection connection = BackupSqliteTest.connect(directory.resolve("v1/detections.db"));
                    Statement statement = connection.createStatement()) {
                statement.execute("DELETE FROM detections WHERE id > 1000");
            }
        }
        StepWorld world = new StepWorld(directory, "restore.sqlite").runId("99999999-recovery")
                .resource("database", "{kind: 'sqlite', path: '" + directory.resolve("v1/detections.db") + "'}")
                .spec("{from: 'backups', to: 'database'}");
        return server.declare(world, "backups", own);
    }

    /** Brings a backup here, damages it, and puts it back as it is then. */
    private String[] damaged(Damage damage, String name) throws Exception {
        Path copy = temporary.resolve("damaged-" + name);
        DurableFiles.deleteTree(copy);
        try (Buckets.Opened opened = Buckets.open(server, prefix)) {
            List<String> keys = new ArrayList<>();
            opened.bucket().first(name + "/", keys::add);
            for (String key : keys) {
                Path file = copy.resolve(key.substring(name.length() + 1));
                Files.createDirectories(file.getParent());
                try (var in = opened.bucket().open(key)) {
                    Files.copy(in, file);
                }
            }
            String[] said = damage.done(copy);
            opened.bucket().delete(keys);
            for (String key : keys) {
                Path file = copy.resolve(key.substring(name.length() + 1));
                if (Files.exists(file)) {
                    byte[] content = Files.readAllBytes(file);
                    opened.bucket().putNew(key, Map.of(), content, content.length);
                }
            }
            return said;
        }
    }
}
