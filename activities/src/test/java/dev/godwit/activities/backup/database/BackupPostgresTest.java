package dev.godwit.activities.backup.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.backup.BackupPlace;
import dev.godwit.activities.backup.database.DatabaseBackup.Listed;
import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.faults.Fault;
import dev.godwit.activities.faults.Fault.Direction;
import dev.godwit.activities.faults.FaultProxy;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.json.Json;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

@ResourceLock("scratch databases")
class BackupPostgresTest {
    static final String NAME = "plan-20260301T120000Z-0c7f9a52-step";

    @TempDir
    private Path temporary;

    @BeforeEach
    void need() {
        PostgresTools.need();
    }

    @Nested
    class VerifiedByARestore extends StepContract {
        @BeforeEach
        void need() {
            PostgresTools.need();
        }

        @Override
        protected StepWorld world(Path directory) throws Exception {
            return parking(directory);
        }

        @Override
        protected Set<String> changingOutputs() {
            // A dump holds the moment at which it was made, compressed.
            return Set.of("seconds", "restore_seconds", "bytes");
        }

        @Override
        protected int interruptions() {
            return 6; // Each makes databases and dumps one.
        }
    }

    @Test
    void a_backup_counts_once_it_was_restored_and_compared() throws Exception {
        try (StepWorld world = parking(temporary.resolve("w"))) {
            JsonNode output = world.run().output();

            assertThat(output.path("name").textValue()).isEqualTo(NAME);
            assertThat(output.path("tables").asInt()).isEqualTo(3);
            assertThat(output.path("rows").asInt()).isEqualTo(2003);
            assertThat(output.path("restore_seconds").asDouble()).isPositive();
            JsonNode inventory = Json.read(Files.readString(backup(world).resolve("inventory.json")), JsonNode.class);
            assertThat(inventory.path("parts")).hasSizeGreaterThan(3);
            assertThat(inventory.path("contents").path("tables").findValuesAsText("name")).containsExactly("odd.T a\"b",
                    "public.detections", "public.empty");
            assertThat(PostgresServer.shared().databases()).noneMatch(name -> name.startsWith("godwit_scratch_"));
        }
    }

    @Test
    void one_file_and_no_restore_where_that_is_asked_for() throws Exception {
        try (StepWorld world = parking(temporary.resolve("w"))) {
            JsonNode output = world.spec("{from: 'parking', to: 'backups', format: 'custom', compress: 0}")
                    .run()
                    .output();

            assertThat(output.path("verified").textValue()).isEqualTo("inventory");
            assertThat(output.has("rows")).isFalse();
            try (Stream<Path> parts = Files.list(backup(world).resolve("parts"))) {
                assertThat(parts.map(Path::getFileName).map(Path::toString)).containsExactly("database.dump");
            }
        }
    }

    /** A scratch database has none of these settings. */
    @Test
    void settings_of_the_database_do_not_make_its_backup_look_damaged() throws Exception {
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase();
                StepWorld world = world(temporary.resolve("w"), filled(database), database.resource())) {
            database.execute("CREATE TABLE forms AS SELECT '\\xff00'::bytea AS b, '1 day 02:00'::interval AS i",
                    "ALTER DATABASE " + database.name() + " SET bytea_output TO 'escape'",
                    "ALTER DATABASE " + database.name() + " SET intervalstyle TO 'iso_8601'",
                    "ALTER DATABASE " + database.name() + " SET quote_all_identifiers TO on");

            assertThat(world.run().output().path("verified").textValue()).isEqualTo("restore");
        }
    }

    @Test
    void what_is_written_meanwhile_does_not_make_it_inconsistent() throws Exception {
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase();
                StepWorld world = world(temporary.resolve("w"), filled(database), database.resource())) {
            AtomicBoolean stop = new AtomicBoolean();
            CountDownLatch begun = new CountDownLatch(1);
            CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
                while (!stop.get()) {
                    write(database);
                    begun.countDown();
                }
            }, Thread::startVirtualThread);
            assertThat(begun.await(1, TimeUnit.MINUTES)).isTrue();
            world.run();
            stop.set(true);
            writer.get();
            assertThat(database.rows("SELECT count(*) > 2000 FROM detections")).containsExactly("t");
        }
    }

    @Test
    void the_password_is_in_no_argument_file_or_message() throws Exception {
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase();
                StepWorld world = world(temporary.resolve("w"), filled(database), database.resource()
                        .replace("}",
                                ", password: {secret: 'DB_PASSWORD'}}"))) {
            world.secret("DB_PASSWORD", "correct-horse-battery").run();
            try (Stream<Path> all = Files.walk(temporary)) {
                for (Path file : all.filter(Files::isRegularFile).toList()) {
                    assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                            .as(file.toString())
                            .doesNotContain("correct-horse-battery");
                }
            }
        }
    }

    @Test
    void a_lost_connection_leaves_nothing_and_a_retry_helps() throws Exception {
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase();
                FaultProxy proxy = FaultProxy.inFrontOf("localhost", PostgresServer.shared().port());
                StepWorld world = world(temporary.resolve("w"), filled(database),
                        database.resource().replace(":" + PostgresServer.shared().port(), ":" + proxy.port()))) {
            // Whatever connections the step makes, only pg_dump's own reads so much: it dies in the middle of the rows.
            proxy.each(Fault.reset(Direction.TO_CLIENT, 20_000));
            assertThatThrownBy(world.attempts(3)::run).isInstanceOfSatisfying(StepFailure.class,
                    failure -> assertThat(failure.retryable()).as(failure.getMessage()).isTrue());
            assertThat(backup(world)).doesNotExist();

            proxy.each(Fault.NONE);
            assertThat(world.run().output().path("rows").asInt()).isEqualTo(2003);
        }
    }

    @Test
    void older_backups_of_the_same_step_go_and_others_stay() throws Exception {
        try (StepWorld world = parking(temporary.resolve("w"))) {
            Path backups = temporary.resolve("w.backups");
            world.round(8).spec("{from: 'parking', to: 'backups', keep: 2}").run();
            world.round(9).run();
            Files.createDirectories(backups.resolve("half/parts"));
            world.round(10).run();

            try (Stream<Path> left = Files.list(backups)) {
                assertThat(left.map(Path::getFileName).map(Path::toString)).containsExactlyInAnyOrder(NAME + ".9",
                        NAME + ".10", "half");
            }
        }
    }

    @Test
    void a_missing_program_and_an_old_one_are_named_with_their_package() throws Exception {
        assertThatThrownBy(() -> PostgresTool.find("pg_dump", 15, List.of(temporary)))
                .hasMessageContaining("postgresql-client-15")
                .hasMessageContaining("has no pg_dump");
        Path old = program(temporary, "12.3");
        assertThatThrownBy(() -> PostgresTool.find("pg_dump", 15, List.of(temporary)))
                .hasMessageContaining("postgresql-client-15")
                .hasMessageContaining(old + " is 12.3");
        assertThat(PostgresTool.find("pg_dump", 12, List.of(temporary)).version()).isEqualTo("12.3");
    }

    /** What a newer pg_dump writes an older server may not understand. */
    @Test
    void a_program_of_the_same_version_goes_before_a_newer_one_that_is_found_first() throws Exception {
        List<Path> directories = new ArrayList<>();
        for (String version : List.of("14.1", "17.2", "15.4", "16.0")) {
            Path directory = Files.createDirectory(temporary.resolve(version));
            program(directory, version);
            directories.add(directory);
        }
        assertThat(PostgresTool.find("pg_dump", 15, directories).version()).isEqualTo("15.4");
        directories.remove(2);
        assertThat(PostgresTool.find("pg_dump", 15, directories).version()).isEqualTo("17.2");
    }

    private static Path program(Path directory, String version) throws IOException {
        Path program = directory.resolve("pg_dump");
        Files.writeString(program, "#!/bin/sh\necho 'pg_dump (PostgreSQL) " + version + " (Debian)'\n");
        assertThat(program.toFile().setExecutable(true)).isTrue();
        return program;
    }

    static Path backup(StepWorld world) {
        return backups(world.directory()).resolve(NAME);
    }

    static Path backups(Path world) {
        return world.resolveSibling(world.getFileName() + ".backups");
    }

    static StepWorld parking(Path directory) throws Exception {
        PostgresServer.Database database = PostgresServer.shared().newDatabase();
        fill(database);
        return world(directory, database, database.resource()).closing(database);
    }

    static StepWorld world(Path directory, PostgresServer.Database database, String resource) throws Exception {
        // Beside the world: no two dumps are the same, byte for byte. What they say of themselves is.
        Path backups = backups(directory);
        DurableFiles.deleteTree(backups);
        Files.createDirectories(directory);
        return new StepWorld(directory, "backup.postgres").resource("parking", resource)
                .directory("backups", Files.createDirectories(backups))
                .spec("{from: 'parking', to: 'backups', verify: 'restore'}")
                .counting(() -> described(backups))
                .counting(() -> database.rows("SELECT * FROM detections ORDER BY id"))
                .counting(() -> PostgresServer.shared()
                        .databases()
                        .stream()
                        .filter(name -> name.startsWith("godwit"))
                        .toList());
    }

    private static PostgresServer.Database filled(PostgresServer.Database database) throws Exception {
        fill(database);
        return database;
    }

    static void fill(PostgresServer.Database database) throws Exception {
        database.execute("CREATE TABLE detections (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, plate text,"
                + " confidence double precision, seen timestamptz, upper text GENERATED ALWAYS AS (upper(plate)) STORED)",
                "INSERT INTO detections (plate, confidence, seen) SELECT 'ab-' || i, i / 7.0,"
                        + " '2025-06-10 08:00:00Z'::timestamptz + i * interval '1 s' FROM generate_series(1, 2000) i",
                "CREATE INDEX by_plate ON detections (plate)", "CREATE TABLE empty (id integer)",
                "CREATE SCHEMA odd", "CREATE TABLE odd.\"T a\"\"b\" (godwit_row text, \"t\" integer[])",
                "INSERT INTO odd.\"T a\"\"b\" VALUES (NULL, '{1,2}'), ('', NULL), (' ', '{NULL}')",
                "CREATE FUNCTION twice(integer) RETURNS integer LANGUAGE sql AS 'SELECT 2 * $1'");
    }

    private static void write(PostgresServer.Database database) {
        try {
            database.execute("INSERT INTO detections (plate) VALUES ('new'); UPDATE detections SET plate = 'changed'"
                    + " WHERE id = 7");
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> described(Path backups) throws IOException {
        List<String> lines = new ArrayList<>();
        for (Listed listed : DatabaseBackup.newestFirst(BackupPlace.of(backups)).reversed()) {
            lines.add(listed.name() + " " + listed.backup().requireInventory().contents());
        }
        return lines;
    }
}
