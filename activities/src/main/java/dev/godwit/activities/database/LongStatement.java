package dev.godwit.activities.database;

import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepStopped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.postgresql.PGConnection;

/**
 * Statements that may take longer than a heartbeat: an index over a big table, a scan of it. While the server says that it
 * works on the statement, the step lives; when the step is to end, the statement is cancelled; when the server no longer has
 * the session, or cannot be asked, the statement has failed, though the connection may wait for its answer for hours.
 */
public final class LongStatement {
    private static final long PULSE_MILLIS = 500;
    private static final int PULSES_PER_LOOK = 8;

    private final ReadablePostgres database;
    private final PreviewContext context;

    /**
     * @param database asked, in a session of its own, how the statement is getting on
     * @param context of the step that wants it
     */
    public LongStatement(ReadablePostgres database, PreviewContext context) {
        this.database = database;
        this.context = context;
    }

    /** Something done in a session. */
    @FunctionalInterface
    public interface Work<T> {
        T run() throws Exception;
    }

    /**
     * Does something that takes long in a session.
     *
     * @param connection the session; it is of no further use if this throws anything but what the server said
     * @throws StepStopped if the step is to end; the statement is cancelled then
     * @throws StepFailure if the server has lost the session
     */
    public <T> T run(Connection connection, Work<T> work) throws Exception {
        int backend = connection.unwrap(PGConnection.class).getBackendPID();
        FutureTask<T> task = new FutureTask<>(work::run);
        Thread thread = Thread.ofPlatform().daemon().name("long-statement-" + backend).start(task);
        try {
            for (int pulse = 1;; pulse++) {
                try {
                    return task.get(PULSE_MILLIS, TimeUnit.MILLISECONDS);
                } catch (TimeoutException stillAtIt) {
                    if (pulse % PULSES_PER_LOOK == 0) {
                        requireAtWork(backend);
                    }
                    context.checkpoint();
                }
            }
        } catch (ExecutionException failed) {
            switch (failed.getCause()) {
                case Exception exception -> throw exception;
                case Error error -> throw error;
                default -> throw failed;
            }
        } catch (InterruptedException interrupted) {
            end(connection, thread);
            Thread.currentThread().interrupt();
            throw new StepStopped("interrupted");
        } catch (StepStopped | StepFailure ended) {
            end(connection, thread);
            throw ended;
        }
    }

    private void requireAtWork(int backend) throws SQLException {
        try (Connection other = database.open();
                PreparedStatement statement = other.prepareStatement("SELECT 1 FROM pg_stat_activity WHERE pid = ?")) {
            statement.setInt(1, backend);
            try (ResultSet found = statement.executeQuery()) {
                if (!found.next()) {
                    throw StepFailure.external("connection-lost", database.location()
                            + ": the server ended the session in the middle of a statement");
                }
            }
        } catch (SQLException unanswered) {
            throw PostgresFailures.translate(database.location().toString(), unanswered);
        }
    }

    /** Asks the server to end the statement, and cuts the connection if it does not answer. */
    private static void end(Connection connection, Thread thread) throws SQLException {
        try {
            connection.unwrap(PGConnection.class).cancelQuery();
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (SQLException unanswered) {
            // Cut below.
        } catch (InterruptedException again) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            connection.abort(Runnable::run);
        }
    }
}
