package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.PostgresJournal;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** What a load would find in a PostgreSQL database, which it only reads. */
final class PostgresLookup implements LoadTarget {
    private final Connection connection;
    private final PostgresJournal journal;
    private final TableName table;
    private final List<Column> columns;
    private final RowReader reader;
    private final List<PostgresColumn> types;
    private final Optional<PostgresMerge> merge;

    PostgresLookup(Connection connection, TableName table, LoadDocuments.Spec spec, PostgresJournal journal)
            throws SQLException {
        this.connection = connection;
        this.journal = journal;
        this.table = table;
        this.columns = spec.tableColumns();
        this.reader = new RowReader(LoadDocuments.USES, columns, spec.key());
        Optional<PostgresTable> found = PostgresTable.find(connection, table);
        if (found.isPresent()) {
            types = PostgresLoad.types(LoadDocuments.USES, found.get(), columns);
            PostgresLoad.requireKey(LoadDocuments.USES, connection, found.get(), spec.key());
            merge = Optional.of(new PostgresMerge(LoadDocuments.USES, connection, found.get(), types, spec.key(),
                    spec.existing(), "")).filter(lookup -> !spec.key().isEmpty());
        } else {
            types = columns.stream().map(PostgresColumn::made).toList();
            merge = Optional.empty();
        }
    }

    @Override
    public LoadCursor begin() throws SQLException {
        return journal.begun(connection)
                ? PostgresLoad.cursor(journal, connection).map(LoadCursor::intoGiven).orElse(LoadCursor.start(false))
                : LoadCursor.start(false);
    }

    @Override
    public void beginBatch() {
        // Nothing is written.
    }

    @Override
    public Row row(JsonNode object, String place) {
        List<Object> values = reader.values(object, place,
                (column, value) -> types.get(columns.indexOf(column)).stored(value));
        return new Row(values, place, new Checksum(1, 0), new byte[0]);
    }

    @Override
    public Optional<Row> append(List<Row> rows) {
        throw new IllegalStateException("a preview adds nothing");
    }

    @Override
    public Put put(List<Row> rows) throws SQLException {
        PostgresMerge.Found found = merge.isEmpty() ? new PostgresMerge.Found(0, 0) : merge.get().find(rows);
        return new Put(rows.size(), found.same(), found.different(), new Checksum(rows.size(), 0));
    }

    @Override
    public Optional<Row> flush() {
        return Optional.empty();
    }

    @Override
    public void commit(LoadCursor cursor) {
        // Nothing was written.
    }

    @Override
    public void rollback() {
        // Nothing was written.
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
        connection.close();
    }
}
