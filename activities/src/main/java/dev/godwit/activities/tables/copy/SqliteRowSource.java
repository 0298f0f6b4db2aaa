package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.SqliteTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.ReadableSqlite;
import dev.godwit.activities.tables.copy.RowEncoder.UnfitRowException;
import dev.godwit.activities.tables.values.TypeMapping.StorageClass;
import dev.godwit.activities.tables.values.TypeMapping;
import dev.godwit.step.StepFailure;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The rows of a table, or a view, of SQLite: of a private copy, so that all are of one moment. */
final class SqliteRowSource implements RowSource {
    /** Ranges for each thread: row numbers may have gaps, and none should wait for the other. */
    private static final int RANGES = 8;
    private static final Map<String, Charset> CHARSETS = Map.of("UTF-8", StandardCharsets.UTF_8, "UTF-16le",
            StandardCharsets.UTF_16LE, "UTF-16be", StandardCharsets.UTF_16BE);

    private final CopyTable.Spec spec;
    private final Path file;
    private final Connection connection;
    private final SqliteTable table;
    private final Charset charset;

    /**
     * A table of a private copy that is open already.
     *
     * @param connection is closed with this
     */
    SqliteRowSource(CopyTable.Spec spec, Connection connection, SqliteTable table) throws SQLException {
        this.spec = spec;
        this.connection = connection;
        this.table = table;
        this.file = Path.of(text("SELECT file FROM pragma_database_list WHERE name = 'main'"));
        this.charset = CHARSETS.get(text("PRAGMA encoding"));
    }

    /** Takes the private copy. */
    static SqliteRowSource open(CopyTable.Spec spec, ReadableSqlite database) throws Exception {
        Connection connection = database.open();
        try {
            return new SqliteRowSource(spec, connection, SqliteTable.require(connection, database.table()));
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public LoadPlan plan(TableName name, Optional<PostgresTable> found, Predicate<String> inTarget)
            throws SQLException {
        List<String> selected = TargetColumns.selected(spec,
                table.columns().stream().map(SqliteTable.Column::name).toList());
        Set<String> required = new HashSet<>();
        for (SqliteTable.Column column : table.columns()) {
            if (column.required() || column.keyPosition() > 0) {
                required.add(column.name());
            }
        }
        if (found.isPresent()) {
            List<LoadPlan.Column> columns = TargetColumns.in(found.get(), selected, Set.of(), spec);
            return TargetColumns.loadInto(found.get(), columns);
        }
        TargetColumns.requireShort(selected);
        List<LoadPlan.Column> columns = new ArrayList<>();
        for (String column : selected) {
            columns.add(new LoadPlan.Column(column, column, type(column), required.contains(column)));
        }
        return new PostgresDefinition(table, name, columns).plan(inTarget);
    }

    private String type(String name) throws SQLException {
        String wanted = spec.types().get(name);
        if (wanted != null) {
            return TypeMapping.canonical(wanted);
        }
        SqliteTable.Column column = table.columns()
                .stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
        Optional<String> declared = TypeMapping.byDeclaration(column.declared());
        if (declared.isPresent()) {
            return declared.get();
        }
        Set<StorageClass> found = storageClasses(name);
        return TypeMapping.byValues(found)
                .orElseThrow(() -> StepFailure.user("type-mixed",
                        CopyTable.USES + ": the column " + name + " of " + spec.from()
                                + " holds values of several kinds ("
                                + found.stream().map(Enum::name).collect(Collectors.joining(", "))
                                + ") and declares no type that says which; give it one by 'types: {" + name
                                + ": ...}'"));
    }

    private Set<StorageClass> storageClasses(String column) throws SQLException {
        String quoted = TableName.quoted(column);
        String sums = Stream.of(StorageClass.values())
                .map(each -> "max(typeof(" + quoted + ") = '" + each.name().toLowerCase(Locale.ROOT) + "')")
                .collect(Collectors.joining(", "));
        Set<StorageClass> found = EnumSet.noneOf(StorageClass.class);
        try (Statement statement = connection.createStatement();
                ResultSet result = statement
                        .executeQuery("SELECT " + sums + " FROM " + TableName.quoted(table.name()))) {
            result.next();
            for (StorageClass each : StorageClass.values()) {
                if (result.getBoolean(each.ordinal() + 1)) {
                    found.add(each);
                }
            }
        }
        return found;
    }

    /** By the row numbers: counting would read the whole table. */
    @Override
    public long rows() throws SQLException {
        if (table.rowid().isEmpty()) {
            return 0;
        }
        String rowid = table.rowid().get();
        String from = " FROM " + TableName.quoted(table.name());
        String least = text("SELECT min(" + rowid + ")" + from);
        String greatest = text("SELECT max(" + rowid + ")" + from);
        return least == null ? 0 : (long) Math.min(1e15, Double.parseDouble(greatest) - Double.parseDouble(least) + 1);
    }

    @Override
    public void read(LoadPlan plan, int parts, Sink sink) throws Exception {
        Queue<String> conditions = new ConcurrentLinkedQueue<>(ranges(parts));
        String columns = Stream
                .concat(plan.columns().stream().map(column -> TableName.quoted(column.source())),
                        table.rowNames().stream())
                .collect(Collectors.joining(", "));
        String query = "SELECT " + columns + " FROM " + TableName.quoted(table.name());
        List<Together.Work> readers = new ArrayList<>();
        for (int part = 0; part < Math.min(parts, conditions.size()); part++) {
            int number = part;
            readers.add(
                    () -> readPart(query, conditions, plan, (rows, buffer) -> sink.take(number, rows, buffer)));
        }
        new Together().run(readers.size(), readers);
    }

    private void readPart(String query, Queue<String> conditions, LoadPlan plan, RowEncoder.Chunks chunks)
            throws Exception {
        RowEncoder encoder = new RowEncoder(plan.targets(), charset);
        try (Connection own = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            for (String condition = conditions.poll(); condition != null; condition = conditions.poll()) {
                encoder.encode(own, query + condition, spec.batch(), chunks);
            }
        } catch (UnfitRowException e) {
            throw unfit(e);
        }
    }

    private StepFailure unfit(UnfitRowException e) {
        String row = e.rowNames().isEmpty() ? "a row without a key" : "the row " + String.join(", ", e.rowNames());
        return StepFailure.user("value-unfit", CopyTable.USES + ": " + spec.from() + ", column " + e.target().column()
                + " of " + row + ": " + e.getMessage() + "; nothing was written. Mend the value, or give the column"
                + " another type, such as 'types: {" + e.target().column() + ": text}'").causedBy(e);
    }

    private List<String> ranges(int parts) throws SQLException {
        if (table.rowid().isEmpty() || parts == 1) {
            return List.of("");
        }
        String rowid = table.rowid().get();
        String from = " FROM " + TableName.quoted(table.name());
        String first = text("SELECT min(" + rowid + ")" + from);
        if (first == null) {
            return List.of("");
        }
        long least = Long.parseLong(first);
        long greatest = Long.parseLong(text("SELECT max(" + rowid + ")" + from));
        int count = parts * RANGES;
        // In doubles, since the difference may be more than a long holds; the last range has no end.
        double width = ((double) greatest - (double) least + 1) / count;
        if (width < 1) {
            return List.of("");
        }
        List<String> conditions = new ArrayList<>();
        String above = "";
        for (int i = 1; i < count; i++) {
            long bound = (long) (least + width * i);
            conditions.add(" WHERE " + above + rowid + " < " + bound);
            above = rowid + " >= " + bound + " AND ";
        }
        conditions.add(" WHERE " + above.replaceFirst(" AND $", ""));
        return conditions;
    }

    private String text(String query) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(query)) {
            result.next();
            return result.getString(1);
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
