package dev.godwit.worker;

import dev.godwit.activities.database.PostgresCluster;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;

/** Someone who goes on writing to a table while it is copied: inserts, updates and deletes, also over restarts of the server. */
final class SourceWriter implements AutoCloseable {
    private final PostgresCluster source;
    private final int rows;
    private final Random random;
    private final Thread thread = new Thread(this::write, "writer");
    private volatile boolean closed;
    private volatile long written;

    SourceWriter(PostgresCluster source, int rows, long seed) {
        this.source = source;
        this.rows = rows;
        this.random = new Random(seed);
        thread.start();
    }

    /** How many transactions it has committed. */
    long written() {
        return written;
    }

    private void write() {
        while (!closed) {
            try (Connection connection = source.connect(); Statement statement = connection.createStatement()) {
                while (!closed) {
                    statement.execute(next());
                    written++;
                }
            } catch (SQLException e) {
                continue; // The server is being restarted.
            }
        }
    }

    private String next() {
        int id = 1 + random.nextInt(rows);
        return switch (random.nextInt(3)) {
            case 0 -> "INSERT INTO items (id, name) SELECT max(id) + 1, 'written meanwhile' FROM items";
            case 1 -> "UPDATE items SET name = name || '!', ratio = ratio / 3 WHERE id = " + id;
            default -> "DELETE FROM items WHERE id = " + id;
        };
    }

    /** Stops writing; returns when nothing is under way any more. */
    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
