package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresFailures;
import dev.godwit.activities.database.PostgresJournal;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.SqliteTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.activities.resource.ReadableSqlite;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.plan.Location;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Copies the tables of an SQLite database to PostgreSQL, all as of one moment: the rows of every table are read and checked
 * before the first is written, then each table is made and filled as {@link SpoolLoad} does it, and the foreign keys come
 * when all tables are there.
 */
final class SqliteDatabaseCopy {
    private static final int SHOWN = 50;
    private static final String TABLES = "SELECT name, type FROM pragma_table_list WHERE schema = 'main'"
            + " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'godwit_journal' ORDER BY name";
    private static final String TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name";

    private final CopyDatabase.Spec spec;
    private final ReadableSqlite from;
    private final String schema;

    SqliteDatabaseCopy(CopyDatabase.Spec spec, ReadableSqlite from) {
        if (spec.schemas().size() != 1) {
            throw StepFailure.user("schemas-many", CopyDatabase.USES + ": " + spec.from() + " is a database of SQLite,"
                    + " whose tables have no schemas; name under 'schemas' the one schema that they are to get");
        }
        this.spec = spec;
        this.from = from;
        this.schema = spec.schemas().getFirst();
    }

    /** A table of the source with what is done about it. */
    private record Planned(CopyTable.Spec spec, RowSource source, LoadPlan plan) {}

    /** What was decided by looking at both sides. */
    private record Plans(List<Planned> tables, List<String> leftOut) {
        int made() {
            return (int) tables.stream().filter(table -> !table.plan().create().isEmpty()).count();
        }

        int indexes() {
            return tables.stream().mapToInt(table -> table.plan().after().size()).sum();
        }

        long total() throws SQLException {
            long total = 0;
            for (Planned table : tables) {
                total += table.source().rows();
            }
            return total;
        }
    }

    /**
     * What was read, as the journal has it.
     *
     * @param indexes how many keys and indexes follow
     */
    private record Reads(List<SpooledToPostgres.Read> tables, int indexes, List<String> leftOut) {
        long rows() {
            return tables.stream().mapToLong(SpooledToPostgres.Read::rows).sum();
        }
    }

    Preview<CopyDatabase.Output> preview(PreviewContext context, ReadablePostgres to) throws Exception {
        try (Connection source = from.open()) {
            Plans plans = plan(context, source, to);
            AtomicLong rows = new AtomicLong();
            long total = plans.total();
            List<String> changes = new ArrayList<>();
            for (Planned table : plans.tables()) {
                long before = rows.get();
                table.source().read(table.plan(), 1, (part, count, buffer) -> {
                    context.checkpoint();
                    context.progress(rows.addAndGet(count), total, "rows checked");
                });
                changes.addAll(table.plan().create());
                changes.add("insert " + (rows.get() - before) + " rows into " + table.plan().table());
                changes.addAll(table.plan().after());
                changes.addAll(table.plan().foreignKeys());
            }
            plans.leftOut().forEach(left -> changes.add("leave out " + left));
            Preview<CopyDatabase.Output> preview = Preview.of(new CopyDatabase.Output(plans.tables().size(),
                    plans.made(), rows.get(), plans.indexes(), 0, 1, 0, shown(plans.leftOut())));
            for (String change : changes) {
                preview = preview.change(change);
            }
            return preview;
        } catch (SQLException e) {
            throw failure(e);
        } catch (StepFailure failure) {
            throw said(failure);
        }
    }

    CopyDatabase.Output run(RunContext context, WritablePostgres to) throws Exception {
        long began = System.nanoTime();
        try {
            Optional<Reads> kept = context.journal().read(SpooledCopy.READ, Reads.class);
            Reads reads = kept.isPresent() ? kept.get() : spooled(context, to);
            if (kept.isEmpty()) {
                context.journal().write(SpooledCopy.READ, reads);
            }
            int made = load(context, to, reads);
            SpooledCopy.removeSpools(context);
            context.evidence().json("left-out", reads.leftOut());
            return new CopyDatabase.Output(reads.tables().size(), made, reads.rows(), reads.indexes(),
                    (System.nanoTime() - began) / 1e9, 1, 0, shown(reads.leftOut()));
        } catch (SQLException e) {
            context.journal().checkToken();
            throw failure(e);
        } catch (StepFailure failure) {
            throw said(failure);
        }
    }

    private Plans plan(PreviewContext context, Connection source, ReadablePostgres to) throws Exception {
        List<String> leftOut = new ArrayList<>();
        List<SqliteTable> wanted = wanted(source, leftOut);
        List<String> names = wanted.stream().map(SqliteTable::name).toList();
        List<Planned> tables = new ArrayList<>();
        try (Connection target = to.open()) {
            target.setAutoCommit(false);
            PostgresTarget.withFullNames(target);
            boolean begun = PostgresJournal.begun(target, context.identity()); // The rows are its own, then.
            for (SqliteTable table : wanted) {
                context.checkpoint();
                TargetColumns.requireShort(List.of(table.name()));
                TableName name = new TableName(Optional.of(schema), table.name());
                Optional<PostgresTable> found = PostgresTable.find(target, name);
                if (!begun) {
                    PostgresTarget.refuse(target, name, found, spec.schema(), spec.existing());
                }
                CopyTable.Spec copied = copied(table.name());
                RowSource rows = new SqliteRowSource(copied, source, table);
                LoadPlan plan = rows.plan(name, found, other -> names.contains(other) || exists(target, other));
                plan.leftOut().forEach(left -> leftOut.add(left + " of " + name));
                tables.add(new Planned(copied, rows, plan));
            }
        }
        return new Plans(tables, leftOut);
    }

    private List<SqliteTable> wanted(Connection source, List<String> leftOut) throws SQLException {
        List<SqliteTable> wanted = new ArrayList<>();
        try (Statement statement = source.createStatement()) {
            List<String> names = new ArrayList<>();
            try (ResultSet found = statement.executeQuery(TABLES)) {
                while (found.next()) {
                    String name = found.getString("name");
                    if (!spec.wants(new TableName(Optional.of(schema), name))) {
                        continue;
                    }
                    String type = found.getString("type");
                    if (type.equals("table")) {
                        names.add(name);
                    } else if (!type.equals("shadow")) { // Those belong to a virtual one.
                        leftOut.add((type.equals("virtual") ? "virtual table " : "view ") + name);
                    }
                }
            }
            for (String name : names) {
                wanted.add(SqliteTable.require(source, name));
            }
            try (ResultSet found = statement.executeQuery(TRIGGERS)) {
                while (found.next()) {
                    leftOut.add("trigger " + found.getString("name"));
                }
            }
        }
        return wanted;
    }

    private Reads spooled(RunContext context, WritablePostgres to) throws Exception {
        SpooledCopy.removeSpools(context);
        // An earlier attempt that is still at work must not write into the same files.
        Path directory = Files.createDirectory(context.workspace().resolve(SpooledCopy.DIRECTORY + context.token()));
        try (Connection source = from.open()) {
            Plans plans = plan(context, source, to);
            AtomicLong rows = new AtomicLong();
            long total = plans.total();
            List<SpooledToPostgres.Read> reads = new ArrayList<>();
            for (Planned table : plans.tables()) {
                Path spooled = Files.createDirectory(directory.resolve("table-" + reads.size()));
                RowSpool spool = new RowSpool(spooled);
                List<Long> parts = spool.fill(spec.jobs(),
                        sink -> table.source().read(table.plan(), spec.jobs(), (part, count, buffer) -> {
                            context.checkpoint();
                            sink.take(part, count, buffer);
                            context.progress(rows.addAndGet(count), total, "rows checked");
                        }));
                if (table.plan().staged()) {
                    new StagedRows(table.plan()).check(table.spec(), context, to, spool, parts.size());
                }
                reads.add(new SpooledToPostgres.Read(table.plan(),
                        context.workspace().relativize(spooled).toString(), parts, table.source().quarantined()));
            }
            return new Reads(reads, plans.indexes(), plans.leftOut());
        } catch (Exception e) {
            new RowSpool(directory).delete();
            throw e;
        }
    }

    private int load(RunContext context, WritablePostgres to, Reads reads) throws Exception {
        PostgresTarget target = new PostgresTarget(context, to);
        SpoolLoad.Written written = new SpoolLoad.Written(reads.rows());
        List<SpoolLoad> loads = new ArrayList<>();
        for (SpooledToPostgres.Read read : reads.tables()) {
            RowSpool spool = new RowSpool(context.workspace().resolve(read.directory()));
            loads.add(new SpoolLoad(copied(read.plan().table().name()), context, to, read, spool,
                    read.plan().table().sql() + " ", written));
        }
        try (Connection connection = to.openForWriting()) {
            target.begin(connection);
            makeSchema(connection, target);
        }
        List<TableName> made = new ArrayList<>();
        for (int i = 0; i < loads.size(); i++) {
            if (loads.get(i).rows()) {
                made.add(reads.tables().get(i).plan().table());
            }
        }
        for (SpoolLoad load : loads) {
            load.after();
        }
        for (SpoolLoad load : loads) {
            load.connect();
        }
        new TableFinish(context, to, target, spec.indexJobs()).analyze(made);
        return made.size();
    }

    private void makeSchema(Connection connection, PostgresTarget target) throws SQLException {
        String name = TableName.quoted(schema);
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT to_regnamespace('" + name.replace("'", "''")
                        + "') IS NOT NULL")) {
            found.next();
            if (found.getBoolean(1)) {
                return;
            }
        }
        target.make(connection, true, 0,
                new DatabaseObject("schema " + schema, "CREATE SCHEMA " + name, "DROP SCHEMA IF EXISTS " + name));
    }

    /** How one of the tables is copied. */
    private CopyTable.Spec copied(String table) {
        return new CopyTable.Spec(at(spec.from(), table), at(spec.to(), table), List.of(), Map.of(), spec.schema(),
                spec.existing(), spec.batch(), spec.jobs(), spec.rate(), spec.gate(), Optional.empty());
    }

    /** For messages; a name that no location can have is left out. */
    private static Location at(Location database, String table) {
        return table.matches("(?s)[/~].*|(.*/)?\\.\\.(/.*)?") ? database : new Location(database.resource(), table);
    }

    private boolean exists(Connection target, String table) {
        try {
            return PostgresTable.find(target, new TableName(Optional.of(schema), table)).isPresent();
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private StepFailure failure(SQLException thrown) {
        return PostgresFailures.translate(CopyDatabase.USES + ": " + spec.to(), thrown);
    }

    /** Not by the step that copies one table. */
    private static StepFailure said(StepFailure failure) {
        String prefix = CopyTable.USES + ": ";
        return failure.getMessage().startsWith(prefix)
                ? failure.saying(failure.getMessage().substring(prefix.length())).causedBy(failure)
                : failure;
    }

    private static List<String> shown(List<String> leftOut) {
        return leftOut.stream().limit(SHOWN).toList();
    }
}
