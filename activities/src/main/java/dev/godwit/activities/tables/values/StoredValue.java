package dev.godwit.activities.tables.values;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.sqlite.core.Codes;

/** A value of SQLite as text: its storage class, a space, and what it is. */
public final class StoredValue {
    /** Stands for a storage class where a text is of bytes that are none. */
    public static final int BROKEN_TEXT = 6;

    private StoredValue() {}

    /**
     * Writes a value.
     *
     * @param value a Long, a Double, a String or a byte[]; or null
     */
    public static String text(Object value) {
        return switch (value) {
            case null -> null;
            case Long number -> Codes.SQLITE_INTEGER + " " + number;
            case Double number -> Codes.SQLITE_FLOAT + " " + number;
            case String text -> Codes.SQLITE_TEXT + " " + text;
            case byte[] blob -> Codes.SQLITE_BLOB + " " + HexFormat.of().formatHex(blob);
            default -> throw new IllegalArgumentException("SQLite stores no " + value.getClass());
        };
    }

    /** Reads what {@link #text} has written. */
    public static Object value(String text) throws UnfitValueException {
        if (text == null) {
            return null;
        }
        String content = text.substring(2);
        return switch (text.charAt(0) - '0') {
            case Codes.SQLITE_INTEGER -> Long.valueOf(content);
            case Codes.SQLITE_FLOAT -> Double.valueOf(content);
            case Codes.SQLITE_TEXT -> content;
            case Codes.SQLITE_BLOB -> HexFormat.of().parseHex(content);
            default -> throw new UnfitValueException("a text of the bytes " + content + " is no text");
        };
    }

    /**
     * What SQLite is to store for a value.
     *
     * @param codec of its PostgreSQL type
     * @param text as PostgreSQL writes it
     */
    public static Object of(ValueCodec codec, String text) throws UnfitValueException {
        if (codec instanceof TextCodec limited) {
            return limited.filled(text);
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (codec instanceof StoredAsTextCodec) {
            return codec.stored(bytes, 0, bytes.length);
        }
        CopyBuffer field = new CopyBuffer(bytes.length + Long.BYTES);
        codec.parse(bytes, field);
        return codec.stored(field.bytes(), Integer.BYTES, field.length() - Integer.BYTES);
    }
}
