package dev.godwit.activities.database;

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
     * @param file the file's name
     * @param what the rows, for people
     */
    public static void setAside(Connection connection, RunContext context, String columns, String from, String file,
            String what) throws SQLException, IOException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT 1 " + from + " LIMIT 1")) {
            if (!found.next()) {
                return;
            }
        }
        Path aside = context.setAside().resolve(file.replaceAll("[^\\w.-]", ""));
        try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING); OutputStream out = Channels.newOutputStream(channel)) {
            connection.unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyOut("COPY (SELECT " + columns + " " + from + ") TO STDOUT (FORMAT csv, HEADER)", out);
            channel.force(true);
        }
        context.reportSetAside(what, aside);
    }
}
