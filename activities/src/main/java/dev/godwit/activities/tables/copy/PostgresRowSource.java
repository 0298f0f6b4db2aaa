package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.SqliteTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.activities.tables.values.CopyBuffer;
import dev.godwit.activities.tables.values.UnfitValueException;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/** The rows of a table of PostgreSQL, all of one snapshot. */
final class PostgresRowSource implements StorageSource {
    /** The signature, the flags and the length of what else the header has. */
    private static final int HEADER = 19;

    private final CopyTable.Spec spec;
    private final Connection connection;
    private final PostgresTable table;

    private PostgresRowSource(CopyTable.Spec spec, Connection connection, PostgresTable table) {
        this.spec = spec;
        this.connection = connection;
        this.table = table;
    }

    static PostgresRowSource open(CopyTable.Spec spec, ReadablePostgres database) throws SQLException {
        Connection connection = database.open();
        try {
            TableName name = PostgresTable.fullName(connection, database.table());
            connection.setAutoCommit(false);
            fixForms(connection);
            return new PostgresRowSource(spec, connection, PostgresTable.require(connection, name));
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** What the session's own settings leave open of the forms of values, and of names of types, for its transaction. */
    static void fixForms(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    "SET LOCAL search_path = ''; SET LOCAL lc_monetary = 'C'; SET LOCAL xmloption = 'content'");
        }
    }

    @Override
    public StoragePlan storagePlan(Optional<SqliteTable> found) throws SQLException {
        if (!spec.types().isEmpty()) {
            throw StepFailure.user("types-unsupported", CopyTable.USES
                    + ": a copy from PostgreSQL to SQLite takes the types of the source; leave out 'types'");
        }
        List<String> names = TargetColumns.selected(spec,
                table.columns().stream().map(PostgresTable.Column::name).toList());
        Map<String, PostgresTable.Column> byName = table.columns()
                .stream()
                .collect(Collectors.toMap(PostgresTable.Column::name, column -> column));
        List<StoragePlan.Column> columns = names.stream()
                .map(byName::get)
                .map(column -> new StoragePlan.Column(column.name(), column.type(), column.required()))
                .toList();
        List<String> leftOut = new ArrayList<>();
        for (String name : names) {
            PostgresTable.Column column = byName.get(name);
            if (column.generated()) {
                leftOut.add("what computes the generated column " + name + "; its values are copied");
            } else {
                column.defaultExpression()
                        .ifPresent(text -> leftOut.add("the default of column " + name + ": " + text));
            }
        }
        leftOut.addAll(constraints());
        boolean keyed = new HashSet<>(names).containsAll(table.primaryKey());
        return new StoragePlan(columns, keyed ? table.primaryKey() : List.of(), indexes(names, leftOut), leftOut);
    }

    private List<String> constraints() throws SQLException {
        List<String> found = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement("SELECT conname, pg_get_constraintdef(oid)"
                + " FROM pg_constraint WHERE conrelid = ? AND contype IN ('f', 'c', 'x') ORDER BY conname")) {
            statement.setLong(1, table.oid());
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    found.add("the constraint " + result.getString(1) + ": " + result.getString(2));
                }
            }
        }
        return found;
    }

    private List<StoragePlan.Index> indexes(List<String> copied, List<String> leftOut) throws SQLException {
        List<StoragePlan.Index> indexes = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement("SELECT c.relname, i.indisunique,"
                + " i.indexprs IS NULL AND i.indpred IS NULL AND m.amname = 'btree' AS plain,"
                + " ARRAY(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY AS k(attnum, n)"
                + " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
                + " WHERE k.n <= i.indnkeyatts ORDER BY k.n) AS names"
                + " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam"
                + " WHERE i.indrelid = ? AND NOT i.indisprimary ORDER BY c.relname")) {
            statement.setLong(1, table.oid());
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    List<String> names = List.of((String[]) found.getArray("names").getArray());
                    if (found.getBoolean("plain") && copied.containsAll(names)) {
                        indexes.add(new StoragePlan.Index(found.getString("relname"), found.getBoolean("indisunique"),
                                names.stream().map(TableName::quoted).toList()));
                    } else {
                        leftOut.add("the index " + found.getString("relname")
                                + ": an expression, a condition, another method, or a column that is not copied");
                    }
                }
            }
        }
        return indexes;
    }

    @Override
    public void readStored(StoragePlan plan, RowEncoder.Chunks chunks) throws Exception {
        String values = plan.columns()
                .stream()
                .map(column -> column.codec().selected(TableName.quoted(column.name())))
                .collect(Collectors.joining(", "));
        CopyOut copy = connection.unwrap(PGConnection.class)
                .getCopyAPI()
                .copyOut("COPY (SELECT " + values + " FROM " + table.name().sql() + ") TO STDOUT (FORMAT binary)");
        try {
            StoredRow row = new StoredRow(plan);
            CopyBuffer buffer = new CopyBuffer(RowSpool.CHUNK * 2);
            int rows = 0;
            boolean first = true;
            // The server sends a message for each row; the first has the header before it.
            for (byte[] message = copy.readFromCopy(); message != null; message = copy.readFromCopy()) {
                int offset = first ? HEADER : 0;
                first = false;
                if (message.length - offset < Short.BYTES || CopyBuffer.shortAt(message, offset) < 0) {
                    continue;
                }
                require(plan, row, message, offset);
                buffer.raw(message, offset);
                rows++;
                if (rows == spec.batch() || buffer.length() >= RowSpool.CHUNK) {
                    chunks.take(rows, buffer);
                    buffer.clear();
                    rows = 0;
                }
            }
            if (rows > 0) {
                chunks.take(rows, buffer);
            }
        } finally {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        }
    }

    private void require(StoragePlan plan, StoredRow row, byte[] message, int offset) {
        row.at(message, offset);
        for (int i = 0; i < plan.columns().size(); i++) {
            try {
                row.value(i);
            } catch (UnfitValueException e) {
                throw StepFailure.user("value-unfit", CopyTable.USES + ": " + spec.from() + ", column "
                        + plan.columns().get(i).name() + " of the row " + row.shown() + ": " + e.getMessage()
                        + "; nothing was written. Mend the value, or leave the column out by 'columns'");
            }
        }
    }

    @Override
    public void close() throws SQLException {
        connection.rollback();
        connection.close();
    }
}
