package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.SqliteJournal;
import dev.godwit.activities.database.SqliteTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.documents.Checksum;
import dev.godwit.activities.resource.SqliteWork;
import dev.godwit.activities.throttle.Throttle;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.sqlite.SQLiteErrorCode;

/** Writes the rows of a spool into SQLite, exactly once: each batch and its place in the spool commit together. */
final class SqliteLoad {
    private final CopyTable.Spec spec;
    private final RunContext context;
    private final Connection connection;
    private final String table;
    private final SpooledToSqlite.Read read;
    private final SqliteJournal journal;

    /**
     * Where the copy stands.
     *
     * @param offset of the first chunk in the spool that is not in the table
     * @param rows how many are in it
     * @param made whether the step made the table
     * @param effect what the step did to the rows of the table
     * @param indexed whether its indexes are made
     */
    record Cursor(long offset, long rows, boolean made, Checksum effect, boolean indexed) {
        static final Cursor START = new Cursor(0, -1, false, Checksum.ZERO, false);
    }

    SqliteLoad(CopyTable.Spec spec, RunContext context, Connection connection, String table,
            SpooledToSqlite.Read read) {
        this.spec = spec;
        this.context = context;
        this.connection = connection;
        this.table = table;
        this.read = read;
        this.journal = new SqliteJournal(context);
    }

    Cursor run(RowSpool spool) throws Exception {
        try {
            Cursor cursor = begin();
            if (cursor.rows() < read.rows()) {
                cursor = rows(spool, cursor);
            }
            return cursor.indexed() ? cursor : indexes(cursor);
        } catch (SQLException | RuntimeException e) {
            rollback();
            throw e;
        }
    }

    private Cursor begin() throws SQLException {
        execute("BEGIN IMMEDIATE");
        journal.begin(connection, Cursor.START);
        Cursor cursor = journal.cursor(connection, Cursor.class).orElseThrow();
        if (cursor.rows() < 0) {
            cursor = prepare();
            journal.advance(connection, cursor);
        }
        executeLong("COMMIT");
        return cursor;
    }

    private Cursor prepare() throws SQLException {
        Optional<SqliteTable> found = SqliteTable.find(connection, table);
        SqliteTarget.require(connection, found, spec, read.plan());
        Checksum effect = Checksum.ZERO;
        if (found.isEmpty()) {
            execute(read.plan().create(table));
        } else if (spec.existing() == ExistingRows.REPLACE) {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT * FROM " + TableName.quoted(table))) {
                effect = Checksum.ZERO.minus(Checksum.ofRows(rows, context::checkpoint));
            }
            executeLong("DELETE FROM " + TableName.quoted(table));
        }
        return new Cursor(0, 0, found.isEmpty(), effect, found.isPresent());
    }

    private Cursor rows(RowSpool spool, Cursor start) throws Exception {
        Throttle throttle = Throttle.of(context, "rows", spec.rate());
        Cursor cursor = start;
        String names = read.plan()
                .columns()
                .stream()
                .map(column -> TableName.quoted(column.name()))
                .collect(Collectors.joining(", "));
        String marks = read.plan().columns().stream().map(column -> "?").collect(Collectors.joining(", "));
        StoredRow row = new StoredRow(read.plan());
        try (RowSpool.Reader chunks = spool.read(0, cursor.offset());
                PreparedStatement insert = connection.prepareStatement("INSERT INTO " + TableName.quoted(table) + " ("
                        + names + ") VALUES (" + marks + ") RETURNING *")) {
            while (cursor.rows() < read.rows()) {
                throttle.pass(0);
                int wanted = throttle.portion(spec.batch());
                long rows = 0;
                Checksum effect = cursor.effect();
                execute("BEGIN IMMEDIATE");
                while (rows < wanted && cursor.rows() + rows < read.rows() && chunks.next()) {
                    context.checkpoint();
                    effect = effect.plus(chunk(insert, row, chunks));
                    rows += chunks.rows();
                }
                cursor = new Cursor(chunks.offset(), cursor.rows() + rows, cursor.made(), effect, cursor.indexed());
                journal.advance(connection, cursor);
                execute("COMMIT");
                context.advanced();
                context.progress(cursor.rows(), read.rows(), "rows");
                throttle.pass(rows);
            }
        }
        return cursor;
    }

    private Checksum chunk(PreparedStatement insert, StoredRow row, RowSpool.Reader chunk) throws Exception {
        Checksum sum = Checksum.ZERO;
        int offset = 0;
        for (int i = 0; i < chunk.rows(); i++) {
            offset = row.at(chunk.bytes(), offset);
            for (int column = 0; column < read.plan().columns().size(); column++) {
                insert.setObject(column + 1, row.value(column));
            }
            try (ResultSet inserted = insert.executeQuery()) {
                inserted.next();
                sum = sum.plus(Checksum.ofRow(inserted));
            } catch (SQLException e) {
                if ((e.getErrorCode() & 0xff) == SQLiteErrorCode.SQLITE_CONSTRAINT.code) {
                    throw StepFailure.user("constraint-violated", CopyTable.USES + ": the table " + spec.to()
                            + " refuses the row " + row.shown() + ": " + e.getMessage()).causedBy(e);
                }
                throw e;
            }
        }
        return sum;
    }

    private Cursor indexes(Cursor cursor) throws SQLException {
        execute("BEGIN IMMEDIATE");
        List<StoragePlan.Index> indexes = read.plan().indexes();
        for (StoragePlan.Index index : indexes) {
            executeLong(index.sql(table));
        }
        Cursor done = new Cursor(cursor.offset(), cursor.rows(), cursor.made(), cursor.effect(), true);
        journal.advance(connection, done);
        executeLong("COMMIT");
        return done;
    }

    private void rollback() {
        try {
            execute("ROLLBACK");
        } catch (SQLException e) {
            // Closing the connection rolls back as well; what went wrong before is what matters.
        }
    }

    /** What takes as long as the table is large. */
    private void executeLong(String sql) throws SQLException {
        SqliteWork.execute(connection, context::checkpoint, sql);
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
