package dev.godwit.activities.documents;

import com.google.auto.service.AutoService;
import dev.godwit.activities.database.SqliteJournal;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.resource.ReadableSqlite;
import dev.godwit.activities.resource.SqliteFailures;
import dev.godwit.activities.resource.SqliteKind;
import dev.godwit.activities.resource.WritableSqlite;
import dev.godwit.json.Jq;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Loads JSON documents from a directory into a table of an SQLite or PostgreSQL database, exactly once however often it is
 * retried: the rows of a batch and the place in the directory commit in one transaction.
 *
 * <pre>{@code
 * - name: fill_database
 *   uses: load.documents
 *   with:
 *     from: v1_home:data/license_plates
 *     to: v2_db:detections
 *     rows: '.session_id as $session | .detections | to_entries[]
 *       | {session: $session, number: .key, plate: .value.plate, confidence: .value.confidence, detection: .value}'
 *     columns: {session: text!, number: integer!, plate: text, confidence: real, detection: json}
 *     key: [session, number]
 * }</pre>
 *
 * <p>A file is one document, or, where its name ends in {@code .jsonl}, {@code .ndjson}, {@code .jsonl.gz} or
 * {@code .ndjson.gz}, has one on each line.
 *
 * <p>The table is made if it does not exist, and so is an SQLite database. Values are stored as they are or not at all: an
 * integer beyond 64 bits, a decimal that a {@code real} would change, a number where a {@code text} is declared, null where
 * the type ends in {@code !}, or a value for an undeclared column ends the step with the file, row, column and value. A
 * {@code json} column holds the value as compact JSON.
 *
 * <p>In PostgreSQL a {@code text} is a text or varchar, an {@code integer} a smallint, integer or bigint, a {@code real} a
 * double precision, and {@code json} is jsonb in a table that the step makes, or json, jsonb or text as the table has it.
 * The character U+0000, which text and jsonb cannot hold, ends the step with its place.
 *
 * <p>Undo in SQLite puts the database back byte by byte from a copy that is kept before the first write (so it needs as much
 * room again), and removes a database that the step made. If others wrote to the database too, it is first set aside as they
 * left it. The table {@code godwit_journal} in the database belongs to Godwit and goes with the undo, or when the run is
 * finalized.
 *
 * <p>Undo in PostgreSQL drops a table that the step made, and sets aside rows that others wrote into it. In a table that was
 * there before it removes the rows that it added and puts back those that it replaced; what others have made of these since
 * is set aside. It refuses to remove rows with which rows of other tables would go or change, by a foreign key that says
 * {@code ON DELETE CASCADE}, {@code SET NULL} or {@code SET DEFAULT} ({@code rows-referred}). What the step remembers is in
 * the schema {@code godwit}, which goes with the undo, or when the run is finalized.
 *
 * <p>Errors: {@code document-corrupt}, {@code mapping-failed}, {@code value-unfit}, {@code column-undeclared},
 * {@code column-missing}, {@code column-type} and {@code key-missing} (what the table lacks), {@code key-twice} (two
 * documents give a row with one key; both are named), {@code row-exists} (the table held the key before),
 * {@code constraint-violated}, {@code not-a-database}, {@code database-busy}, {@code database-unreachable},
 * {@code connection-lost}, {@code disk-full}.
 */
@Uses(value = LoadDocuments.USES, kind = StepKind.DATABASE)
@AutoService(StepType.class)
public final class LoadDocuments implements StepType<LoadDocuments.Spec, LoadDocuments.Output> {
    static final String USES = "load.documents";

    /**
     * @param from the directory that holds the documents
     * @param include which files are documents; {@code *} stays within a directory, {@code **} does not
     * @param exclude which of them are not
     * @param to the table, as {@code DATABASE:TABLE}
     * @param rows jq that gives the rows of a document, none or several, each an object by column; it sees {@code $file}
     *     and {@code $run.started}
     * @param columns the columns that rows give, in the table's order, and their types: text, integer, real or json, with
     *     {@code !} behind it where null is refused
     * @param key the columns that name a row: the primary key of a table that is made; without one, two documents may give
     *     the same row
     * @param shape what a document must be: object, array or any
     * @param corrupt what happens with a file or line that is no document: stop, report to pass it over, or quarantine
     * @param quarantine the directory for these; it is made if it does not exist
     * @param batch how many documents one transaction loads
     * @param existing what happens with a row whose key the table held before: refuse, or update to leave it if it is the
     *     same and to replace it if it differs
     */
    public record Spec(@Of("directory") Location from, @Default("[\"*.json\"]") List<String> include,
            @Default("[]") List<String> exclude, @Of( {
                    "sqlite", "postgres"}) Location to,
            Jq rows, Map<String, String> columns,
            @Default("[]") List<String> key, @Default("object") Shape shape, @Default("stop") Unreadable corrupt,
            @Of("directory") Optional<Location> quarantine, @Default("1000") int batch,
            @Default("refuse") Existing existing){
        public Spec {
            Quarantine.check(corrupt, quarantine.isPresent());
            Set<String> unknown = new LinkedHashSet<>(key);
            unknown.removeAll(columns.keySet());
            if (!unknown.isEmpty()) {
                throw new IllegalArgumentException("key names " + unknown + ", which 'columns' does not declare");
            }
            if (columns.isEmpty()) {
                throw new IllegalArgumentException("columns is empty; declare at least one");
            }
            if (batch < 1) {
                throw new IllegalArgumentException("batch must be at least 1");
            }
            if (existing == Existing.UPDATE && key.isEmpty()) {
                throw new IllegalArgumentException("existing: update needs a key to find rows by");
            }
            columns.entrySet().forEach(Column::of);
        }

        /** The columns; those of the key refuse null. */
        List<Column> tableColumns() {
            return columns.entrySet()
                    .stream()
                    .map(Column::of)
                    .map(column -> new Column(column.name(), column.type(),
                            column.required() || key.contains(column.name())))
                    .toList();
        }
    }

    /**
     * @param documents how many documents were read
     * @param corrupt how many files or lines were passed over because they are no documents
     * @param rows how many rows they gave
     * @param unchanged how many of the rows the table held before
     * @param replaced how many of the rows the table held before with other values
     */
    public record Output(long documents, long corrupt, long rows, long unchanged, long replaced) {
        static Output of(LoadCursor cursor) {
            return new Output(cursor.documents(), cursor.corrupt(), cursor.rows(), cursor.unchanged(),
                    cursor.replaced());
        }
    }

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> unknown = context.madeBy(spec.from()).or(() -> context.madeBy(spec.to()));
        if (unknown.isPresent()) {
            Preview<Output> preview = Preview.<Output>knownAfter(unknown.get()).making(spec.to());
            return spec.quarantine().isPresent() ? preview.making(spec.quarantine().get()) : preview;
        }
        Path from = context.reading(DirectoryKind.class, spec.from()).directory();
        CorruptFiles corrupt = new CorruptFiles();
        DocumentLoad load = new DocumentLoad(spec, from, context, (file, why) -> corrupt.add(why));
        LoadCursor end = isPostgres(spec, context)
                ? PostgresLoading.preview(spec, context, load)
                : previewSqlite(spec, context, load);
        Preview<Output> preview = Preview.of(Output.of(end)).making(spec.to());
        if (!isPostgres(spec, context) && !context.reading(SqliteKind.class, spec.to()).exists()) {
            preview = preview
                    .change("make the database " + context.reading(SqliteKind.class, spec.to()).file());
        }
        long inserted = end.rows() - end.unchanged() - end.replaced();
        preview = preview
                .change("insert " + inserted + " rows from " + end.documents() + " documents into " + spec.to());
        if (end.replaced() > 0) {
            preview = preview.change("replace " + end.replaced() + " rows of " + spec.to());
        }
        for (String line : corrupt.lines()) {
            preview = preview.change((spec.quarantine().isEmpty() ? "pass over " : "quarantine ") + line);
        }
        return end.corrupt() > 0 && spec.quarantine().isPresent()
                ? preview.making(spec.quarantine().get())
                : preview;
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Path from = context.reading(DirectoryKind.class, spec.from()).directory();
        Path keys = context.workspace().resolve("keys.db");
        DocumentLoad load = new DocumentLoad(spec, from, context, new PassedOver(spec, context));
        LoadCursor end = isPostgres(spec, context)
                ? PostgresLoading.run(spec, context, load, keys)
                : runSqlite(spec, context, load, keys);
        FirstSeen.forget(keys);
        if (end.corrupt() > 0) {
            CorruptFiles.evidence(context);
        }
        return Output.of(end);
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        if (isPostgres(spec, context)) {
            PostgresLoading.undo(spec, context);
        } else {
            undoSqlite(spec, context);
        }
        FirstSeen.forget(context.workspace().resolve("keys.db"));
        FileChanges.open(context).undo();
    }

    @Override
    public void forget(Spec spec, RunContext context) throws Exception {
        if (isPostgres(spec, context)) {
            PostgresLoading.forget(spec, context);
            return;
        }
        WritableSqlite database = context.writing(SqliteKind.class, spec.to());
        if (!database.exists()) {
            return; // The run itself, or someone after it, has removed it.
        }
        try (Connection connection = database.openForWriting()) {
            new SqliteJournal(context).forget(connection);
        } catch (SQLException e) {
            throw SqliteFailures.translate(USES, database.file(), e);
        }
    }

    private static boolean isPostgres(Spec spec, PreviewContext context) {
        return context.kindOf(spec.to()).equals("postgres");
    }

    private static LoadCursor previewSqlite(Spec spec, PreviewContext context, DocumentLoad load) throws Exception {
        ReadableSqlite database = context.reading(SqliteKind.class, spec.to());
        // The same load into a private copy finds all that the run would find.
        try (Connection copy = database.exists() ? database.open() : empty(context.scratch())) {
            return load.into(table(spec, context, copy, database.table(), Long.MAX_VALUE),
                    context.scratch().resolve("keys.db"), () -> {});
        } catch (SQLException e) {
            throw SqliteFailures.translate(USES, database.file(), e);
        }
    }

    private static LoadCursor runSqlite(Spec spec, RunContext context, DocumentLoad load, Path keys)
            throws Exception {
        WritableSqlite database = context.writing(SqliteKind.class, spec.to());
        String table = database.table();
        new DatabaseBefore(database.file(), context).keep();
        try (Connection connection = database.openForWriting()) {
            return load.into(table(spec, context, connection, table, context.token()), keys,
                    context::advanced);
        } catch (SQLException e) {
            context.journal().checkToken();
            throw SqliteFailures.translate(USES, database.file(), e);
        }
    }

    private static void undoSqlite(Spec spec, RunContext context) throws Exception {
        WritableSqlite database = context.writing(SqliteKind.class, spec.to());
        try {
            new DatabaseBefore(database.file(), context).restore(database.table());
        } catch (SQLException e) {
            throw SqliteFailures.translate(USES, database.file(), e);
        }
    }

    private static TableLoad table(Spec spec, PreviewContext context, Connection connection, String table,
            long token) {
        return new TableLoad(USES, connection, table, spec.tableColumns(), spec.key(), spec.existing(),
                new SqliteJournal(context.identity(), token));
    }

    private static Connection empty(Path scratch) throws Exception {
        return DriverManager
                .getConnection("jdbc:sqlite:" + Files.createTempDirectory(scratch, "empty").resolve("new.db"));
    }
}
