package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.PostgresJournal;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.tables.copy.ExistingRows;
import dev.godwit.activities.tables.copy.PostgresTarget;
import dev.godwit.activities.tables.copy.TargetSchema;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.util.PSQLException;

/**
 * A table of a PostgreSQL database. One that the load has made gets its rows by binary COPY, one for each batch, which the
 * server works on while the next documents are read; another gets them by statements that look for their keys first.
 */
final class PostgresLoad implements LoadTarget {
    private static final String CURSOR = "documents";
    static final String UNIQUE_VIOLATION = "23505";
    private static final Pattern LINE = Pattern.compile("COPY .*, line (\\d+)");
    private static final byte[] HEADER = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] TRAILER = {-1, -1};

    private final RunContext context;
    private final String uses;
    private final Connection connection;
    private final PostgresTarget target;
    private final TableName table;
    private final List<Column> columns;
    private final List<String> key;
    private final Existing existing;
    private final RowReader reader;
    private List<PostgresColumn> types = List.of();
    private Optional<PostgresMerge> merge = Optional.empty();
    private Optional<CopyIn> copy = Optional.empty();
    /** The rows of the batch, in the order in which the COPY numbers them; of their values only the keys. */
    private final List<Row> copied = new ArrayList<>();

    /** @param connection in auto-commit mode */
    PostgresLoad(RunContext context, String uses, Connection connection, PostgresTarget target, TableName table,
            List<Column> columns, List<String> key, Existing existing) {
        this.context = context;
        this.uses = uses;
        this.connection = connection;
        this.target = target;
        this.table = table;
        this.columns = columns;
        this.key = key;
        this.existing = existing;
        this.reader = new RowReader(uses, columns, key);
    }

    @Override
    public LoadCursor begin() throws SQLException {
        target.begin();
        TableName full = PostgresTable.fullName(connection, table);
        PostgresTarget.Prepared prepared = target.prepare(connection, full, TargetSchema.AUTO, ExistingRows.APPEND,
                () -> List.of(definition(full, columns, key)));
        PostgresTable found = PostgresTable.require(connection, TableName.parse(prepared.name()));
        types = types(uses, found, columns);
        if (!prepared.made()) {
            requireKey(uses, connection, found, key);
            merge = Optional.of(new PostgresMerge(uses, connection, found, types, key, existing,
                    PostgresMerge.kept(context, prepared)));
        }
        connection.setAutoCommit(false);
        return cursor(target.journal(), connection).orElse(LoadCursor.start(prepared.made()));
    }

    static Optional<LoadCursor> cursor(PostgresJournal journal, Connection connection) throws SQLException {
        return journal.cursor(connection, CURSOR, LoadCursor.class);
    }

    private static String definition(TableName table, List<Column> columns, List<String> key) {
        String definitions = columns.stream()
                .map(PostgresColumn::made)
                .map(PostgresColumn::definition)
                .collect(Collectors.joining(", "));
        String primary = key.isEmpty() ? "" : ", PRIMARY KEY (" + quoted(key) + ")";
        return "CREATE TABLE " + table.sql() + " (" + definitions + primary + ")";
    }

    /** The declared columns as the table has them. */
    static List<PostgresColumn> types(String uses, PostgresTable table, List<Column> columns) {
        List<PostgresColumn> types = new ArrayList<>();
        for (Column column : columns) {
            PostgresTable.Column actual = table.columns()
                    .stream()
                    .filter(candidate -> candidate.name().equals(column.name()))
                    .findFirst()
                    .orElseThrow(() -> StepFailure.user("column-missing", uses + ": the table " + table.name()
                            + " exists and has no column " + column.name()
                            + "; add it with an earlier step, or correct 'columns'"));
            types.add(PostgresColumn.of(uses, table.name(), column, actual));
        }
        return types;
    }

    /** A table that was there before must know the key. */
    static void requireKey(String uses, Connection connection, PostgresTable table, List<String> key)
            throws SQLException {
        if (key.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement("SELECT 1 FROM pg_index i WHERE i.indrelid = ?"
                + " AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL"
                + " AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text COLLATE \"C\") FROM pg_attribute a"
                + " WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])) = ?")) {
            statement.setLong(1, table.oid());
            statement.setArray(2, connection.createArrayOf("text", key.stream().sorted().toArray()));
            try (ResultSet found = statement.executeQuery()) {
                if (!found.next()) {
                    throw StepFailure.user("key-missing", uses + ": the table " + table.name() + " exists and ("
                            + String.join(", ", key)
                            + ") is neither its primary key nor unique; correct 'key', or add a unique index");
                }
            }
        }
    }

    @Override
    public void beginBatch() {
        copied.clear();
    }

    @Override
    public Row row(JsonNode object, String place) {
        List<Object> values = reader.values(object, place, (column, value) -> type(column).stored(value));
        byte[] encoded = merge.isEmpty() ? PostgresColumn.encode(types, values) : new byte[0];
        return new Row(values, place, new Checksum(1, 0), encoded);
    }

    private PostgresColumn type(Column column) {
        return types.get(columns.indexOf(column));
    }

    @Override
    public Optional<Row> append(List<Row> rows) throws SQLException {
        if (copy.isEmpty()) {
            String names = columns.stream()
                    .map(column -> TableName.quoted(column.name()))
                    .collect(Collectors.joining(", "));
            copy = Optional.of(connection.unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn("COPY " + table.sql() + " (" + names + ") FROM STDIN (FORMAT binary)"));
            copy.get().writeToCopy(HEADER, 0, HEADER.length);
        }
        rows.forEach(row -> copied.add(nameOf(row)));
        try {
            for (Row row : rows) {
                copy.get().writeToCopy(row.encoded(), 0, row.encoded().length);
            }
            return Optional.empty();
        } catch (SQLException e) {
            return refused(e);
        }
    }

    /** What errors say of a row, without what else it holds: a batch has no bound but the number of documents. */
    private Row nameOf(Row row) {
        List<Object> values = new ArrayList<>(row.values());
        for (int i = 0; i < values.size(); i++) {
            if (!key.contains(columns.get(i).name())) {
                values.set(i, null);
            }
        }
        return new Row(values, row.place(), row.checksum(), new byte[0]);
    }

    @Override
    public Optional<Row> flush() throws SQLException {
        if (copy.isEmpty()) {
            return Optional.empty();
        }
        try {
            copy.get().writeToCopy(TRAILER, 0, TRAILER.length);
            copy.get().endCopy();
            copy = Optional.empty();
            return Optional.empty();
        } catch (SQLException e) {
            return refused(e);
        }
    }

    private Optional<Row> refused(SQLException e) throws SQLException {
        Optional<Row> row = e instanceof PSQLException failure && failure.getServerErrorMessage() != null
                ? copiedAt(String.valueOf(failure.getServerErrorMessage().getWhere()))
                : Optional.empty();
        if (row.isEmpty()) {
            throw e;
        }
        if (UNIQUE_VIOLATION.equals(e.getSQLState()) && !key.isEmpty()) {
            return row;
        }
        throw StepFailure
                .user("constraint-violated",
                        uses + ": " + row.get().place() + ": the table " + table + " refuses the row: "
                                + e.getMessage())
                .causedBy(e);
    }

    private Optional<Row> copiedAt(String where) {
        Matcher line = LINE.matcher(where);
        return line.find()
                ? Optional.of(Integer.parseInt(line.group(1)))
                        .filter(number -> number >= 1 && number <= copied.size())
                        .map(number -> copied.get(number - 1))
                : Optional.empty();
    }

    @Override
    public Put put(List<Row> rows) throws SQLException {
        return merge.orElseThrow().put(rows);
    }

    @Override
    public void commit(LoadCursor cursor) throws SQLException {
        target.commit(connection, CURSOR, cursor);
    }

    @Override
    public void rollback() {
        try {
            cancelCopy();
            connection.rollback();
        } catch (SQLException e) {
            // The server rolls back when the session ends; what went wrong before is what matters.
        }
    }

    private void cancelCopy() throws SQLException {
        if (copy.isPresent() && copy.get().isActive()) {
            copy.get().cancelCopy();
        }
        copy = Optional.empty();
    }

    @Override
    public String keyText(Row row) {
        return reader.keyText(row.values());
    }

    @Override
    public StepFailure exists(Row row) {
        return reader.exists(row, table.toString());
    }

    @Override
    public void close() throws SQLException {
        rollback();
        if (!connection.isClosed()) {
            connection.setAutoCommit(true);
        }
    }

    static String quoted(List<String> names) {
        return names.stream().map(TableName::quoted).collect(Collectors.joining(", "));
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
