package dev.godwit.activities.tables.values;

import java.nio.charset.StandardCharsets;

/**
 * How the values of one PostgreSQL type are written: in PostgreSQL's binary COPY, as SQLite stores them, and as text in
 * PostgreSQL's own form. A value has exactly one binary form, so two values of a type are equal if the bytes that
 * their codec writes are (but for the scale of a numeric without one, which PostgreSQL shows and does not compare).
 *
 * <p>A codec has no state. Null is the caller's.
 */
public abstract class ValueCodec {
    private final String type;

    /** @param type the PostgreSQL type, as DDL writes it */
    ValueCodec(String type) {
        this.type = type;
    }

    /** The PostgreSQL type, as DDL writes it. */
    public final String type() {
        return type;
    }

    /** What to select of a column, in quotes, so that a binary COPY has what {@link #stored} reads. */
    public String selected(String column) {
        return column;
    }

    /**
     * The type of a column that a binary COPY can write what this codec writes into. If it is not {@link #type} itself, the
     * server reads the text, and {@link #type} is reached by a cast.
     */
    public String written() {
        return type;
    }

    /** What SQLite declares a column as for values of this type. */
    public String storedAs() {
        return "TEXT";
    }

    /** Whether the text that SQLite stores may look like a number, which some of its columns make one of. */
    public boolean mayLookLikeNumber() {
        return true;
    }

    /** Writes a field for an integer that SQLite stores. */
    public void integer(long value, CopyBuffer out) throws UnfitValueException {
        throw new UnfitValueException("the integer " + value + " is not " + described());
    }

    /** Writes a field for a floating-point number that SQLite stores. */
    public void real(double value, CopyBuffer out) throws UnfitValueException {
        throw new UnfitValueException("the real " + value + " is not " + described());
    }

    /** Writes a field for a text that SQLite stores: UTF-8, valid and without U+0000. */
    public void text(byte[] value, CopyBuffer out) throws UnfitValueException {
        throw new UnfitValueException("the text " + shown(value) + " is not " + described());
    }

    /** Writes a field for bytes that SQLite stores. */
    public void blob(byte[] value, CopyBuffer out) throws UnfitValueException {
        throw new UnfitValueException("a blob of " + value.length + " bytes is not " + described());
    }

    /** Writes a field for a value in PostgreSQL's own text form, as CSV has it: UTF-8, valid and without U+0000. */
    public void parse(byte[] value, CopyBuffer out) throws UnfitValueException {
        text(value, out);
    }

    /**
     * What SQLite is to store for a field of a binary COPY that {@link #selected} made: a Long, a Double, a String or a
     * byte[].
     */
    public abstract Object stored(byte[] bytes, int offset, int length) throws UnfitValueException;

    public String described() {
        return "of type " + type;
    }

    public static String string(byte[] bytes, int offset, int length) {
        return new String(bytes, offset, length, StandardCharsets.UTF_8);
    }

    public static String ascii(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** A value for people: in quotes, and not all of a long one. */
    public static String shown(byte[] value) {
        String text = string(value, 0, Math.min(value.length, 160));
        return "'" + (text.length() > 60 ? text.substring(0, 57) + "..." : text) + "'";
    }
}
