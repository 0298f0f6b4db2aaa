package dev.godwit.activities.tables.values;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * The form in which the values of a column are compared: what a hash is computed from, and the text by which two values are
 * the same or not. A server of PostgreSQL computes both by SQL; of values that come from elsewhere both are computed here,
 * from the field that a binary COPY would have.
 */
public enum ValueForm {
    /** Whole numbers up to 64 bits. */
    INTEGER {
        @Override
        public String hashSql(String value, int seed) {
            // hashint8extended folds its 64 bits into 32; as a seed all of them count.
            return "hashint4extended(" + seed + ", " + value + "::int8)";
        }

        @Override
        public long hash(byte[] field, int from, int length, int seed) {
            return PostgresHash.ofInt(seed, whole(field, from, length));
        }

        @Override
        public String text(byte[] field, int from, int length) {
            return Long.toString(whole(field, from, length));
        }
    },
    /** Whole numbers up to 32 bits on both sides. */
    SMALL_INTEGER {
        @Override
        public String hashSql(String value, int seed) {
            return "hashint4extended(" + value + "::int4, " + seed + ")";
        }
    },
    /** Floats, bit by bit: the last digit counts, and so does the sign of a zero; one NaN is as good as another. */
    FLOAT {
        @Override
        public String hashSql(String value, int seed) {
            return "CASE WHEN " + value + " = 0 THEN hashtextextended(" + value + "::text COLLATE \"C\", " + seed
                    + ") ELSE hashfloat8extended(" + value + "::float8, " + seed + ") END";
        }

        @Override
        public long hash(byte[] field, int from, int length, int seed) {
            double real = real(field, from, length);
            return real == 0
                    ? PostgresHash.ofBytes((1 / real < 0 ? "-0" : "0").getBytes(StandardCharsets.US_ASCII), seed)
                    : PostgresHash.ofDouble(real, seed);
        }

        @Override
        public String textSql(String value) {
            return value + "::float8::text";
        }

        @Override
        public String text(byte[] field, int from, int length) {
            return Double.toString(real(field, from, length));
        }

        @Override
        public String canonical(String text) {
            return Double.toString(Double.parseDouble(text));
        }
    },
    /** Numbers of different types: by value, so that 1.0 is 1. */
    NUMBER {
        @Override
        public String textSql(String value) {
            return "trim_scale(" + value + "::text::numeric)::text";
        }
    },
    BOOLEAN {
        @Override
        public String hashSql(String value, int seed) {
            return "hashint4extended(" + value + "::int4, " + seed + ")";
        }

        @Override
        public long hash(byte[] field, int from, int length, int seed) {
            return PostgresHash.ofInt(field[from], seed);
        }

        @Override
        public String text(byte[] field, int from, int length) {
            return field[from] == 0 ? "false" : "true";
        }
    },
    /** Texts, byte by byte: trailing spaces count, and normal forms of Unicode are not the same. */
    TEXT,
    /** Texts of {@code char(n)}: trailing spaces are not part of the value. */
    PADDED_TEXT {
        @Override
        public String hashSql(String value, int seed) {
            return "hashbpcharextended(" + value + " COLLATE \"C\", " + seed + ")";
        }

        @Override
        public long hash(byte[] field, int from, int length, int seed) {
            return super.hash(field, from, withoutPadding(field, from, length), seed);
        }

        @Override
        public String text(byte[] field, int from, int length) {
            return super.text(field, from, withoutPadding(field, from, length));
        }
    },
    BYTES {
        @Override
        public String hashSql(String value, int seed) {
            return "hash_array_extended(ARRAY[" + value + "], " + seed + ")";
        }

        @Override
        public long hash(byte[] field, int from, int length, int seed) {
            return PostgresHash.ofArray(super.hash(field, from, length, seed));
        }

        @Override
        public String textSql(String value) {
            return "encode(" + value + ", 'hex')";
        }

        @Override
        public String text(byte[] field, int from, int length) {
            return hex(field, from, length);
        }
    },
    UUID {
        @Override
        public String hashSql(String value, int seed) {
            return "uuid_hash_extended(" + value + ", " + seed + ")";
        }

        @Override
        public String text(byte[] field, int from, int length) {
            return new java.util.UUID(CopyBuffer.longAt(field, from), CopyBuffer.longAt(field, from + Long.BYTES))
                    .toString();
        }
    },
    NUMERIC("numeric_send"), DATE("date_send"), TIME("time_send"), TIMESTAMP("timestamp_send"), TIMESTAMP_WITH_ZONE(
            "timestamptz_send"),
    /** {@code json} against {@code jsonb}: by what jsonb keeps. */
    JSONB {
        @Override
        public String textSql(String value) {
            return value + "::jsonb::text";
        }
    },
    /** Any other type, as its type writes it: the scale of a numeric counts, and so do the spaces of a json. */
    OUTPUT,
    /** Values of SQLite on both sides: storage class and content. */
    STORED;

    private final String send;

    ValueForm() {
        this("");
    }

    /** @param send the function that gives the field of a binary COPY, which there is only one of for a value */
    ValueForm(String send) {
        this.send = send;
    }

    /** SQL for the 64-bit hash of a value, null for null. */
    public String hashSql(String value, int seed) {
        return send.isEmpty()
                ? "hashtextextended(" + textSql(value) + " COLLATE \"C\", " + seed + ")"
                : "hash_array_extended(ARRAY[" + send + "(" + value + ")], " + seed + ")";
    }

    /** The same hash of a field of a binary COPY. */
    public long hash(byte[] field, int from, int length, int seed) {
        long hash = PostgresHash.ofBytes(field, from, length, seed);
        return send.isEmpty() ? hash : PostgresHash.ofArray(hash);
    }

    /** SQL for the text by which a value is the same as another, null for null. */
    public String textSql(String value) {
        return send.isEmpty() ? value + "::text" : "encode(" + send + "(" + value + "), 'hex')";
    }

    /** The same text of a field of a binary COPY. */
    public String text(byte[] field, int from, int length) {
        return send.isEmpty()
                ? new String(field, from, length, StandardCharsets.UTF_8)
                : hex(field, from, length);
    }

    /** Whether people should see another text of a value than the one that decides. */
    public boolean shownOtherwise() {
        return !send.isEmpty();
    }

    /** The one text of a value that both sides may write differently. */
    public String canonical(String text) {
        return text;
    }

    /** What stands for null among the hashes of a column. */
    public static long hashOfNull(int seed) {
        return PostgresHash.ofInt(0x6e756c6c, seed);
    }

    private static long whole(byte[] field, int from, int length) {
        return switch (length) {
            case Short.BYTES -> CopyBuffer.shortAt(field, from);
            case Integer.BYTES -> CopyBuffer.intAt(field, from);
            default -> CopyBuffer.longAt(field, from);
        };
    }

    private static double real(byte[] field, int from, int length) {
        return length == Float.BYTES
                ? Float.intBitsToFloat(CopyBuffer.intAt(field, from))
                : Double.longBitsToDouble(CopyBuffer.longAt(field, from));
    }

    private static int withoutPadding(byte[] field, int from, int length) {
        int end = length;
        while (end > 0 && field[from + end - 1] == ' ') {
            end--;
        }
        return end;
    }

    private static String hex(byte[] field, int from, int length) {
        return HexFormat.of().formatHex(field, from, from + length);
    }
}
