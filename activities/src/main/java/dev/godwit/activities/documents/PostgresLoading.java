package dev.godwit.activities.documents;

import dev.godwit.activities.database.ForeignRows;
import dev.godwit.activities.database.PostgresFailures;
import dev.godwit.activities.database.PostgresJournal;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.ReferringRows;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.PostgresKind;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.activities.tables.copy.PostgresTarget;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.List;
import java.util.stream.Collectors;

/** Loads documents into PostgreSQL, and takes that back. */
final class PostgresLoading {
    private static final String USES = LoadDocuments.USES;

    private PostgresLoading() {}

    static LoadCursor preview(LoadDocuments.Spec spec, PreviewContext context, DocumentLoad load) throws Exception {
        ReadablePostgres database = context.reading(PostgresKind.class, spec.to());
        try (Connection connection = database.open()) {
            return load.into(new PostgresLookup(connection, database.table(), spec,
                    new PostgresJournal(context.identity(), 0)),
                    context.scratch().resolve("keys.db"), () -> {});
        } catch (SQLException e) {
            throw PostgresFailures.translate(USES + ": " + spec.to(), e);
        }
    }

    static LoadCursor run(LoadDocuments.Spec spec, RunContext context, DocumentLoad load, Path keys)
            throws Exception {
        WritablePostgres database = context.writing(PostgresKind.class, spec.to());
        try (Connection connection = database.openForWriting()) {
            return load.into(new PostgresLoad(context, USES, connection, new PostgresTarget(context, database),
                    database.table(), spec.tableColumns(), spec.key(), spec.existing()), keys, context::advanced);
        } catch (SQLException e) {
            context.journal().checkToken();
            throw PostgresFailures.translate(USES + ": " + spec.to(), e);
        }
    }

    static void undo(LoadDocuments.Spec spec, RunContext context) throws Exception {
        WritablePostgres database = context.writing(PostgresKind.class, spec.to());
        PostgresTarget target = new PostgresTarget(context, database);
        try (Connection connection = database.openForWriting()) {
            if (!target.journal().begun(connection)) {
                return;
            }
            target.journal().begin(connection);
            for (PostgresTarget.Prepared prepared : target.prepared(connection).values()) {
                putBackReplaced(spec, context, target, connection, prepared);
            }
            target.undo();
        } catch (SQLException e) {
            throw PostgresFailures.translate(USES + ": " + spec.to(), e);
        }
    }

    static void forget(LoadDocuments.Spec spec, RunContext context) throws Exception {
        WritablePostgres database = context.writing(PostgresKind.class, spec.to());
        PostgresTarget target = new PostgresTarget(context, database);
        try (Connection connection = database.openForWriting()) {
            if (target.journal().begun(connection)) {
                for (PostgresTarget.Prepared prepared : target.prepared(connection).values()) {
                    PostgresLoad.execute(connection, "DROP TABLE IF EXISTS " + PostgresMerge.kept(context, prepared));
                }
            }
            target.forget();
        } catch (SQLException e) {
            throw PostgresFailures.translate(USES + ": " + spec.to(), e);
        }
    }

    /** The originals come back; what others have made of them since is set aside. */
    private static void putBackReplaced(LoadDocuments.Spec spec, RunContext context, PostgresTarget target,
            Connection connection, PostgresTarget.Prepared prepared) throws Exception {
        String kept = PostgresMerge.kept(context, prepared);
        if (!exists(connection, kept)) {
            return;
        }
        connection.setAutoCommit(false);
        try {
            if (exists(connection, prepared.name())) {
                PostgresLoad.execute(connection, "LOCK TABLE " + prepared.name() + " IN ACCESS EXCLUSIVE MODE");
                String same = spec.key()
                        .stream()
                        .map(TableName::quoted)
                        .map(name -> "now." + name + " = kept." + name)
                        .collect(Collectors.joining(" AND "));
                setAside(context, target, connection, prepared, "EXISTS (SELECT 1 FROM " + kept + " AS kept WHERE "
                        + same + ")");
                PostgresTable table = PostgresTable.require(connection, TableName.parse(prepared.name()));
                putBackValues(spec, connection, table, kept, same);
                String columns = PostgresLoad.quoted(
                        table.writableColumns().stream().map(PostgresTable.Column::name).toList());
                PostgresLoad.execute(connection, "INSERT INTO " + prepared.name() + " (" + columns
                        + ") OVERRIDING SYSTEM VALUE SELECT " + columns + " FROM " + kept
                        + " AS kept WHERE NOT EXISTS (SELECT 1 FROM " + prepared.name() + " AS now WHERE " + same
                        + ")");
            }
            PostgresLoad.execute(connection, "DROP TABLE " + kept);
            target.journal().checkToken(connection);
            connection.commit();
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    /** Rows that are still there get their values back where they are: rows of other tables may refer to them. */
    private static void putBackValues(LoadDocuments.Spec spec, Connection connection, PostgresTable table, String kept,
            String same) throws SQLException {
        String values = table.writableColumns()
                .stream()
                .filter(column -> !spec.key().contains(column.name()) && !column.identity().equals("a"))
                .map(column -> TableName.quoted(column.name()))
                .map(name -> name + " = kept." + name)
                .collect(Collectors.joining(", "));
        Savepoint before = connection.setSavepoint();
        try {
            PostgresLoad.execute(connection, "UPDATE " + table.name().sql() + " AS now SET " + values + " FROM " + kept
                    + " AS kept WHERE " + same);
        } catch (SQLException e) {
            if (!PostgresLoad.UNIQUE_VIOLATION.equals(e.getSQLState())) {
                throw e;
            }
            // One has the value that another had before, so that they have to go all at once.
            connection.rollback(before);
            String key = "(" + PostgresLoad.quoted(spec.key()) + ")";
            String replaced = key + " IN (SELECT " + PostgresLoad.quoted(spec.key()) + " FROM " + kept + ")";
            ReferringRows.to(connection, table.name()).refuse(replaced);
            PostgresLoad.execute(connection, "DELETE FROM " + table.name().sql() + " WHERE " + replaced);
        }
    }

    private static void setAside(RunContext context, PostgresTarget target, Connection connection,
            PostgresTarget.Prepared prepared, String replaced) throws Exception {
        List<String> own = target.journal().ownTransactions(connection);
        String foreign = "FROM " + prepared.name() + " AS now WHERE " + replaced + (own.isEmpty()
                ? ""
                : own.stream()
                        .map(id -> "'" + id + "'::xid")
                        .collect(Collectors.joining(", ", " AND xmin NOT IN (", ")")));
        ForeignRows.setAside(connection, context, "now.*", foreign, TableName.parse(prepared.name()), ".replaced.csv",
                "rows of " + prepared.name() + " that others have changed since");
    }

    private static boolean exists(Connection connection, String table) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT to_regclass(?) IS NOT NULL")) {
            statement.setString(1, table);
            try (ResultSet found = statement.executeQuery()) {
                return found.next() && found.getBoolean(1);
            }
        }
    }
}
