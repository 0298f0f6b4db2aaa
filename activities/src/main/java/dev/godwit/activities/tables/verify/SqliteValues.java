package dev.godwit.activities.tables.verify;

import dev.godwit.activities.tables.values.CopyBuffer;
import dev.godwit.activities.tables.values.PostgresHash;
import dev.godwit.activities.tables.values.StoredValue;
import dev.godwit.activities.tables.values.TypeMapping;
import dev.godwit.activities.tables.values.UnfitValueException;
import dev.godwit.activities.tables.values.Utf8;
import dev.godwit.activities.tables.values.ValueCodec;
import dev.godwit.activities.tables.values.ValueForm;
import dev.godwit.activities.tables.verify.Layout.Compared;
import java.nio.charset.Charset;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HexFormat;
import org.sqlite.core.Codes;
import org.sqlite.core.DB;

/**
 * The values of the row at which a statement of SQLite stands: their hashes, and the texts by which they are compared. It is
 * for one thread.
 */
final class SqliteValues {
    private static final int FIELD = 4;
    /** Seeds that no column has: of values that their column's type cannot take, of reals, and of blobs. */
    private static final int UNFIT = 1 << 24;
    private static final int REAL = 2 << 24;
    private static final int BLOB = 3 << 24;

    private final Layout layout;
    private final ValueCodec[] codecs;
    private final Charset charset;
    private final CopyBuffer buffer = new CopyBuffer(1 << 12);

    SqliteValues(Layout layout, Charset charset) {
        this.layout = layout;
        this.charset = charset;
        this.codecs = layout.columns()
                .stream()
                .map(column -> column.form() == ValueForm.STORED ? null : TypeMapping.codec(column.type()))
                .toArray(ValueCodec[]::new);
    }

    /** The hash of a row: of all its columns, as a server would compute it. */
    long rowHash(DB database, long statement) throws SQLException {
        long hash = 0;
        for (int i = 0; i < codecs.length; i++) {
            hash ^= hash(database, statement, i);
        }
        return PostgresHash.ofInt(0, hash);
    }

    /** The hash of a row's key; of all of it where there is none. */
    long keyHash(DB database, long statement) throws SQLException {
        if (layout.key().isEmpty()) {
            return rowHash(database, statement);
        }
        long hash = 0;
        for (int i : layout.key()) {
            hash ^= hash(database, statement, i);
        }
        return hash;
    }

    private long hash(DB database, long statement, int index) throws SQLException {
        Compared column = layout.columns().get(index);
        int type = database.column_type(statement, index);
        if (type == Codes.SQLITE_NULL) {
            return ValueForm.hashOfNull(column.seed());
        }
        if (codecs[index] == null) {
            return storedHash(database, statement, index, type, column.seed());
        }
        try {
            write(database, statement, index, type);
            return column.form().hash(buffer.bytes(), FIELD, buffer.length() - FIELD, column.seed());
        } catch (UnfitValueException e) {
            return storedHash(database, statement, index, type, column.seed() + UNFIT);
        }
    }

    private static long storedHash(DB database, long statement, int index, int type, int seed) throws SQLException {
        return switch (type) {
            case Codes.SQLITE_INTEGER -> PostgresHash.ofInt(seed, database.column_long(statement, index));
            case Codes.SQLITE_FLOAT -> PostgresHash.ofInt(seed + REAL,
                    Double.doubleToLongBits(database.column_double(statement, index)));
            case Codes.SQLITE_TEXT -> PostgresHash.ofBytes(bytes(database, statement, index), seed);
            default -> PostgresHash.ofBytes(bytes(database, statement, index), (long) seed + BLOB);
        };
    }

    /** Reads the whole row. */
    ComparedRow row(DB database, long statement) throws SQLException {
        String[] values = new String[codecs.length];
        String[] shown = new String[codecs.length];
        for (int i = 0; i < codecs.length; i++) {
            int type = database.column_type(statement, i);
            if (type != Codes.SQLITE_NULL) {
                shown[i] = shown(database, statement, i, type);
                values[i] = value(database, statement, i, type, shown[i]);
                ValueForm form = layout.columns().get(i).form();
                shown[i] = form.shownOtherwise() || form == ValueForm.STORED ? shown[i] : values[i];
            }
        }
        return new ComparedRow(keyHash(database, statement), Arrays.asList(values), Arrays.asList(shown));
    }

    private String value(DB database, long statement, int index, int type, String shown) throws SQLException {
        if (codecs[index] == null) {
            return stored(database, statement, index, type, shown);
        }
        try {
            write(database, statement, index, type);
            return layout.columns().get(index).form().text(buffer.bytes(), FIELD, buffer.length() - FIELD);
        } catch (UnfitValueException e) {
            return shown + " (which is not of type " + layout.columns().get(index).type() + ")";
        }
    }

    /** As {@link StoredValue} writes it. */
    private String stored(DB database, long statement, int index, int type, String shown) throws SQLException {
        if (type == Codes.SQLITE_TEXT) {
            byte[] bytes = bytes(database, statement, index);
            try {
                Utf8.decode(bytes, charset);
            } catch (UnfitValueException e) {
                return StoredValue.BROKEN_TEXT + " " + HexFormat.of().formatHex(bytes);
            }
        }
        return type + " " + shown;
    }

    private String shown(DB database, long statement, int index, int type) throws SQLException {
        return switch (type) {
            case Codes.SQLITE_INTEGER -> Long.toString(database.column_long(statement, index));
            case Codes.SQLITE_FLOAT -> Double.toString(database.column_double(statement, index));
            case Codes.SQLITE_TEXT -> {
                byte[] bytes = bytes(database, statement, index);
                try {
                    yield Utf8.decode(bytes, charset);
                } catch (UnfitValueException e) {
                    yield "text of bytes " + HexFormat.of().formatHex(bytes);
                }
            }
            default -> HexFormat.of().formatHex(bytes(database, statement, index));
        };
    }

    private void write(DB database, long statement, int index, int type) throws SQLException, UnfitValueException {
        buffer.clear();
        ValueCodec codec = codecs[index];
        switch (type) {
            case Codes.SQLITE_INTEGER -> codec.integer(database.column_long(statement, index), buffer);
            case Codes.SQLITE_FLOAT -> codec.real(database.column_double(statement, index), buffer);
            case Codes.SQLITE_TEXT -> codec.text(Utf8.of(bytes(database, statement, index), charset), buffer);
            default -> codec.blob(bytes(database, statement, index), buffer);
        }
    }

    /** The driver has null for what is empty. */
    private static byte[] bytes(DB database, long statement, int index) throws SQLException {
        byte[] bytes = database.column_blob(statement, index);
        return bytes == null ? new byte[0] : bytes;
    }
}
