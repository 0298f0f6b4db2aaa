package dev.godwit.activities.tables.verify;

import dev.godwit.activities.database.LongStatement;
import dev.godwit.activities.database.PostgresFailures;
import dev.godwit.activities.database.PostgresSessions;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.activities.tables.values.ValueForm;
import dev.godwit.activities.tables.verify.Layout.Compared;
import dev.godwit.activities.tables.verify.Layout.Which;
import dev.godwit.plan.Location;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** A table of a PostgreSQL database. The server computes the hashes; only rows that may differ travel. */
final class PostgresSide implements TableSide {
    /** Scans of a range of pages came with 14; before, each would read the whole table. */
    private static final int PAGE_RANGES = 14;
    private static final int FETCH = 500;

    private final ReadablePostgres database;
    private final Which which;
    private final LongStatement statements;
    private final Connection holder;
    private final PostgresTable table;
    private final String snapshot;
    private final String identity;
    private final long pages;
    private final long rows;

    PostgresSide(ReadablePostgres database, Which which, PreviewContext context) throws SQLException {
        this.database = database;
        this.which = which;
        this.statements = new LongStatement(database, context);
        this.holder = database.open();
        try {
            if (context instanceof RunContext run) {
                run.journal().checkToken();
                PostgresSessions.endEarlier(holder);
            }
            holder.setAutoCommit(false);
            holder.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            table = PostgresTable.require(holder, database.table());
            fixForms(holder);
            snapshot = text(holder, "SELECT pg_export_snapshot()");
            boolean inPages = holder.getMetaData().getDatabaseMajorVersion() >= PAGE_RANGES
                    && text(holder, "SELECT relkind IN ('r', 'm') FROM pg_class WHERE oid = " + table.oid())
                            .equals("t");
            pages = inPages
                    ? Long.parseLong(text(holder, "SELECT pg_relation_size(" + table.oid()
                            + ") / current_setting('block_size')::int"))
                    : 0;
            rows = table.rows() > 0 ? table.rows() : pages * 20;
            identity = database.address() + " " + table.oid() + " "
                    + text(holder, "SELECT pg_relation_filenode(" + table.oid() + ")");
        } catch (SQLException | RuntimeException e) {
            holder.close();
            throw e;
        }
    }

    @Override
    public Location location() {
        return database.location();
    }

    @Override
    public List<SideColumn> columns() {
        return table.columns().stream().map(SideColumn::of).toList();
    }

    @Override
    public List<String> primaryKey() {
        return table.primaryKey();
    }

    @Override
    public boolean foldsNames() {
        return false;
    }

    @Override
    public long estimatedRows() {
        return rows;
    }

    @Override
    public String identity() {
        return identity;
    }

    @Override
    public long partSize(long wanted) {
        return Math.max(1, pages * wanted / Math.max(1, rows));
    }

    @Override
    public int parts(long partSize) {
        return (int) Math.max(1, (pages + partSize - 1) / partSize);
    }

    @Override
    public void scan(Layout layout, long partSize, int part, BucketSums into) throws Exception {
        int buckets = into.counts().length;
        String range = parts(partSize) == 1
                ? ""
                : " WHERE ctid >= '(" + part * partSize + ",0)'" // The last part is open: pages may have been added.
                        + (part == parts(partSize) - 1 ? "" : " AND ctid < '(" + (part + 1) * partSize + ",0)'");
        String rows = " FROM " + table.name().sql() + " AS t" + range;
        // Of what a subquery gives the planner expects few groups, and hashes them; else it may sort all rows on disk.
        String sql = layout.key().isEmpty()
                ? "SELECT (h & " + (buckets - 1) + ")::int4, count(*), sum(h) FROM (SELECT " + rowHash(layout)
                        + " AS h" + rows + " OFFSET 0) AS r GROUP BY 1"
                : "SELECT b, count(*), sum(h) FROM (SELECT (" + keyHash(layout) + " & " + (buckets - 1)
                        + ")::int4 AS b, " + rowHash(layout) + " AS h" + rows + " OFFSET 0) AS r GROUP BY 1";
        try (Connection connection = session(); Statement statement = connection.createStatement()) {
            statements.run(connection, () -> {
                try (ResultSet found = statement.executeQuery(sql)) {
                    while (found.next()) {
                        into.add(found.getInt(1), found.getLong(2), low64(found.getBigDecimal(3)));
                    }
                }
                return null;
            });
            connection.rollback();
        }
    }

    @Override
    public Rows rows(Layout layout, Optional<BitSet> buckets, int count) throws Exception {
        String hash = layout.key().isEmpty() ? rowHash(layout) : keyHash(layout);
        String values = layout.columns()
                .stream()
                .map(column -> column.form().textSql(value(column))
                        + (column.form().shownOtherwise() ? ", " + value(column) + "::text" : ""))
                .collect(Collectors.joining(", "));
        String filter = buckets
                .map(wanted -> " WHERE (" + hash + " & " + (count - 1) + ")::int4 = ANY ('{"
                        + wanted.stream().mapToObj(Integer::toString).collect(Collectors.joining(",")) + "}'::int4[])")
                .orElse("");
        String sql = "SELECT " + hash + " AS h, " + values + " FROM " + table.name().sql() + " AS t" + filter
                + " ORDER BY 1";
        Statement statement = holder.createStatement();
        try {
            statement.setFetchSize(FETCH);
            ResultSet found = statements.run(holder, () -> statement.executeQuery(sql));
            return new Fetched(layout, statement, found);
        } catch (Exception e) {
            statement.close();
            throw e;
        }
    }

    @Override
    public ComparedRow read(Layout layout, ComparedRow row) throws SQLException {
        List<String> values = new ArrayList<>(row.values());
        try (Connection connection = database.open()) {
            connection.setAutoCommit(false);
            for (int i = 0; i < values.size(); i++) {
                Compared column = layout.columns().get(i);
                if (column.form() == ValueForm.OUTPUT && values.get(i) != null) {
                    values.set(i, read(connection, column.type(), values.get(i)));
                }
            }
        }
        return new ComparedRow(row.keyHash(), values, row.shown());
    }

    /** A type without its length or precision, which a cast would cut a value down to in silence. */
    static String limitless(String type) {
        return type.replaceFirst("^bit\\(\\d+\\)", "bit varying")
                .replaceFirst("^character\\(\\d+\\)", "bpchar")
                .replaceFirst("\\(\\d+(,-?\\d+)?\\)", "");
    }

    private static String read(Connection connection, String type, String value) throws SQLException {
        fixForms(connection);
        try (PreparedStatement statement = connection.prepareStatement("SELECT (?::" + limitless(type) + ")::text")) {
            statement.setObject(1, value, Types.OTHER); // Of no type, so that the type itself reads it.
            try (ResultSet found = statement.executeQuery()) {
                found.next();
                return found.getString(1);
            }
        } catch (SQLException e) {
            if (PostgresFailures.isOfTheValue(e)) {
                return value; // It is not of the type, so it is different.
            }
            throw e;
        } finally {
            connection.rollback();
        }
    }

    @Override
    public void close() throws SQLException {
        try (holder) {
            holder.rollback();
        }
    }

    /** Another session under the same snapshot. */
    private Connection session() throws SQLException {
        Connection connection = database.open();
        try (Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            statement.execute("SET TRANSACTION SNAPSHOT '" + snapshot + "'");
            fixForms(connection);
            // Threads of this worker scan in parallel; compiling pays off for no part.
            statement.execute("SET LOCAL enable_sort = off; SET LOCAL jit = off"
                    + (pages > 0 ? "; SET LOCAL max_parallel_workers_per_gather = 0" : ""));
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** What the session's own settings leave open of the forms of values, for this transaction. */
    private static void fixForms(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET LOCAL search_path = pg_catalog; SET LOCAL lc_monetary = 'C';"
                    + " SET LOCAL xmloption = 'content'; SET LOCAL quote_all_identifiers = off");
        }
    }

    private String rowHash(Layout layout) {
        return "hashint4extended(0, " + combined(layout.columns()) + ")";
    }

    private String keyHash(Layout layout) {
        return combined(layout.key().stream().map(layout.columns()::get).toList());
    }

    private String combined(List<Compared> columns) {
        return columns.stream()
                .map(column -> "coalesce(" + column.form().hashSql(value(column), column.seed()) + ", '"
                        + ValueForm.hashOfNull(column.seed()) + "'::int8)")
                .collect(Collectors.joining(" # ", "(", ")"));
    }

    private String value(Compared column) {
        return "t." + TableName.quoted(column.name(which));
    }

    private static long low64(BigDecimal sum) {
        return sum.toBigInteger().longValue();
    }

    private static String text(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet found = statement.executeQuery(sql)) {
            found.next();
            return found.getString(1);
        }
    }

    /** Rows as the server sends them, some hundred at a time. */
    private record Fetched(Layout layout, Statement statement, ResultSet found) implements Rows {
        @Override
        public Optional<ComparedRow> next() throws SQLException {
            if (!found.next()) {
                return Optional.empty();
            }
            int width = layout.columns().size();
            String[] values = new String[width];
            String[] shown = new String[width];
            int next = 2;
            for (int i = 0; i < width; i++) {
                ValueForm form = layout.columns().get(i).form();
                String text = found.getString(next++);
                values[i] = text == null ? null : form.canonical(text);
                shown[i] = form.shownOtherwise() ? found.getString(next++) : values[i];
            }
            return Optional.of(new ComparedRow(found.getLong(1), Arrays.asList(values), Arrays.asList(shown)));
        }

        @Override
        public void close() throws SQLException {
            statement.close();
        }
    }
}
