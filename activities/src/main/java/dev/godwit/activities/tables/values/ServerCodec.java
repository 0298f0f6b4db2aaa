package dev.godwit.activities.tables.values;

/**
 * A type whose values only PostgreSQL itself can read: arrays, ranges, JSON, intervals, addresses, enums, domains and so
 * on. They travel as text in PostgreSQL's own form and are cast there.
 */
public final class ServerCodec extends StoredAsTextCodec {
    private final TextCodec text = TextCodec.unlimited("text");

    ServerCodec(String type) {
        super(type);
    }

    @Override
    public String written() {
        return "text";
    }

    @Override
    public void integer(long value, CopyBuffer out) throws UnfitValueException {
        text.integer(value, out);
    }

    @Override
    public void real(double value, CopyBuffer out) throws UnfitValueException {
        text.real(value, out);
    }

    @Override
    public void text(byte[] value, CopyBuffer out) {
        out.bytesField(value);
    }

    /**
     * SQL that reads a staged text, in quotes, as a row of a COPY is read. A cast does the same, but for the one type to which
     * the server has another way from a text, on which a name that is none (-) or a number leads nowhere.
     */
    public String cast(String column) {
        return type().equals("regclass")
                ? "pg_catalog.regclassin(pg_catalog.textout(" + column + "))"
                : column + "::" + type();
    }

    /**
     * A condition on the staged text, in quotes, that holds if the cast keeps the value: PostgreSQL rounds and cuts in
     * silence where a type has a length or a precision.
     */
    public String kept(String column) {
        String itself = "(" + cast(column) + ")::text";
        if (type().equals("money") || type().equals("\"char\"")) {
            return itself + " = " + column;
        }
        String fraction = column + " !~ '[0-9]\\.[0-9]{6}[0-9]*[1-9]'";
        if (type().matches("(interval|time|timestamp|tsrange|tstzrange|tsmultirange|tstzmultirange)\\b.*")) {
            return limitless().equals(type())
                    ? fraction
                    : fraction + " AND " + itself + " = (" + column + "::" + limitless() + ")::text";
        }
        // Casting is the check: it fails for what is none.
        return limitless().equals(type())
                ? itself + " IS NOT NULL"
                : itself + " = (" + column + "::" + limitless() + ")::text";
    }

    /** The type without its length or precision; bit is the one where leaving it out means 1. */
    private String limitless() {
        return type().replaceFirst("^(bit|bit varying)\\(\\d+\\)", "bit varying")
                .replaceFirst("^character\\(\\d+\\)", "bpchar")
                .replaceFirst("\\(\\d+(,-?\\d+)?\\)", "");
    }
}
