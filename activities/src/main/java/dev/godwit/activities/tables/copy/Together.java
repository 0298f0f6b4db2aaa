package dev.godwit.activities.tables.copy;

import dev.godwit.step.StepStopped;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Work in several database sessions at once. When a piece fails, the sessions of the others are cut, and all have ended. */
final class Together {
    private final Set<Connection> sessions = ConcurrentHashMap.newKeySet();
    private volatile boolean failed;

    /** A piece of the work. */
    @FunctionalInterface
    interface Work {
        void run() throws Exception;
    }

    /** Makes sure that a session does not outlive a failure of another piece; to be called right after opening it. */
    Session session(Connection connection) {
        sessions.add(connection);
        if (failed) {
            abort(connection);
        }
        return new Session(connection);
    }

    /** A session of one piece. Unless the piece is done it is cut when it is closed: what it was in the middle of, nobody ends. */
    final class Session implements AutoCloseable {
        private final Connection connection;
        private boolean done;

        private Session(Connection connection) {
            this.connection = connection;
        }

        Connection connection() {
            return connection;
        }

        void done() {
            done = true;
        }

        @Override
        public void close() throws SQLException {
            sessions.remove(connection);
            if (done) {
                connection.close();
            } else {
                abort(connection);
            }
        }
    }

    /** Does all pieces, so many at a time, and throws what the first failure threw. */
    void run(int threads, Collection<? extends Work> pieces) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(Math.max(1, Math.min(threads, pieces.size())));
        CompletionService<Void> completion = new ExecutorCompletionService<>(executor);
        List<Future<Void>> futures = new ArrayList<>();
        try {
            for (Work piece : pieces) {
                futures.add(completion.submit(() -> {
                    piece.run();
                    return null;
                }));
            }
            for (int i = 0; i < futures.size(); i++) {
                completion.take().get();
            }
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case Exception exception -> throw exception;
                case Error error -> throw error;
                default -> throw e;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StepStopped("interrupted");
        } finally {
            if (futures.stream().anyMatch(future -> future.state() != Future.State.SUCCESS)) {
                failed = true;
                futures.forEach(future -> future.cancel(true));
                sessions.forEach(Together::abort);
            }
            executor.close();
        }
    }

    private static void abort(Connection session) {
        try {
            session.abort(Runnable::run);
        } catch (SQLException e) {
            // It is gone already.
        }
    }
}
