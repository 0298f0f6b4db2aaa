package dev.godwit.activities.database;

import dev.godwit.activities.host.StepWorld;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;

/** A database of either kind that a step asks. */
public enum AskedDatabase {
    POSTGRES, SQLITE;

    /** Makes it, and declares it as the resource {@code parking}. */
    public StepWorld in(StepWorld world, String... statements) throws Exception {
        return switch (this) {
            case POSTGRES -> {
                PostgresServer.Database database = PostgresServer.shared().newDatabase().execute(statements);
                yield world.resource("parking", database.resource()).closing(database);
            }
            case SQLITE -> {
                Files.createDirectories(world.directory());
                try (Connection connection = DriverManager
                        .getConnection("jdbc:sqlite:" + world.directory().resolve("parking.db"));
                        Statement statement = connection.createStatement()) {
                    for (String sql : statements) {
                        statement.execute(sql);
                    }
                }
                yield world.resource("parking",
                        "{kind: 'sqlite', path: '" + world.directory().resolve("parking.db") + "'}");
            }
        };
    }
}
