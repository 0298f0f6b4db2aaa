package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.TreeSnapshot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A database moves from SQLite to a real PostgreSQL: {@code examples/parking-database/plan.yaml}. */
@ExtendWith(SharedSite.class)
class ParkingDatabaseIT {
    private static final String TABLES = "SELECT nspname || '.' || relname FROM pg_class c JOIN pg_namespace n"
            + " ON n.oid = relnamespace WHERE relkind = 'r' AND nspname IN ('public', 'godwit') ORDER BY 1";

    @TempDir
    private Path directory;

    private PostgresServer.Database postgres;

    @BeforeEach
    void service() throws Exception {
        postgres = PostgresServer.shared().newDatabase();
        Files.createDirectory(directory.resolve("home"));
        Files.createDirectory(directory.resolve("backups"));
        Files.writeString(directory.resolve("home/.env"), "DATABASE_URL=sqlite:parking.db\n");
        sqlite(Files.readString(Site.GODWIT.resolve("examples/parking-database/old.sql")));
    }

    @AfterEach
    void drop() throws Exception {
        postgres.close();
    }

    @Test
    void every_row_is_in_postgresql_and_finalize_leaves_nothing_of_godwits_there(Site site) throws Exception {
        Answer waits = site.godwit(start());
        assertThat(waits.exit()).as(waits.err()).isEqualTo(4);
        assertThat(waits.step("same_detections").at("/output/compared").asInt()).isEqualTo(2000);
        assertThat(postgres.rows(TABLES)).contains("godwit.journal", "public.detections", "public.zones");

        Answer finalized = site.godwit("finalize", id());
        assertThat(finalized.exit()).as(finalized.err()).isZero();
        Answer done = site.godwit("watch", id(), "--output", "json");
        assertThat(done.exit()).as(done.err()).isZero();

        assertThat(postgres.rows(TABLES)).containsExactly("public.detections", "public.zones");
        assertThat(postgres.rows("SELECT id, name, price, open::integer FROM zones ORDER BY id"))
                .isEqualTo(sqliteRows("SELECT id, name, printf('%.2f', price), open FROM zones ORDER BY id"));
        assertThat(postgres.rows("SELECT session, number, plate, seen, encode(picture, 'hex'), zone FROM detections"
                + " ORDER BY session COLLATE \"C\", number"))
                .isEqualTo(sqliteRows("SELECT session, number, plate, seen, CASE WHEN picture IS NOT NULL THEN"
                        + " lower(hex(picture)) END, zone FROM detections ORDER BY session, number"));
        assertThat(postgres.rows("SELECT confidence FROM detections ORDER BY session COLLATE \"C\", number")
                .stream()
                .map(Double::valueOf)
                .toList()).isEqualTo(confidences());
        assertThat(postgres.rows("INSERT INTO zones (name, price) VALUES ('new', 1) RETURNING id, open"))
                .containsExactly("5|t");
        assertThat(Files.readString(directory.resolve("home/.env"))).contains("DATABASE_URL=" + postgres.url());
    }

    @Test
    void a_rollback_leaves_an_empty_database_and_the_service_as_it_was(Site site) throws Exception {
        List<String> before = TreeSnapshot.of(directory.resolve("home"), true);
        Answer waits = site.godwit(start());
        assertThat(waits.exit()).as(waits.err()).isEqualTo(4);
        postgres.execute("INSERT INTO zones (name, price) VALUES ('by another', 1)");

        Answer back = site.godwit("rollback", id());
        assertThat(back.exit()).as(back.err()).isZero();
        Answer watched = site.godwit("watch", id(), "--output", "json");
        assertThat(watched.exit()).as(watched.err()).isEqualTo(3);

        assertThat(postgres.rows(TABLES)).isEmpty();
        assertThat(TreeSnapshot.of(directory.resolve("home"), true)).isEqualTo(before);
        assertThat(site.godwit("report", id()).out()).contains("rows of others");
    }

    @Test
    void a_value_that_postgresql_cannot_hold_is_named_before_anything_is_written(Site site) throws Exception {
        sqlite("UPDATE detections SET number = 'seven' WHERE session = 'session-3' AND number = 7");

        Answer refused = site.godwit(start());

        assertThat(refused.exit()).as(refused.err()).isEqualTo(3);
        assertThat(refused.err()).contains("number", "session-3", "seven");
        assertThat(postgres.rows(TABLES)).isEmpty();
    }

    @Test
    void a_dry_run_says_what_would_be_made_and_makes_nothing(Site site) throws Exception {
        List<String> before = TreeSnapshot.of(directory, true);
        List<String> start = new ArrayList<>(start());
        start.add("--dry-run");

        Answer dry = site.godwit(start);

        assertThat(dry.exit()).as(dry.err()).isZero();
        assertThat(dry.err()).contains("CREATE TABLE \"public\".\"detections\"", "insert 2000 rows", "FOREIGN KEY")
                .doesNotContain("not carried over");
        assertThat(postgres.rows(TABLES)).isEmpty();
        assertThat(TreeSnapshot.of(directory, true)).isEqualTo(before);
    }

    private List<String> start() {
        return List.of("start", "examples/parking-database/plan.yaml", "--output", "json", "--param",
                "home=" + directory.resolve("home"), "--param", "backups=" + directory.resolve("backups"), "--param",
                "url=" + postgres.url());
    }

    private String id() {
        return "parking-to-postgres/" + directory.resolve("home");
    }

    private void sqlite(String script) throws Exception {
        try (Connection connection = DriverManager.getConnection(sqliteUrl());
                Statement statement = connection.createStatement()) {
            statement.executeUpdate(script);
        }
    }

    private List<String> sqliteRows(String query) throws Exception {
        List<String> rows = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(sqliteUrl());
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            while (result.next()) {
                List<String> columns = new ArrayList<>();
                for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                    columns.add(result.getString(i));
                }
                rows.add(String.join("|", columns));
            }
        }
        return rows;
    }

    private List<Double> confidences() throws Exception {
        List<Double> confidences = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(sqliteUrl());
                Statement statement = connection.createStatement();
                ResultSet result = statement
                        .executeQuery("SELECT confidence FROM detections ORDER BY session, number")) {
            while (result.next()) {
                confidences.add(result.getDouble(1));
            }
        }
        return confidences;
    }

    private String sqliteUrl() {
        return "jdbc:sqlite:" + directory.resolve("home/parking.db");
    }
}
