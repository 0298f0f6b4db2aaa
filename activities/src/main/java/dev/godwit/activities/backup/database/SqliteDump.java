package dev.godwit.activities.backup.database;

import dev.godwit.activities.backup.database.BackupRun.Dumped;
import dev.godwit.activities.backup.database.Contents.Table;
import dev.godwit.activities.backup.database.DatabaseBackup.Inventory;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.host.LongCall;
import dev.godwit.activities.resource.SqliteCopy;
import dev.godwit.activities.resource.SqliteFailures;
import dev.godwit.activities.resource.SqliteWork;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.sqlite.SQLiteConnection;
import org.sqlite.core.DB.ProgressObserver;

/**
 * A backup of an SQLite database as of one moment, while others write.
 *
 * <p>Where others have it open in WAL mode ({@code -shm} is there) SQLite's own backup interface reads it within a
 * transaction, which holds nobody up and leaves nothing behind. Otherwise opening it could leave files beside it, and the
 * last to close it would change it: then its files are copied, and the copy is settled. A database that is written without a
 * pause, in a mode in which files change in place, is read by the backup interface after all.
 */
final class SqliteDump implements BackupRun.Dump {
    private static final String FILE = "database.sqlite";
    private static final int PAGES = 1 << 12;
    private static final int BUSY_MILLIS = 100;
    private static final int BUSY_TRIES = 300;

    private final RunContext context;
    private final Path database;
    private final String shown;

    /** @param shown the database for people */
    SqliteDump(RunContext context, Path database, String shown) {
        this.context = context;
        this.database = database;
        this.shown = shown;
    }

    @Override
    public Engine engine() {
        return Engine.SQLITE;
    }

    @Override
    public String database() {
        return database.getFileName().toString();
    }

    @Override
    public Dumped write(Path parts) throws Exception {
        Path file = parts.resolve(FILE);
        try {
            if (isOpenElsewhere()) {
                backUpOnline(file);
            } else {
                copyOrBackUpOnline(file);
            }
            Contents contents = contents(file, context);
            return new Dumped(shown, "SQLite " + version(), contents.tables().size(), Optional.of(contents));
        } catch (SQLException e) {
            throw SqliteFailures.translate("backup.sqlite", database, e);
        }
    }

    private boolean isOpenElsewhere() {
        return Files.exists(database.resolveSibling(database.getFileName() + "-shm"));
    }

    private void copyOrBackUpOnline(Path file) throws IOException, SQLException {
        Path copied = Files.createDirectory(file.resolveSibling("copy"));
        try {
            Files.move(settled(SqliteCopy.take(database, copied, context::checkpoint)), file);
        } catch (StepFailure busy) {
            if (!busy.code().equals("database-busy")) {
                throw busy;
            }
            backUpOnline(file);
        } finally {
            DurableFiles.deleteTree(copied);
        }
    }

    /** Takes the copied {@code -wal} file or rollback journal into the database. */
    private Path settled(Path copy) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + copy)) {
            SqliteWork.execute(connection, context::checkpoint, "PRAGMA wal_checkpoint(TRUNCATE)");
        }
        return copy;
    }

    private void backUpOnline(Path file) throws SQLException {
        try (Connection source = DriverManager.getConnection("jdbc:sqlite:file:" + escaped(database) + "?mode=ro");
                Statement statement = source.createStatement()) {
            // In WAL mode this transaction keeps what is read as it is while others commit.
            boolean snapshot = isOpenElsewhere();
            if (snapshot) {
                statement.execute("BEGIN");
                statement.executeQuery("SELECT count(*) FROM sqlite_master").close();
            }
            ProgressObserver observer = (remaining, pages) -> {
                context.progress(pages - remaining, pages, "pages");
                context.checkpoint();
            };
            // While others hold it up it tells the observer nothing.
            int answer = LongCall.run(context::checkpoint, () -> source.unwrap(SQLiteConnection.class)
                    .getDatabase()
                    .backup("main", file.toString(), observer, BUSY_MILLIS, BUSY_TRIES, PAGES));
            if (answer != 0) {
                throw new SQLException("the backup of " + database + " ended with SQLite's code " + answer, null,
                        answer);
            }
            if (snapshot) {
                statement.execute("ROLLBACK");
            }
        }
    }

    /** Reads what a file holds and leaves nothing beside it; nobody else writes it. */
    static Contents contents(Path file, PreviewContext context) throws SQLException {
        List<Table> tables = new ArrayList<>();
        try (Connection connection = openUnchanging(file); Statement statement = connection.createStatement()) {
            for (String table : names(statement)) {
                context.progress(tables.size(), 0, "tables counted");
                long rows = SqliteWork.run(connection, context::checkpoint, () -> count(statement, table));
                tables.add(new Table(table, rows, Optional.empty()));
            }
        }
        return new Contents(Optional.empty(), tables);
    }

    private static long count(Statement statement, String table) throws SQLException {
        try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM " + TableName.quoted(table))) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private static List<String> names(Statement statement) throws SQLException {
        List<String> names = new ArrayList<>();
        try (ResultSet found = statement.executeQuery("SELECT name FROM sqlite_master WHERE type = 'table'"
                + " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name")) {
            while (found.next()) {
                names.add(found.getString(1));
            }
        }
        return names;
    }

    private static Connection openUnchanging(Path file) throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:file:" + escaped(file) + "?mode=ro&immutable=1");
    }

    private static String escaped(Path file) {
        return file.toString().replace("%", "%25").replace("?", "%3f").replace("#", "%23");
    }

    static Path file(Path parts) {
        return parts.resolve(FILE);
    }

    @Override
    public void requireReadable(DatabaseBackup backup, Path parts) {
        requireWhole(backup, file(parts), context);
    }

    /** SQLite's own check of every page and index. */
    static void requireWhole(DatabaseBackup backup, Path file, PreviewContext context) {
        try (Connection connection = openUnchanging(file); Statement statement = connection.createStatement()) {
            String said = SqliteWork.run(connection, context::checkpoint, () -> integrity(statement));
            if (!said.equals("ok")) {
                throw backup.damaged("SQLite's integrity check says: " + said);
            }
        } catch (SQLException e) {
            throw backup.damaged("SQLite cannot read it: " + e.getMessage()).causedBy(e);
        }
    }

    private static String integrity(Statement statement) throws SQLException {
        try (ResultSet answer = statement.executeQuery("PRAGMA integrity_check(1)")) {
            return answer.next() ? answer.getString(1) : "nothing";
        }
    }

    @Override
    public double restore(DatabaseBackup backup, Inventory inventory, Path parts) throws Exception {
        Path scratch = context.scratch().resolve(FILE);
        long began = System.nanoTime();
        LongCall.run(context::checkpoint, () -> Files.copy(file(parts), scratch));
        DurableFiles.syncFile(scratch, context::checkpoint);
        requireWhole(backup, scratch, context);
        double seconds = (System.nanoTime() - began) / 1e9;
        Optional<String> difference = inventory.contents().orElseThrow().difference(contents(scratch, context));
        if (difference.isPresent()) {
            throw backup.damaged("restored into a scratch file it is not what was backed up: " + difference.get());
        }
        Files.delete(scratch);
        return seconds;
    }

    private static String version() throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:")) {
            return connection.getMetaData().getDatabaseProductVersion();
        }
    }
}
