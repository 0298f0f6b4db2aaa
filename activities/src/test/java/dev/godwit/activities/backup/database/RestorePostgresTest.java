package dev.godwit.activities.backup.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ResourceLock("scratch databases")
class RestorePostgresTest {
    private static final String ROWS = "SELECT * FROM detections ORDER BY id";

    @TempDir
    private Path temporary;

    @BeforeEach
    void need() {
        PostgresTools.need();
    }

    @Nested
    class OverAChangedDatabase extends StepContract {
        @BeforeEach
        void need() {
            PostgresTools.need();
        }

        @Override
        protected StepWorld world(Path directory) throws Exception {
            return new Parking(directory).changed();
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("bytes", "aside"); // Each world has a database of its own.
        }

        @Override
        protected int interruptions() {
            return 6; // Each makes databases and restores one.
        }
    }

    @Test
    void the_rows_are_as_they_were_and_the_database_before_is_kept() throws Exception {
        Parking parking = new Parking(temporary.resolve("w"));
        try (StepWorld world = parking.changed()) {
            parking.database.execute("ALTER DATABASE " + parking.name() + " SET work_mem TO '7MB'",
                    "ALTER DATABASE " + parking.name() + " SET search_path TO odd, public",
                    "GRANT CREATE ON DATABASE " + parking.name() + " TO pg_monitor");

            JsonNode output = world.run().output();

            assertThat(parking.database.rows("SELECT count(*) FROM public.detections")).containsExactly("2000");
            assertThat(parking.database.rows("SHOW work_mem")).containsExactly("7MB");
            assertThat(parking.database.rows("SHOW search_path")).containsExactly("odd, public");
            assertThat(
                    parking.database.rows("SELECT has_database_privilege('pg_monitor', current_database(), 'CREATE')"))
                    .containsExactly("t");
            assertThat(
                    PostgresServer.shared().rows(output.path("aside").textValue(), "SELECT count(*) FROM detections"))
                    .containsExactly("500");
            assertThat(output.path("rows").asInt()).isEqualTo(2003);
        }
    }

    @Test
    void undo_sets_aside_what_others_wrote_since() throws Exception {
        Parking parking = new Parking(temporary.resolve("w"));
        try (StepWorld world = parking.changed()) {
            List<String> before = world.snapshot();
            world.run();
            parking.database.execute("UPDATE detections SET plate = 'since' WHERE id = 3");

            var setAside = world.undo().setAside();

            assertThat(setAside).hasSize(1);
            assertThat(PostgresServer.shared()
                    .rows(setAside.getFirst().where(),
                            "SELECT plate FROM detections WHERE id = 3"))
                    .containsExactly("since");
            assertThat(world.snapshot()).containsAll(before).hasSize(before.size() + 1);
        }
    }

    @Test
    void a_database_that_is_lost_is_made_again_and_undo_drops_it() throws Exception {
        Parking parking = new Parking(temporary.resolve("w"));
        try (StepWorld world = parking.changed()) {
            parking.database.close();

            JsonNode output = world.run().output();
            assertThat(output.has("aside")).isFalse();
            assertThat(parking.database.rows("SELECT count(*) FROM detections")).containsExactly("2000");

            world.undo();
            assertThat(PostgresServer.shared().databases()).doesNotContain(parking.name());
            world.undo();
        }
    }

    @ParameterizedTest
    @EnumSource
    void what_is_damaged_is_refused_and_named_and_nothing_is_touched(Damage damage) throws Exception {
        Parking parking = new Parking(temporary.resolve("w"));
        try (StepWorld world = parking.changed()) {
            String[] said = damage.done(BackupPostgresTest.backup(world));
            List<String> before = world.snapshot();

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("damaged are [" + BackupPostgresTest.NAME + "]");
            assertThatThrownBy(
                    world.spec("{from: 'backups', to: 'parking', name: '" + BackupPostgresTest.NAME + "'}")::run)
                    .isInstanceOf(StepFailure.class)
                    .hasMessageContainingAll(said);
            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void what_pg_restore_refuses_leaves_everything_as_it_was() throws Exception {
        Parking parking = new Parking(temporary.resolve("w"));
        String role = "gone_" + parking.name();
        parking.database.execute("CREATE ROLE " + role, "ALTER TABLE empty OWNER TO " + role);
        try (StepWorld world = parking.changed()) {
            parking.database.execute("ALTER TABLE empty OWNER TO postgres", "DROP ROLE " + role);
            List<String> before = world.snapshot();

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("role \"" + role + "\" does not exist");
            assertThat(parking.database.rows(ROWS)).hasSize(500);
            world.undo();
            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    /** A database with 2000 rows in a table, of which 500 are left after it was backed up. */
    private static final class Parking {
        private final Path directory;
        private final PostgresServer.Database database = PostgresServer.shared().newDatabase();

        Parking(Path directory) throws Exception {
            this.directory = directory;
            BackupPostgresTest.fill(database);
        }

        String name() {
            return database.name();
        }

        StepWorld changed() throws Exception {
            try (StepWorld backup = BackupPostgresTest.world(directory, database, database.resource())) {
                backup.run();
            }
            database.execute("DELETE FROM detections WHERE id > 500");
            return new StepWorld(directory, "restore.postgres").runId("99999999-recovery")
                    .resource("parking", database.resource())
                    .directory("backups", BackupPostgresTest.backups(directory))
                    .spec("{from: 'backups', to: 'parking'}")
                    .counting(() -> {
                        List<String> lines = new ArrayList<>();
                        for (String each : PostgresServer.shared().databases()) {
                            if (each.startsWith(name()) && !each.matches(name() + "\\d.*")
                                    || each.startsWith("godwit")) {
                                lines.add(each.replace(name(), "DATABASE") + " "
                                        + PostgresServer.shared().rows(each, ROWS));
                            }
                        }
                        return lines;
                    })
                    .closing(() -> {
                        for (String each : PostgresServer.shared().databases()) {
                            if (each.startsWith(name() + ".") || each.equals(name())) {
                                PostgresServer.shared().drop(each);
                            }
                        }
                    });
        }
    }
}
