package dev.godwit.activities.database;

import dev.godwit.activities.files.Hashes;
import dev.godwit.step.RunContext;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.PGConnection;

/** Rows of PostgreSQL that others wrote, and that an undo is about to take away. */
public final class ForeignRows {
    private ForeignRows() {}

    /**
     * Sets rows aside as a file of CSV, and reports them; nothing if there is none.
     *
     * @param columns what is selected
     * @param from where from: {@code FROM ... WHERE ...}
     * @param table the table that they are of; no two of an undo have one name
     * @param ending how the file's name ends
     * @param what the rows, for people
     */
    public static void setAside(Connection connection, RunContext context, String columns, String from, TableName table,
            String ending, String what) throws SQLException, IOException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT 1 " + from + " LIMIT 1")) {
            if (!found.next()) {
                return;
            }
        }
        Path aside = context.setAside().resolve(fileName(table) + ending);
        try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING); OutputStream out = Channels.newOutputStream(channel)) {
            connection.unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyOut("COPY (SELECT " + columns + " " + from + ") TO STDOUT (FORMAT csv, HEADER)", out);
            channel.force(true);
        }
        context.reportSetAside(what, aside);
    }

    /** The same each time for a table, and for no two the same. */
    private static String fileName(TableName table) {
        String shown = table.toString().replaceAll("[^\\w.-]", "");
        boolean whole = table.name().matches("[\\w-]+") && table.schema().orElse("").matches("[\\w-]*");
        return whole ? shown : shown + "-" + Hashes.sha256(table.sql()).substring(0, 16);
    }
}
