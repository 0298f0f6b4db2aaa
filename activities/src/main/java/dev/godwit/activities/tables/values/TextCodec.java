package dev.godwit.activities.tables.values;

import java.nio.charset.StandardCharsets;

/** Text, with the limits that a type has: {@code text}, {@code varchar(n)}, {@code char(n)}, {@code name}. */
final class TextCodec extends ValueCodec {
    /** What a text may be. */
    private enum Limit { NONE, CHARACTERS, PADDED, BYTES }

    private static final int NAME_BYTES = 63;

    private final Limit limit;
    private final int most;

    private TextCodec(String type, Limit limit, int most) {
        super(type);
        this.limit = limit;
        this.most = most;
    }

    static TextCodec unlimited(String type) {
        return new TextCodec(type, Limit.NONE, Integer.MAX_VALUE);
    }

    /** At most so many characters. PostgreSQL would cut off spaces behind them in silence. */
    static TextCodec varying(String type, int characters) {
        return new TextCodec(type, Limit.CHARACTERS, characters);
    }

    /** Filled up with spaces, which do not count. */
    static TextCodec padded(String type, int characters) {
        return new TextCodec(type, Limit.PADDED, characters);
    }

    /** PostgreSQL would cut it off in silence. */
    static TextCodec name() {
        return new TextCodec("name", Limit.BYTES, NAME_BYTES);
    }

    @Override
    public void integer(long value, CopyBuffer out) throws UnfitValueException {
        text(Long.toString(value).getBytes(StandardCharsets.US_ASCII), out);
    }

    @Override
    public void real(double value, CopyBuffer out) throws UnfitValueException {
        text(ScalarCodecs.digits(value), out);
    }

    @Override
    public void text(byte[] value, CopyBuffer out) throws UnfitValueException {
        boolean fits = switch (limit) {
            case NONE -> true;
            case BYTES -> value.length <= most;
            case CHARACTERS -> value.length <= most || characters(value) <= most;
            case PADDED -> (value.length <= most || characters(value) <= most)
                    && (value.length == 0 || value[value.length - 1] != ' ' || characters(value) == most);
        };
        if (!fits) {
            throw new UnfitValueException("the text " + shown(value) + " is longer than " + type()
                    + (limit == Limit.PADDED ? ", or ends in spaces, which it does not keep" : ""));
        }
        out.bytesField(value);
    }

    @Override
    public Object stored(byte[] bytes, int offset, int length) {
        return string(bytes, offset, length);
    }

    /** The text as PostgreSQL sends it, which is filled up where the type says so. */
    String filled(String text) {
        return limit == Limit.PADDED
                ? text + " ".repeat(Math.max(0, most - text.codePointCount(0, text.length())))
                : text;
    }

    private static int characters(byte[] utf8) {
        int count = 0;
        for (byte each : utf8) {
            if ((each & 0xc0) != 0x80) {
                count++;
            }
        }
        return count;
    }
}
