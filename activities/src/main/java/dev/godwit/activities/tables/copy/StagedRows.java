package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresFailures;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.activities.tables.values.ServerCodec;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Optional;
import java.util.stream.Collectors;
import org.postgresql.copy.CopyIn;

/**
 * A temporary table for rows with values that only the server can read. They come into it as text and are cast on their way
 * into the table; before the first row is written, all go through it once, to see whether they can be.
 */
final class StagedRows {
    private static final String NAME = "pg_temp.godwit_staged";
    private static final String NUMBER = "godwit_number";

    private final LoadPlan plan;

    StagedRows(LoadPlan plan) {
        this.plan = plan;
    }

    /** Makes the table in a session, and answers its name. Its rows go with each transaction. */
    String make(Connection connection) throws SQLException {
        String columns = plan.columns()
                .stream()
                .map(column -> TableName.quoted(column.name()) + " " + column.codec().written())
                .collect(Collectors.joining(", "));
        execute(connection, "DROP TABLE IF EXISTS " + NAME);
        execute(connection, "CREATE TEMPORARY TABLE godwit_staged (" + columns + ", " + NUMBER
                + " bigint GENERATED ALWAYS AS IDENTITY) ON COMMIT DELETE ROWS");
        connection.commit();
        return NAME;
    }

    void moveInto(Connection connection, String table) throws SQLException {
        PostgresRowSource.fixForms(connection);
        String names = plan.columns()
                .stream()
                .map(column -> TableName.quoted(column.name()))
                .collect(Collectors.joining(", "));
        String values = plan.columns().stream().map(StagedRows::value).collect(Collectors.joining(", "));
        execute(connection, "INSERT INTO " + table + " (" + names + ") OVERRIDING SYSTEM VALUE SELECT " + values
                + " FROM " + NAME + " ORDER BY " + NUMBER);
    }

    private static String value(LoadPlan.Column column) {
        String name = TableName.quoted(column.name());
        return column.codec() instanceof ServerCodec codec ? codec.cast(name) : name;
    }

    /** Sends all rows through the server's reading, and writes none. */
    void check(CopyTable.Spec spec, RunContext context, WritablePostgres to, RowSpool spool, int parts)
            throws Exception {
        try (Connection connection = to.openForWriting()) {
            connection.setAutoCommit(false);
            try {
                String name = make(connection);
                for (int part = 0; part < parts; part++) {
                    try (RowSpool.Reader chunks = spool.read(part, 0)) {
                        while (chunks.next()) {
                            context.checkpoint();
                            CopyIn copy = SpoolLoad.begin(connection, name, plan);
                            try {
                                copy.writeToCopy(chunks.bytes(), 0, chunks.length());
                                SpoolLoad.end(copy);
                            } finally {
                                if (copy.isActive()) {
                                    copy.cancelCopy();
                                }
                            }
                            PostgresRowSource.fixForms(connection);
                            requireKept(connection, spec);
                            connection.commit();
                        }
                    }
                }
                execute(connection, "DROP TABLE " + NAME);
                connection.commit();
            } finally {
                connection.rollback();
                connection.setAutoCommit(true);
            }
        }
    }

    private void requireKept(Connection connection, CopyTable.Spec spec) throws SQLException {
        for (LoadPlan.Column column : plan.columns()) {
            if (!(column.codec() instanceof ServerCodec codec)) {
                continue;
            }
            String kept = codec.kept(TableName.quoted(column.name()));
            long[] range = bounds(connection);
            Optional<String> wrong = wrong(connection, column, kept, range[0], range[1]);
            while (wrong.isPresent() && range[1] - range[0] > 1) {
                long middle = (range[0] + range[1]) >>> 1;
                Optional<String> left = wrong(connection, column, kept, range[0], middle);
                range = left.isPresent() ? new long[]{range[0], middle} : new long[]{middle, range[1]};
                wrong = wrong(connection, column, kept, range[0], range[1]);
            }
            if (wrong.isPresent()) {
                throw StepFailure.user("value-unfit", CopyTable.USES + ": " + spec.from() + ", column "
                        + column.source() + " of the row " + row(connection, range[0]) + ": "
                        + wrong.get() + "; nothing was written. Mend the value, or give the column another type");
            }
        }
    }

    /** What is wrong with a column in some of the rows. */
    private static Optional<String> wrong(Connection connection, LoadPlan.Column column, String kept, long from,
            long to) throws SQLException {
        Savepoint before = connection.setSavepoint();
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT " + TableName.quoted(column.name()) + " FROM " + NAME
                        + " WHERE " + NUMBER + " >= " + from + " AND " + NUMBER + " < " + to + " AND "
                        + TableName.quoted(column.name()) + " IS NOT NULL AND NOT (" + kept
                        + ") LIMIT 1")) {
            return found.next()
                    ? Optional.of("the text '" + found.getString(1) + "' is not kept exactly by " + column.type())
                    : Optional.empty();
        } catch (SQLException e) {
            connection.rollback(before);
            if (PostgresFailures.isOfTheValue(e)) {
                return Optional.of(PostgresFailures.shown(e));
            }
            throw e;
        }
    }

    private static long[] bounds(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement
                        .executeQuery("SELECT min(" + NUMBER + "), max(" + NUMBER + ") + 1 FROM " + NAME)) {
            found.next();
            return new long[]{found.getLong(1), found.getLong(2)};
        }
    }

    /** A row for people: its first columns. */
    private String row(Connection connection, long number) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement
                        .executeQuery("SELECT * FROM " + NAME + " WHERE " + NUMBER + " = " + number)) {
            found.next();
            String value = String.valueOf(found.getString(1));
            return plan.columns().get(0).source() + " = "
                    + (value.length() > 60 ? value.substring(0, 57) + "..." : value);
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
