package dev.godwit.activities.tables.verify;

import dev.godwit.activities.database.SqliteTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.ReadableSqlite;
import dev.godwit.activities.tables.verify.Layout.Which;
import dev.godwit.activities.tables.verify.SideColumn.Family;
import dev.godwit.plan.Location;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepStopped;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.sqlite.core.Codes;
import org.sqlite.core.CoreStatement;
import org.sqlite.core.DB;

/** A table of an SQLite database: of a private copy, so that all rows are of one moment. The hashes are computed here. */
final class SqliteSide implements TableSide {
    private static final Map<String, Charset> CHARSETS = Map.of("UTF-8", StandardCharsets.UTF_8, "UTF-16le",
            StandardCharsets.UTF_16LE, "UTF-16be", StandardCharsets.UTF_16BE);
    private static final int ROWS_PER_LOOK = 4096;

    private final ReadableSqlite database;
    private final Which which;
    private final PreviewContext context;
    private final Connection connection;
    private final SqliteTable table;
    private final Path copy;
    private final Charset charset;
    private final long least;
    private final long span;
    private final long rows;

    /** Does something with the row at which a statement stands. */
    @FunctionalInterface
    private interface RowWork {
        void row(DB database, long statement) throws SQLException;
    }

    SqliteSide(ReadableSqlite database, Which which, PreviewContext context) throws Exception {
        this.database = database;
        this.which = which;
        this.context = context;
        this.connection = database.open();
        try {
            table = SqliteTable.require(connection, database.table());
            copy = Path.of(text("SELECT file FROM pragma_database_list WHERE name = 'main'"));
            charset = CHARSETS.get(text("PRAGMA encoding"));
            String from = " FROM " + TableName.quoted(table.name());
            Optional<String> rowid = table.rowid();
            least = rowid.isEmpty() ? 0 : number("SELECT min(" + rowid.get() + ")" + from);
            long greatest = rowid.isEmpty() ? 0 : number("SELECT max(" + rowid.get() + ")" + from);
            // Numbers that are further apart than a long can say are not cut into ranges.
            span = greatest - least < 0 || greatest - least == Long.MAX_VALUE ? 0 : greatest - least + 1;
            rows = rowid.isPresent() && span > 0 ? span : number("SELECT count(*)" + from);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public Location location() {
        return database.location();
    }

    @Override
    public List<SideColumn> columns() {
        return table.columns()
                .stream()
                .map(column -> new SideColumn(column.name(), Family.STORED, column.declared(), column.declared()))
                .toList();
    }

    @Override
    public List<String> primaryKey() {
        return table.primaryKey();
    }

    @Override
    public boolean foldsNames() {
        return true;
    }

    @Override
    public long estimatedRows() {
        return rows;
    }

    @Override
    public String identity() {
        return database.file() + " " + table.sql() + " " + least + " " + span;
    }

    @Override
    public long partSize(long wanted) {
        return wanted;
    }

    @Override
    public int parts(long partSize) {
        // Row numbers may be far apart: not more parts than there is work for.
        return table.rowid().isEmpty() || span == 0 ? 1 : Math.clamp(span / Math.max(1, partSize) + 1, 1, 4096);
    }

    @Override
    public void scan(Layout layout, long partSize, int part, BucketSums into) throws Exception {
        int mask = into.counts().length - 1;
        SqliteValues values = new SqliteValues(layout, charset);
        boolean keyed = !layout.key().isEmpty();
        try (Connection own = DriverManager.getConnection("jdbc:sqlite:" + copy)) {
            read(own, layout, range(part, parts(partSize)), (db, statement) -> {
                long row = values.rowHash(db, statement);
                long key = keyed ? values.keyHash(db, statement) : row;
                into.add((int) key & mask, 1, row);
            });
        }
    }

    @Override
    public Rows rows(Layout layout, Optional<BitSet> buckets, int count) throws Exception {
        SqliteValues values = new SqliteValues(layout, charset);
        SortedRows sorted = new SortedRows(Files.createTempFile(context.scratch(), "rows", ".db"));
        try {
            read(connection, layout, "", (db, statement) -> {
                long key = values.keyHash(db, statement);
                if (buckets.isEmpty() || buckets.get().get((int) key & count - 1)) {
                    sorted.add(values.row(db, statement));
                }
            });
            return sorted.sort();
        } catch (Exception e) {
            sorted.close();
            throw e;
        }
    }

    @Override
    public ComparedRow read(Layout layout, ComparedRow row) {
        return row;
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }

    private void read(Connection from, Layout layout, String condition, RowWork work) throws SQLException {
        String names = layout.columns()
                .stream()
                .map(column -> TableName.quoted(column.name(which)))
                .collect(Collectors.joining(", "));
        try (Statement statement = from
                .prepareStatement("SELECT " + names + " FROM " + TableName.quoted(table.name()) + condition)) {
            CoreStatement core = statement.unwrap(CoreStatement.class);
            DB db = core.getDatabase();
            core.pointer.safeRunConsume((same, pointer) -> {
                int result = db.step(pointer);
                for (int row = 1; result == Codes.SQLITE_ROW; row++) {
                    work.row(db, pointer);
                    if (row % ROWS_PER_LOOK == 0) {
                        look();
                    }
                    result = db.step(pointer);
                }
                if (result != Codes.SQLITE_DONE) {
                    db.throwex(result);
                }
            });
        }
    }

    private void look() {
        if (Thread.currentThread().isInterrupted()) {
            throw new StepStopped("interrupted");
        }
        context.checkpoint();
    }

    private String range(int part, int parts) {
        if (parts == 1) {
            return "";
        }
        long size = span / parts;
        String rowid = table.rowid().orElseThrow();
        String from = " WHERE " + rowid + " >= " + (least + size * part);
        return part == parts - 1 ? from : from + " AND " + rowid + " < " + (least + size * (part + 1));
    }

    private String text(String query) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet found = statement.executeQuery(query)) {
            found.next();
            return found.getString(1);
        }
    }

    private long number(String query) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet found = statement.executeQuery(query)) {
            found.next();
            return found.getLong(1);
        }
    }
}
