package dev.godwit.activities.schema;

import dev.godwit.activities.database.SqliteJournal;
import dev.godwit.activities.documents.DatabaseBefore;
import dev.godwit.activities.resource.ReadableSqlite;
import dev.godwit.activities.resource.SqliteFailures;
import dev.godwit.activities.resource.SqliteKind;
import dev.godwit.activities.resource.WritableSqlite;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepStopped;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.sqlite.ProgressHandler;

/** Scripts in an SQLite database. */
final class SqliteSchema {
    /** So many of SQLite's own instructions take a millisecond or so. */
    private static final int INSTRUCTIONS = 100_000;

    private SqliteSchema() {}

    /**
     * Whether the script is applied.
     *
     * @param content what the database held then, as {@link DatabaseBefore#content} says it; empty before
     */
    private record Applied(String content) {
        static final Applied NOT_YET = new Applied("");
    }

    /** Tries a script in a private copy. */
    static Optional<String> attempt(SchemaSql.Spec spec, SqlScript up, PreviewContext context) throws Exception {
        ReadableSqlite database = context.reading(SqliteKind.class, spec.to());
        try (Connection copy = database.exists()
                ? database.open()
                : DriverManager.getConnection("jdbc:sqlite:" + context.scratch().resolve("new.db"))) {
            execute(copy, "BEGIN IMMEDIATE");
            apply(copy, up, database.file(), context);
            execute(copy, "ROLLBACK");
        }
        return Optional.empty();
    }

    static void up(SchemaSql.Spec spec, SqlScript up, RunContext context) throws Exception {
        WritableSqlite database = context.writing(SqliteKind.class, spec.to());
        new DatabaseBefore(database.file(), context).keep();
        SqliteJournal journal = new SqliteJournal(context);
        try (Connection connection = database.openForWriting()) {
            execute(connection, "PRAGMA busy_timeout = " + spec.lockTimeout().toMillis());
            // From here on nobody else writes, so the token that is taken first is still the last one at the commit.
            execute(connection, "BEGIN IMMEDIATE");
            journal.begin(connection, Applied.NOT_YET);
            if (journal.cursor(connection, Applied.class).orElseThrow().content().isEmpty()) {
                apply(connection, up, database.file(), context);
                String content = DatabaseBefore.content(connection, context::checkpoint);
                context.journal().checkToken();
                journal.advance(connection, new Applied(content));
            }
            execute(connection, "COMMIT");
        } catch (SQLException e) {
            throw SqliteFailures.translate(SchemaSql.USES, database.file(), e);
        }
    }

    static void down(SchemaSql.Spec spec, RunContext context) throws Exception {
        WritableSqlite database = context.writing(SqliteKind.class, spec.to());
        SqliteJournal journal = new SqliteJournal(context);
        try {
            new DatabaseBefore(database.file(), context).restore((now, then) -> {
                String left = journal.cursor(now, Applied.class).map(Applied::content).orElse("");
                String expected = left.isEmpty() ? DatabaseBefore.content(then, context::checkpoint) : left;
                return !DatabaseBefore.content(now, context::checkpoint).equals(expected);
            });
        } catch (SQLException e) {
            throw SqliteFailures.translate(SchemaSql.USES, database.file(), e);
        }
    }

    static void forget(SchemaSql.Spec spec, RunContext context) throws Exception {
        WritableSqlite database = context.writing(SqliteKind.class, spec.to());
        if (!database.exists()) {
            return; // The run itself, or someone after it, has removed it.
        }
        try (Connection connection = database.openForWriting()) {
            new SqliteJournal(context).forget(connection);
        } catch (SQLException e) {
            throw SqliteFailures.translate(SchemaSql.USES, database.file(), e);
        }
    }

    private static void apply(Connection connection, SqlScript script, Path file, PreviewContext context)
            throws SQLException {
        AtomicReference<StepStopped> stopped = new AtomicReference<>();
        ProgressHandler.setHandler(connection, INSTRUCTIONS, new ProgressHandler() {
            @Override
            protected int progress() {
                try {
                    context.checkpoint();
                    return 0;
                } catch (StepStopped e) {
                    stopped.set(e);
                    return 1;
                }
            }
        });
        int done = 0;
        for (SqlStatement statement : script.statements()) {
            context.checkpoint();
            try {
                execute(connection, statement.text());
            } catch (SQLException e) {
                if (stopped.get() != null) {
                    throw stopped.get();
                }
                throw failure(script, statement, file, e);
            }
            context.progress(++done, script.statements().size(), "statements");
        }
        ProgressHandler.clearHandler(connection);
    }

    private static StepFailure failure(SqlScript script, SqlStatement statement, Path file, SQLException e) {
        return SqliteFailures.translate(SchemaSql.subject(script, statement, statement.line()), file, e);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
