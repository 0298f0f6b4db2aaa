package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.ForeignRows;
import dev.godwit.activities.database.LongStatement;
import dev.godwit.activities.database.PostgresJournal;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The PostgreSQL database that tables are copied to: makes tables, remembers which it made and which rows are the step's, and
 * takes both back. Every transaction that writes rows ends with {@link #commit}.
 */
public final class PostgresTarget {
    private static final String TABLE = "table ";
    private static final String DONE = "done ";
    private static final String BEFORE_TABLES = "object before ";
    private static final String AFTER_TABLES = "object later ";

    private final RunContext context;
    private final WritablePostgres database;
    private final PostgresJournal journal;
    private final LongStatement statements;

    /**
     * What became of a target table before rows came.
     *
     * @param name the table as SQL writes it
     * @param oid its object identifier
     * @param made whether this step made it
     * @param kept where the rows are that it held, as SQL writes it, if they are to be put back by the undo
     */
    public record Prepared(String name, long oid, boolean made, Optional<String> kept) {}

    public PostgresTarget(RunContext context, WritablePostgres database) {
        this.context = context;
        this.database = database;
        this.journal = new PostgresJournal(context);
        this.statements = new LongStatement(database, context);
    }

    public PostgresJournal journal() {
        return journal;
    }

    /** Begins this attempt: no earlier one commits anything after that. */
    public void begin() throws SQLException {
        try (Connection connection = database.openForWriting()) {
            begin(connection);
        }
    }

    /** Begins this attempt: no earlier one commits anything after that. The session is in auto-commit mode. */
    void begin(Connection connection) throws SQLException {
        journal.begin(connection);
    }

    /**
     * Makes a table, or takes the one that is there, once for all attempts.
     *
     * @param connection in auto-commit mode; of no further use if this throws
     * @param name the table, with its schema
     */
    public Prepared prepare(Connection connection, TableName name, TargetSchema schema, ExistingRows existing,
            Definition definition) throws SQLException {
        Optional<Prepared> before = journal.cursor(connection, TABLE + name.sql(), Prepared.class);
        if (before.isPresent()) {
            return before.get();
        }
        connection.setAutoCommit(false);
        try {
            withFullNames(connection);
            Optional<PostgresTable> found = PostgresTable.find(connection, name);
            refuse(connection, name, found, schema, existing);
            Prepared prepared;
            if (found.isPresent()) {
                definition.check(found.get());
                // To keep and to remove the rows of a big table takes longer than a heartbeat may be silent.
                prepared = atLength(connection, () -> taken(connection, found.get(), existing));
            } else {
                for (String statement : definition.statements()) {
                    execute(connection, statement);
                }
                PostgresTable table = PostgresTable.require(connection, name);
                definition.check(table);
                prepared = new Prepared(table.name().sql(), table.oid(), true, Optional.empty());
            }
            journal.advance(connection, TABLE + name.sql(), prepared);
            connection.commit();
            connection.setAutoCommit(true);
            return prepared;
        } catch (Exception | Error e) {
            connection.abort(Runnable::run);
            throw e;
        }
    }

    /**
     * Makes something that is no table, once for all attempts.
     *
     * @param connection in auto-commit mode
     * @param beforeTables whether tables may need it; else it may need tables
     * @param number of the order in which such things are made
     */
    void make(Connection connection, boolean beforeTables, int number, DatabaseObject object) throws SQLException {
        String name = (beforeTables ? BEFORE_TABLES : AFTER_TABLES) + "%06d ".formatted(number) + object.name();
        if (journal.cursor(connection, name, String.class).isPresent()) {
            return;
        }
        connection.setAutoCommit(false);
        try {
            withFullNames(connection);
            execute(connection, object.create());
            journal.advance(connection, name, object.drop());
            connection.commit();
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    private void drop(Connection connection, String prefix) throws SQLException {
        List<String> statements = new ArrayList<>(journal.cursors(connection, prefix, String.class).values());
        for (String statement : statements.reversed()) {
            execute(connection, statement);
        }
    }

    /** What a table is to be. */
    @FunctionalInterface
    public interface Definition {
        /** The statements that make it; asked for only where it is to be made. */
        List<String> statements() throws SQLException;

        /** Refuses a table, made or found, that cannot take the rows. */
        default void check(PostgresTable table) throws SQLException {
            // Most know before.
        }
    }

    /** Lets the names of types, tables and functions be written and read with their schemas, in this transaction. */
    static void withFullNames(Connection connection) throws SQLException {
        execute(connection, "SET LOCAL search_path = ''");
    }

    /**
     * Does something to the target once for all attempts, in a transaction of its own.
     *
     * @param connection in auto-commit mode; of no further use if this throws
     * @param name what is done, unlike all else that the step does
     */
    void once(Connection connection, String name, Work work) throws Exception {
        if (journal.cursor(connection, DONE + name, Boolean.class).isPresent()) {
            return;
        }
        connection.setAutoCommit(false);
        try {
            withFullNames(connection);
            work.run();
            journal.advance(connection, DONE + name, true);
            connection.commit();
        } catch (Exception | Error e) {
            connection.abort(Runnable::run);
            throw e;
        }
        connection.setAutoCommit(true);
    }

    /** Something done in a transaction. */
    @FunctionalInterface
    interface Work {
        void run() throws Exception;
    }

    /**
     * Refuses a target that cannot take the rows.
     *
     * @param found the table, if there is one
     */
    static void refuse(Connection connection, TableName name, Optional<PostgresTable> found, TargetSchema schema,
            ExistingRows existing) throws SQLException {
        if (found.isEmpty() && schema == TargetSchema.CHECK) {
            throw StepFailure.user("table-missing", "there is no table " + name
                    + " in the target; make it with an earlier step, or say 'schema: auto'");
        }
        if (found.isPresent() && schema == TargetSchema.CREATE) {
            throw StepFailure.user("table-exists", "the table " + name
                    + " exists in the target; move it away, or say 'schema: check' to copy into it");
        }
        if (found.isPresent() && existing == ExistingRows.REFUSE && holdsRows(connection, found.get())) {
            throw StepFailure.user("table-not-empty", "the table " + name + " holds rows; empty it, or say"
                    + " 'existing: append' to add to them or 'existing: replace' to replace them");
        }
    }

    /** Commits a batch and where its partition stands, unless a later attempt has begun. */
    public void commit(Connection connection, String partition, Object cursor) throws SQLException {
        journal.rememberTransaction(connection);
        journal.advance(connection, partition, cursor);
        connection.commit();
    }

    /** Drops what the step made and removes the rows that it wrote; those of others are set aside or stay. */
    public void undo() throws Exception {
        try (Connection connection = database.openForWriting()) {
            if (!journal.begun(connection)) {
                return;
            }
            journal.begin(connection);
            connection.setAutoCommit(false);
            try {
                statements.run(connection, () -> takeBack(connection));
                journal.clear(connection);
                journal.checkToken(connection);
                connection.commit();
                connection.setAutoCommit(true);
            } catch (Exception | Error e) {
                connection.abort(Runnable::run);
                throw e;
            }
            journal.forget(connection);
        }
    }

    /** Removes what was kept for an undo. */
    public void forget() throws SQLException {
        try (Connection connection = database.openForWriting()) {
            if (!journal.begun(connection)) {
                return;
            }
            for (Prepared prepared : journal.cursors(connection, TABLE, Prepared.class).values()) {
                if (prepared.kept().isPresent()) {
                    execute(connection, "DROP TABLE IF EXISTS " + prepared.kept().get());
                }
            }
            journal.forget(connection);
        }
    }

    private Prepared taken(Connection connection, PostgresTable table, ExistingRows existing) throws SQLException {
        if (existing != ExistingRows.REPLACE || !holdsRows(connection, table)) {
            return new Prepared(table.name().sql(), table.oid(), false, Optional.empty());
        }
        String kept = "godwit." + TableName.quoted("kept_" + table.oid());
        execute(connection, "LOCK TABLE " + table.name().sql() + " IN ACCESS EXCLUSIVE MODE");
        execute(connection, "CREATE TABLE " + kept + " AS TABLE " + table.name().sql());
        execute(connection, "DELETE FROM " + table.name().sql());
        return new Prepared(table.name().sql(), table.oid(), false, Optional.of(kept));
    }

    private Prepared atLength(Connection connection, LongStatement.Work<Prepared> work) throws SQLException {
        try {
            return statements.run(connection, work);
        } catch (SQLException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e); // Work in a database throws nothing else.
        }
    }

    private Void takeBack(Connection connection) throws Exception {
        withFullNames(connection);
        SequenceMove.takeBack(connection, journal);
        drop(connection, AFTER_TABLES);
        takeBack(connection, journal.cursors(connection, TABLE, Prepared.class).values());
        drop(connection, BEFORE_TABLES);
        return null;
    }

    private void takeBack(Connection connection, Collection<Prepared> tables) throws Exception {
        List<String> own = journal.ownTransactions(connection);
        StringBuilder dropped = new StringBuilder();
        for (Prepared prepared : tables) {
            Optional<String> name = nameNow(connection, prepared.oid());
            if (name.isEmpty()) {
                continue; // Others have dropped it.
            }
            execute(connection, "LOCK TABLE " + name.get() + " IN ACCESS EXCLUSIVE MODE");
            if (prepared.made()) {
                ForeignRows.setAside(connection, context, "*",
                        "FROM ONLY " + name.get() + " WHERE NOT " + writtenBy(own), TableName.parse(name.get()),
                        ".csv",
                        "rows of others in " + prepared.name() + " of " + database.location());
                dropped.append(dropped.isEmpty() ? "" : ", ").append(name.get());
            } else {
                removeRows(connection, name.get(), own);
                putBack(connection, prepared, name.get());
            }
        }
        if (!dropped.isEmpty()) {
            execute(connection, "DROP TABLE " + dropped);
        }
    }

    /**
     * Removes rows that certain transactions wrote.
     *
     * @param table as SQL writes it
     * @param transactions as {@code xmin} shows them
     */
    static void removeRows(Connection connection, String table, List<String> transactions) throws SQLException {
        execute(connection, "DELETE FROM " + table + " WHERE " + writtenBy(transactions));
    }

    private static void putBack(Connection connection, Prepared prepared, String name) throws SQLException {
        if (prepared.kept().isEmpty()) {
            return;
        }
        PostgresTable table = PostgresTable.require(connection, TableName.parse(name));
        String columns = table.writableColumns()
                .stream()
                .map(column -> TableName.quoted(column.name()))
                .collect(Collectors.joining(", "));
        execute(connection, "INSERT INTO " + name + " (" + columns + ") OVERRIDING SYSTEM VALUE SELECT " + columns
                + " FROM " + prepared.kept().get());
        execute(connection, "DROP TABLE " + prepared.kept().get());
    }

    /** The server keeps in each row which transaction wrote it; others' updates of a row make it theirs. */
    private static String writtenBy(List<String> transactions) {
        return transactions.isEmpty()
                ? "false"
                : "xmin IN (" + transactions.stream().map(id -> "'" + id + "'::xid").collect(Collectors.joining(", "))
                        + ")";
    }

    private static Optional<String> nameNow(Connection connection, long oid) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                        + " WHERE c.oid = ?")) {
            statement.setLong(1, oid);
            try (ResultSet found = statement.executeQuery()) {
                return found.next()
                        ? Optional.of(new TableName(Optional.of(found.getString(1)), found.getString(2)).sql())
                        : Optional.empty();
            }
        }
    }

    private static boolean holdsRows(Connection connection, PostgresTable table) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT 1 FROM " + table.name().sql() + " LIMIT 1")) {
            return found.next();
        }
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The tables that the step made or took. */
    public Map<String, Prepared> prepared(Connection connection) throws SQLException {
        return journal.cursors(connection, TABLE, Prepared.class);
    }
}
