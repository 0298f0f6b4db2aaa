package dev.godwit.activities.schema;

import dev.godwit.activities.database.LongStatement;
import dev.godwit.activities.database.PostgresFailures;
import dev.godwit.activities.database.PostgresJournal;
import dev.godwit.activities.resource.PostgresKind;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Scripts in a PostgreSQL database. */
final class PostgresSchema {
    private static final String UNDONE = "undone";
    /** A role that may not, a server that takes no writes: a run may fare better, with the right that it has. */
    private static final Set<String> NOT_FOR_PREVIEWS = Set.of("42501", "25006");
    private static final String NOT_IN_A_TRANSACTION = "25001";

    private final SchemaSql.Spec spec;
    private final RunContext context;
    private final WritablePostgres database;
    private final PostgresJournal journal;

    /** How many statements of a script are done. */
    private record Done(int statements) {}

    PostgresSchema(SchemaSql.Spec spec, RunContext context) throws Exception {
        this.spec = spec;
        this.context = context;
        this.database = context.writing(PostgresKind.class, spec.to());
        this.journal = new PostgresJournal(context);
    }

    /** Tries a script and rolls it back; answers why it could not be tried, if it could not. */
    static Optional<String> attempt(SchemaSql.Spec spec, SqlScript up, PreviewContext context) throws Exception {
        ReadablePostgres database = context.reading(PostgresKind.class, spec.to());
        Connection connection = database.open();
        try {
            connection.setAutoCommit(false);
            execute(connection, "SET TRANSACTION READ WRITE");
            limit(connection, spec, "LOCAL ");
            for (SqlStatement statement : up.statements()) {
                apply(database, connection, up, statement, context);
            }
            return Optional.empty();
        } catch (StepFailure failure) {
            if (failure.getCause() instanceof SQLException e && NOT_FOR_PREVIEWS.contains(e.getSQLState())) {
                return Optional.of(failure.getMessage());
            }
            throw failure;
        } finally {
            rollBack(connection);
        }
    }

    private static void rollBack(Connection connection) throws SQLException {
        try {
            connection.rollback();
        } catch (SQLException e) {
            // The session is gone, and with it its transaction.
        }
        connection.abort(Runnable::run);
    }

    void up(SqlScript script) throws Exception {
        try (Connection connection = database.openForWriting()) {
            journal.begin(connection);
            complete(connection, script, SchemaSql.UP);
        }
    }

    void down(SqlScript script) throws Exception {
        if (context.journal().read(UNDONE, Boolean.class).isPresent()) {
            return;
        }
        try (Connection connection = database.openForWriting()) {
            if (journal.begun(connection)) {
                journal.begin(connection);
                if (journal.cursor(connection, SchemaSql.UP, Done.class).isPresent()) {
                    complete(connection, script, SchemaSql.DOWN);
                }
                journal.forget(connection);
            }
        }
        context.journal().write(UNDONE, true);
    }

    void forget() throws Exception {
        try (Connection connection = database.openForWriting()) {
            if (journal.begun(connection)) {
                journal.forget(connection);
            }
        }
    }

    /** Runs what is left of a script. */
    private void complete(Connection connection, SqlScript script, String role) throws Exception {
        Optional<Done> done = journal.cursor(connection, role, Done.class);
        int size = script.statements().size();
        if (done.filter(all -> all.statements() == size).isPresent()) {
            return;
        }
        if (spec.transaction()) {
            together(connection, script, role);
        } else {
            oneByOne(connection, script, role, done);
        }
    }

    private void together(Connection connection, SqlScript script, String role) throws Exception {
        connection.setAutoCommit(false);
        try {
            limit(connection, spec, "LOCAL ");
            for (int i = 0; i < script.statements().size(); i++) {
                apply(database, connection, script, script.statements().get(i), context);
                context.progress(i + 1L, script.statements().size(), "statements");
            }
            journal.advance(connection, role, new Done(script.statements().size()));
            connection.commit();
        } catch (Exception | Error e) {
            connection.abort(Runnable::run);
            throw e;
        }
        connection.setAutoCommit(true);
    }

    /** The note that it begins comes first: what died in its middle has to be taken back, too. */
    private void oneByOne(Connection connection, SqlScript script, String role, Optional<Done> done)
            throws Exception {
        int first = done.map(Done::statements).orElse(0);
        journal.advance(connection, role, new Done(first));
        limit(connection, spec, "");
        for (int i = first; i < script.statements().size(); i++) {
            journal.checkToken(connection);
            if (i == first && done.isPresent()) {
                UnfinishedIndex.drop(connection, script.statements().get(i));
            }
            apply(database, connection, script, script.statements().get(i), context);
            journal.advance(connection, role, new Done(i + 1));
            context.advanced();
            context.progress(i + 1L, script.statements().size(), "statements");
        }
    }

    private static void apply(ReadablePostgres database, Connection connection, SqlScript script,
            SqlStatement statement, PreviewContext context) throws Exception {
        context.checkpoint();
        try {
            new LongStatement(database, context).run(connection, () -> {
                execute(connection, statement.text());
                return null;
            });
        } catch (PSQLException e) {
            StepFailure failure = PostgresFailures.translate(
                    SchemaSql.subject(script, statement, lineOf(statement, e.getServerErrorMessage())), e);
            throw NOT_IN_A_TRANSACTION.equals(e.getSQLState())
                    ? StepFailure.user("transaction-impossible", failure.getMessage()
                            + "; say 'transaction: false', which runs each statement on its own").causedBy(e)
                    : failure;
        }
    }

    private static int lineOf(SqlStatement statement, ServerErrorMessage message) {
        return message == null || message.getPosition() < 1
                ? statement.line()
                : statement.lineAt(message.getPosition());
    }

    private static void limit(Connection connection, SchemaSql.Spec spec, String scope) throws SQLException {
        execute(connection, "SET " + scope + "lock_timeout = " + spec.lockTimeout().toMillis());
        execute(connection, "SET " + scope + "statement_timeout = "
                + spec.statementTimeout().map(Duration::toMillis).orElse(0L));
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        }
    }
}
