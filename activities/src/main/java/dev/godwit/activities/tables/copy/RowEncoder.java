package dev.godwit.activities.tables.copy;

import dev.godwit.activities.tables.values.CopyBuffer;
import dev.godwit.activities.tables.values.UnfitValueException;
import dev.godwit.activities.tables.values.Utf8;
import dev.godwit.activities.tables.values.ValueCodec;
import java.nio.charset.Charset;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.sqlite.core.Codes;
import org.sqlite.core.CoreStatement;
import org.sqlite.core.DB;

/**
 * Encodes the rows of a query on SQLite for a binary COPY. It asks the driver for what SQLite stores, without a detour over
 * the driver's result set: that is a call for a value's storage class and one for the value, and a text comes as bytes.
 */
final class RowEncoder {
    private final List<Target> targets;
    private final Charset charset;
    private final CopyBuffer buffer = new CopyBuffer(RowSpool.CHUNK + RowSpool.CHUNK / 4);

    /**
     * What becomes of a column of the query; the query may have more columns behind these, which name a row.
     *
     * @param column its name, for people
     * @param codec how its values are written
     * @param required whether null is refused
     */
    record Target(String column, ValueCodec codec, boolean required) {}

    /** Takes rows that fill a buffer, or are the last ones. */
    @FunctionalInterface
    interface Chunks {
        void take(int rows, CopyBuffer buffer) throws Exception;
    }

    /** A value that does not fit, with the place where it is. */
    static final class UnfitRowException extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient Target target;
        private final ArrayList<String> rowNames;

        UnfitRowException(Target target, List<String> rowNames, UnfitValueException cause) {
            super(cause.getMessage());
            this.target = target;
            this.rowNames = new ArrayList<>(rowNames);
        }

        Target target() {
            return target;
        }

        /** The values of the columns that the query has behind the targets' own. */
        List<String> rowNames() {
            return rowNames;
        }
    }

    /** @param charset how the database encodes texts */
    RowEncoder(List<Target> targets, Charset charset) {
        this.targets = targets;
        this.charset = charset;
    }

    /** @param mostRows how many rows a chunk has at the most */
    void encode(Connection connection, String query, int mostRows, Chunks chunks) throws Exception {
        try (Statement statement = connection.prepareStatement(query)) {
            CoreStatement core = statement.unwrap(CoreStatement.class);
            DB database = core.getDatabase();
            core.pointer.<Exception>safeRunConsume((db, pointer) -> encode(database, pointer, mostRows, chunks));
        }
    }

    private void encode(DB database, long statement, int mostRows, Chunks chunks) throws Exception {
        int rows = 0;
        buffer.clear();
        int result = database.step(statement);
        while (result == Codes.SQLITE_ROW) {
            row(database, statement);
            rows++;
            if (rows == mostRows || buffer.length() >= RowSpool.CHUNK) {
                chunks.take(rows, buffer);
                buffer.clear();
                rows = 0;
            }
            result = database.step(statement);
        }
        if (result != Codes.SQLITE_DONE) {
            database.throwex(result);
        }
        if (rows > 0) {
            chunks.take(rows, buffer);
        }
    }

    private void row(DB database, long statement) throws SQLException, UnfitRowException {
        int width = targets.size();
        buffer.startRow(width);
        for (int i = 0; i < width; i++) {
            Target target = targets.get(i);
            try {
                value(database, statement, i, target);
            } catch (UnfitValueException e) {
                throw new UnfitRowException(target, rowNames(database, statement, width), e);
            }
        }
    }

    private void value(DB database, long statement, int index, Target target)
            throws SQLException, UnfitValueException {
        switch (database.column_type(statement, index)) {
            case Codes.SQLITE_INTEGER -> target.codec().integer(database.column_long(statement, index), buffer);
            case Codes.SQLITE_FLOAT -> target.codec().real(database.column_double(statement, index), buffer);
            case Codes.SQLITE_TEXT ->
                target.codec().text(Utf8.of(database.column_blob(statement, index), charset), buffer);
            case Codes.SQLITE_BLOB -> target.codec().blob(database.column_blob(statement, index), buffer);
            default -> {
                if (target.required()) {
                    throw new UnfitValueException("null is refused by the target's column or its primary key");
                }
                buffer.nullField();
            }
        }
    }

    private static List<String> rowNames(DB database, long statement, int from) throws SQLException {
        List<String> names = new ArrayList<>();
        for (int i = from; i < database.column_count(statement); i++) {
            names.add(database.column_name(statement, i) + " = " + database.column_text(statement, i));
        }
        return names;
    }
}
