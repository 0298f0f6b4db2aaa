package dev.godwit.activities.documents;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Looks into databases and makes them, and files for them. */
final class Databases {
    private Databases() {}

    /** Writes what is no document, and long enough ago that nobody is still writing it. */
    static void corrupt(Path file) throws IOException {
        Files.writeString(file, "[]");
        old(file);
    }

    static void old(Path file) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
    }

    static Connection connect(Path file) throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + file);
    }

    static void execute(Path file, String... statements) throws SQLException {
        try (Connection connection = connect(file); Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** The rows of a query, values separated by {@code |}. */
    static List<String> rows(Path file, String sql) throws SQLException {
        List<String> lines = new ArrayList<>();
        try (Connection connection = connect(file);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                List<String> values = new ArrayList<>();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    values.add(String.valueOf(rows.getObject(i)));
                }
                lines.add(String.join("|", values));
            }
        }
        return lines;
    }

    /** Whether there is a database, and what is in it, without Godwit's journal. */
    static List<String> dump(Path file) throws Exception {
        List<String> lines = new ArrayList<>();
        try (Stream<Path> names = Files.list(file.getParent())) {
            names.map(path -> path.getFileName().toString()).sorted().forEach(lines::add);
        }
        if (Files.exists(file)) {
            for (String table : rows(file, "SELECT name FROM sqlite_master WHERE type = 'table'"
                    + " AND name <> 'godwit_journal' ORDER BY name")) {
                lines.add(table);
                rows(file, "SELECT * FROM " + table).stream().sorted().forEach(lines::add);
            }
        }
        return lines;
    }
}
