package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * One consistent view of a database that several sessions share. It lasts as long as this holds its session; its tables
 * cannot be dropped, rewritten or truncated meanwhile.
 */
final class SourceSnapshot implements AutoCloseable {
    private static final long HALF_OF_ALL_TRANSACTIONS = 1L << 31;

    private final ReadablePostgres source;
    private final Connection holder;
    private final String exported;
    private final Origin origin;

    /**
     * Where and when a snapshot was taken.
     *
     * @param cluster names the server, its timeline, its database, and the time since which it has not crashed: as long as
     *     it is the same, no transaction was lost and no number given twice. Empty where that cannot be told
     * @param oldest every transaction with a smaller number had ended
     * @param next no transaction with this number or a greater one had begun
     */
    record Origin(String cluster, long oldest, long next) {}

    private SourceSnapshot(ReadablePostgres source, Connection holder, String exported, Origin origin) {
        this.source = source;
        this.holder = holder;
        this.exported = exported;
        this.origin = origin;
    }

    /**
     * Takes a snapshot.
     *
     * @param tables those that will be read, and that no one may change in ways that a snapshot does not hide
     */
    static SourceSnapshot take(ReadablePostgres source, List<TableName> tables) throws SQLException {
        Connection holder = source.open();
        try {
            begin(holder);
            try (Statement statement = holder.createStatement()) {
                // Before anything that takes a snapshot: a truncation between the two would empty the table.
                for (TableName table : tables) {
                    statement.execute("LOCK TABLE " + table.sql() + " IN ACCESS SHARE MODE");
                }
                String exported;
                try (ResultSet result = statement.executeQuery("SELECT pg_export_snapshot()")) {
                    result.next();
                    exported = result.getString(1);
                }
                return new SourceSnapshot(source, holder, exported, origin(statement));
            }
        } catch (SQLException | RuntimeException e) {
            holder.abort(Runnable::run);
            throw e;
        }
    }

    /** A session that sees what this does, in a transaction that only reads. To be rolled back and closed. */
    Connection open() throws SQLException {
        Connection reader = source.open();
        try {
            begin(reader);
            try (Statement statement = reader.createStatement()) {
                statement.execute("SET TRANSACTION SNAPSHOT '" + exported + "'");
            }
            return reader;
        } catch (SQLException | RuntimeException e) {
            reader.abort(Runnable::run);
            throw e;
        }
    }

    Origin origin() {
        return origin;
    }

    /**
     * Whether a row version that an earlier snapshot's transactions could not have written can be told from others by its
     * {@code xmin}: the numbers of transactions mean the same as they did then, and have not come round since.
     */
    boolean follows(Origin earlier) {
        return !origin.cluster().isEmpty() && origin.cluster().equals(earlier.cluster())
                && origin.next() >= earlier.next()
                && origin.next() - earlier.oldest() < HALF_OF_ALL_TRANSACTIONS;
    }

    @Override
    public void close() throws SQLException {
        try (holder) {
            holder.rollback();
            holder.setAutoCommit(true);
        }
    }

    private static void begin(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            // Rows that a policy hides would be left out without a word; so the server refuses to read the table.
            statement.execute("SET LOCAL row_security = off");
            // Names of types, tables and functions are written with their schemas.
            statement.execute("SET LOCAL search_path = ''");
        }
    }

    private static Origin origin(Statement statement) throws SQLException {
        try (ResultSet result = statement.executeQuery("SELECT txid_snapshot_xmin(txid_current_snapshot()),"
                + " txid_snapshot_xmax(txid_current_snapshot()),"
                // A standby may be promoted, and then loses transactions without a crash.
                + " CASE WHEN NOT pg_is_in_recovery() THEN concat_ws('/',"
                + " (SELECT system_identifier FROM pg_control_system()),"
                + " substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),"
                + " (SELECT oid FROM pg_database WHERE datname = current_database()),"
                // A crash resets the statistics; a restart in good order does not.
                + " (SELECT extract(epoch FROM stats_reset) FROM pg_stat_bgwriter)) END")) {
            result.next();
            String cluster = result.getString(3);
            return new Origin(cluster == null ? "" : cluster, result.getLong(1), result.getLong(2));
        } catch (SQLException e) {
            throw StepFailure.user("permission-denied",
                    "cannot ask the source where its snapshots come from: " + e.getMessage()).causedBy(e);
        }
    }
}
