package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.ForeignRows;
import dev.godwit.activities.database.LongStatement;
import dev.godwit.activities.database.PostgresJournal;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.ReferringRows;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
            refuseByRows(connection, name, found, schema, existing);
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
        refuseByRows(connection, name, found, schema, existing);
        if (found.isPresent() && existing == ExistingRows.REPLACE) {
            ReferringRows.to(connection, found.get().name()).refuse("true");
        }
    }

    /**
     * Refuses targets of which one cannot take the rows, before the first is made or changed.
     *
     * @param connection in auto-commit mode
     */
    void refuseTogether(Connection connection, Collection<TableName> names, TargetSchema schema, ExistingRows existing)
            throws SQLException {
        if (!prepared(connection).isEmpty()) {
            return; // An earlier attempt found nothing.
        }
        atLength(connection, () -> {
            for (TableName name : names) {
                refuse(connection, name, PostgresTable.find(connection, name), schema, existing);
            }
            return null;
        });
    }

    private static void refuseByRows(Connection connection, TableName name, Optional<PostgresTable> found,
            TargetSchema schema, ExistingRows existing) throws SQLException {
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
        ReferringRows.to(connection, table.name()).refuse("true");
        execute(connection, "CREATE TABLE " + kept + " AS TABLE " + table.name().sql());
        execute(connection, "DELETE FROM " + table.name().sql());
        return new Prepared(table.name().sql(), table.oid(), false, Optional.of(kept));
    }

    private <T> T atLength(Connection connection, LongStatement.Work<T> work) throws SQLException {
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
        List<Standing> made = new ArrayList<>();
        List<Standing> taken = new ArrayList<>();
        for (Prepared prepared : tables) {
            Optional<TableName> name = nameNow(connection, prepared.oid());
            if (name.isPresent()) { // Else others have dropped it.
                execute(connection, "LOCK TABLE " + name.get().sql() + " IN ACCESS EXCLUSIVE MODE");
                (prepared.made() ? made : taken).add(new Standing(prepared, name.get()));
            }
        }
        drop(connection, made, own);
        List<Standing> referringFirst = referringFirst(connection, taken);
        for (Standing table : referringFirst) {
            removeRows(connection, table.name(), own);
        }
        for (Standing table : referringFirst.reversed()) {
            putBack(connection, table);
        }
    }

    /** A table of the step's that is there, and its name now. */
    private record Standing(Prepared prepared, TableName name) {
        long oid() {
            return prepared.oid();
        }
    }

    private void drop(Connection connection, List<Standing> made, List<String> own) throws Exception {
        if (made.isEmpty()) {
            return;
        }
        for (Standing table : made) {
            setAside(connection, table.name(), own, "rows of others in " + table.prepared().name());
        }
        for (TableName partition : partitionsOfOthers(connection, made)) {
            setAside(connection, partition, own, "rows in " + partition.sql() + ", a partition that others made,");
        }
        execute(connection,
                "DROP TABLE " + made.stream().map(table -> table.name().sql()).collect(Collectors.joining(", ")));
    }

    private void setAside(Connection connection, TableName table, List<String> own, String what) throws Exception {
        String rows = "FROM ONLY " + table.sql() + " WHERE NOT " + writtenBy(own);
        ForeignRows.setAside(connection, context, "*", rows, table, ".csv", what + " of " + database.location());
    }

    /** Partitions that go with tables which the step made, and which it did not make itself. */
    private static List<TableName> partitionsOfOthers(Connection connection, List<Standing> made) throws SQLException {
        List<TableName> partitions = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement("WITH made AS (SELECT unnest(?)::oid AS oid)"
                + " SELECT DISTINCT n.nspname, c.relname FROM made"
                + " CROSS JOIN LATERAL pg_partition_tree(made.oid::regclass) AS tree"
                + " JOIN pg_class c ON c.oid = tree.relid JOIN pg_namespace n ON n.oid = c.relnamespace"
                + " WHERE c.relkind = 'r' AND c.oid NOT IN (SELECT oid FROM made)")) {
            statement.setArray(1, oids(connection, made));
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    partitions.add(new TableName(Optional.of(found.getString(1)), found.getString(2)));
                }
            }
        }
        return partitions;
    }

    /** Tables with those that refer to others before these, as far as there is such an order. */
    private static List<Standing> referringFirst(Connection connection, List<Standing> tables) throws SQLException {
        Map<Long, Set<Long>> referring = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement("WITH taken AS (SELECT unnest(?)::oid AS oid)"
                + " SELECT confrelid, conrelid FROM pg_constraint WHERE contype = 'f' AND conrelid <> confrelid"
                + " AND conrelid IN (SELECT oid FROM taken) AND confrelid IN (SELECT oid FROM taken)")) {
            statement.setArray(1, oids(connection, tables));
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    referring.computeIfAbsent(found.getLong(1), table -> new HashSet<>()).add(found.getLong(2));
                }
            }
        }
        Map<Long, Standing> left = new LinkedHashMap<>();
        tables.forEach(table -> left.put(table.oid(), table));
        List<Standing> ordered = new ArrayList<>();
        while (!left.isEmpty()) {
            Standing next = left.values()
                    .stream()
                    .filter(table -> Collections.disjoint(referring.getOrDefault(table.oid(), Set.of()), left.keySet()))
                    .findFirst()
                    .orElseGet(() -> left.values().iterator().next());
            left.remove(next.oid());
            ordered.add(next);
        }
        return ordered;
    }

    private static Array oids(Connection connection, List<Standing> tables) throws SQLException {
        return connection.createArrayOf("bigint", tables.stream().map(Standing::oid).toArray());
    }

    /**
     * Removes rows that certain transactions wrote; refuses if others would go with them.
     *
     * @param transactions as {@code xmin} shows them
     */
    static void removeRows(Connection connection, TableName table, List<String> transactions) throws SQLException {
        ReferringRows referring = ReferringRows.to(connection, table);
        if (referring.possible()) {
            execute(connection, "LOCK TABLE " + table.sql() + " IN EXCLUSIVE MODE");
            referring.refuse(writtenBy(transactions));
        }
        execute(connection, "DELETE FROM " + table.sql() + " WHERE " + writtenBy(transactions));
    }

    private static void putBack(Connection connection, Standing table) throws SQLException {
        if (table.prepared().kept().isEmpty()) {
            return;
        }
        String kept = table.prepared().kept().get();
        String columns = PostgresTable.require(connection, table.name())
                .writableColumns()
                .stream()
                .map(column -> TableName.quoted(column.name()))
                .collect(Collectors.joining(", "));
        execute(connection, "INSERT INTO " + table.name().sql() + " (" + columns + ") OVERRIDING SYSTEM VALUE SELECT "
                + columns + " FROM " + kept);
        execute(connection, "DROP TABLE " + kept);
    }

    /** The server keeps in each row which transaction wrote it; others' updates of a row make it theirs. */
    private static String writtenBy(List<String> transactions) {
        return transactions.isEmpty()
                ? "false"
                : "xmin IN (" + transactions.stream().map(id -> "'" + id + "'::xid").collect(Collectors.joining(", "))
                        + ")";
    }

    private static Optional<TableName> nameNow(Connection connection, long oid) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                        + " WHERE c.oid = ?")) {
            statement.setLong(1, oid);
            try (ResultSet found = statement.executeQuery()) {
                return found.next()
                        ? Optional.of(new TableName(Optional.of(found.getString(1)), found.getString(2)))
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
