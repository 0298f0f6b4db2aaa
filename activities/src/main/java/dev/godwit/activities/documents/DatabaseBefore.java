package dev.godwit.activities.documents;

import dev.godwit.activities.database.SqliteJournal;
import dev.godwit.activities.files.Hashes;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.host.LongCall;
import dev.godwit.activities.resource.SqliteCopy;
import dev.godwit.step.Journal;
import dev.godwit.step.RunContext;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A database as it was before a step wrote it: kept whole in the step's workspace before the first write, and put back
 * byte by byte. If others wrote too, the database as they left it is set aside and not destroyed.
 */
public final class DatabaseBefore {
    private static final String BEFORE = "database-before";
    private static final String UNDO = "database-undo";

    private final Path database;
    private final RunContext context;
    private final Journal journal;

    /**
     * @param existed whether there was a database
     * @param directoryModified when its directory was modified last
     */
    private record Before(boolean existed, Instant directoryModified) {}

    /** How far the undo came. What it found is decided once, since a half-done undo cannot be judged again. */
    private enum Undo {
        REMOVE, SET_ASIDE, PUT_BACK, DONE
    }

    public DatabaseBefore(Path database, RunContext context) {
        this.database = database;
        this.context = context;
        this.journal = context.journal();
    }

    /** Whether this or an earlier attempt has kept the database, and so may have written to it. */
    public boolean isKept() {
        return journal.read(BEFORE, Before.class).isPresent();
    }

    /** Keeps the database, unless an earlier attempt did. */
    public void keep() throws IOException {
        if (journal.read(BEFORE, Before.class).isPresent() || !Files.isDirectory(database.getParent())) {
            return;
        }
        Instant directoryModified = Files.getLastModifiedTime(database.getParent()).toInstant();
        boolean existed = Files.exists(database);
        if (existed) {
            Path unfinished = context.workspace().resolve("before.unfinished");
            DurableFiles.deleteTree(unfinished);
            Files.createDirectory(unfinished);
            for (Path file : SqliteCopy.files(SqliteCopy.keep(database, unfinished, context::checkpoint))) {
                DurableFiles.syncFile(file, context::checkpoint);
            }
            DurableFiles.syncDirectory(unfinished);
            DurableFiles.deleteTree(kept().getParent());
            Files.move(unfinished, kept().getParent(), StandardCopyOption.ATOMIC_MOVE);
            DurableFiles.syncDirectory(context.workspace());
        }
        journal.write(BEFORE, new Before(existed, directoryModified));
    }

    /**
     * Puts the database back.
     *
     * @param table the only table that the step wrote, besides its journal
     */
    void restore(String table) throws IOException, SQLException {
        restore(table, Set.of(),
                now -> new SqliteJournal(context).cursor(now, LoadCursor.class)
                        .orElse(LoadCursor.start(false))
                        .effect());
    }

    /** What a step did to the rows of its table, by the cursor that it keeps in the database. */
    @FunctionalInterface
    public interface Effect {
        Checksum of(Connection now) throws SQLException;
    }

    /**
     * Puts the database back.
     *
     * @param table the only table that the step wrote, besides its journal
     * @param made indexes that the step made on it
     * @param effect what it did to the rows
     */
    public void restore(String table, Set<String> made, Effect effect) throws IOException, SQLException {
        restore((now, then) -> differs(now, then, table, made, effect));
    }

    /** Finds whether others wrote to a database since the step did. */
    @FunctionalInterface
    public interface Comparison {
        /**
         * @param now the database as it is
         * @param then as it was before the step; empty if there was none
         */
        boolean othersWrote(Connection now, Connection then) throws SQLException;
    }

    /** Puts the database back. */
    public void restore(Comparison comparison) throws IOException, SQLException {
        Optional<Before> kept = journal.read(BEFORE, Before.class);
        Optional<Undo> begun = journal.read(UNDO, Undo.class);
        if (kept.isEmpty() || begun.filter(Undo.DONE::equals).isPresent()) {
            return;
        }
        Before before = kept.get();
        Undo undo = begun.isPresent()
                ? begun.get()
                : othersWrote(before, comparison) ? Undo.SET_ASIDE : Undo.REMOVE;
        journal.write(UNDO, undo);
        if (Files.isDirectory(database.getParent())) {
            if (undo == Undo.SET_ASIDE) {
                setAside();
                // From here on what stands at the database's place is not what others wrote.
                journal.write(UNDO, Undo.PUT_BACK);
            }
            putBack(before);
            Files.setLastModifiedTime(database.getParent(), FileTime.from(before.directoryModified()));
            DurableFiles.syncDirectory(database.getParent());
        }
        journal.write(UNDO, Undo.DONE);
        DurableFiles.deleteTree(kept().getParent());
    }

    private Path kept() {
        return context.workspace().resolve("before").resolve(database.getFileName());
    }

    private boolean othersWrote(Before before, Comparison comparison) throws IOException, SQLException {
        if (!Files.exists(database)) {
            return false;
        }
        if (!SqliteCopy.isDatabase(database)) {
            return true;
        }
        // A copy of what was kept, since opening it would change it.
        Path old = Files.createTempDirectory(context.scratch(), "before").resolve(database.getFileName());
        if (before.existed()) {
            SqliteCopy.keep(kept(), old.getParent(), context::checkpoint);
        }
        try (Connection now = DriverManager.getConnection("jdbc:sqlite:" + database);
                Connection then = DriverManager.getConnection("jdbc:sqlite:" + old)) {
            try (Statement statement = now.createStatement()) {
                statement.execute("PRAGMA busy_timeout = 30000");
            }
            new SqliteJournal(context).fence(now);
            return comparison.othersWrote(now, then);
        }
    }

    /**
     * What tells the whole content of a database from any other: its schema and all rows, but for what Godwit keeps in it.
     *
     * @param pulse called for every row
     */
    public static String content(Connection connection, Runnable pulse) throws SQLException {
        List<String> lines = new ArrayList<>(schema(connection, Set.of(SqliteJournal.TABLE)));
        for (String name : tables(connection)) {
            lines.add(name + " " + checksum(connection, name, pulse));
        }
        Collections.sort(lines);
        return Hashes.sha256(String.join("\n", lines));
    }

    private boolean differs(Connection now, Connection then, String table, Set<String> made, Effect effect)
            throws SQLException {
        Set<String> oldSchema = schema(then, Set.of());
        Set<String> ours = new HashSet<>(Set.of(SqliteJournal.TABLE));
        made.forEach(name -> ours.add(name.toLowerCase(Locale.ROOT)));
        if (oldSchema.stream().noneMatch(line -> line.startsWith(tableLine(table)))) {
            ours.add(table.toLowerCase(Locale.ROOT));
        }
        if (!schema(now, ours).equals(schema(then, Set.of(SqliteJournal.TABLE)))) {
            return true;
        }
        Set<String> oldTables = tables(then);
        Checksum done = effect.of(now);
        for (String name : tables(now)) {
            context.checkpoint();
            Checksum expected = oldTables.contains(name) ? checksum(then, name, context::checkpoint) : Checksum.ZERO;
            if (name.equals(table.toLowerCase(Locale.ROOT))) {
                expected = expected.plus(done);
            }
            if (!checksum(now, name, context::checkpoint).equals(expected)) {
                return true;
            }
        }
        return false;
    }

    private static Set<String> schema(Connection connection, Set<String> without) throws SQLException {
        Set<String> lines = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet found = statement
                        .executeQuery("SELECT type, lower(name), lower(tbl_name), sql FROM sqlite_master"
                                + " WHERE lower(name) NOT LIKE 'sqlite!_%' ESCAPE '!'")) {
            while (found.next()) {
                if (!without.contains(found.getString(2))) {
                    lines.add(found.getString(1) + " " + found.getString(2) + " " + found.getString(3) + " "
                            + found.getString(4));
                }
            }
        }
        return lines;
    }

    private static String tableLine(String table) {
        return "table " + table.toLowerCase(Locale.ROOT) + " ";
    }

    private static Set<String> tables(Connection connection) throws SQLException {
        Set<String> tables = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT lower(name) FROM sqlite_master WHERE type = 'table'"
                        + " AND lower(name) NOT LIKE 'sqlite!_%' ESCAPE '!'")) {
            while (found.next()) {
                tables.add(found.getString(1));
            }
        }
        tables.remove(SqliteJournal.TABLE);
        return tables;
    }

    private static Checksum checksum(Connection connection, String table, Runnable pulse) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT * FROM " + TableLoad.quoted(table))) {
            return Checksum.ofRows(rows, pulse);
        }
    }

    private void setAside() throws IOException {
        for (Path file : SqliteCopy.files(database)) {
            Path target = context.setAside().resolve(file.getFileName());
            moveAway(file, target);
        }
        DurableFiles.syncDirectory(context.setAside());
        context.reportSetAside(database.toString(), context.setAside().resolve(database.getFileName()));
    }

    private void moveAway(Path file, Path target) throws IOException {
        try {
            Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            LongCall.run(context::checkpoint, () -> Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES,
                    StandardCopyOption.REPLACE_EXISTING));
            DurableFiles.syncFile(target, context::checkpoint);
            Files.delete(file);
        }
    }

    /** The database goes before the files beside it: one that stands there without its {@code -wal} file is still whole. */
    private void putBack(Before before) throws IOException {
        List<Path> kept = before.existed() ? SqliteCopy.files(kept()) : List.of();
        List<Path> temporary = kept.stream()
                .map(file -> database.resolveSibling("." + file.getFileName() + ".godwit"))
                .toList();
        for (int i = 0; i < kept.size(); i++) {
            Path from = kept.get(i);
            Path to = temporary.get(i);
            LongCall.run(context::checkpoint, () -> Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES,
                    StandardCopyOption.REPLACE_EXISTING, LinkOption.NOFOLLOW_LINKS));
            DurableFiles.syncFile(to, context::checkpoint);
            Files.setLastModifiedTime(to, Files.getLastModifiedTime(from));
        }
        context.journal().checkToken();
        for (Path file : SqliteCopy.files(database)) {
            Files.delete(file);
        }
        for (int i = 0; i < kept.size(); i++) {
            Files.move(temporary.get(i), database.resolveSibling(kept.get(i).getFileName()),
                    StandardCopyOption.ATOMIC_MOVE);
        }
    }
}
