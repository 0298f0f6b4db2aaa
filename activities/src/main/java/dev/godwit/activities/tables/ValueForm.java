package dev.godwit.activities.tables;

/**
 * The form in which the values of a column are compared: what PostgreSQL computes a hash from, and the text in which a value
 * stands beside its counterpart of the other table. Two values are the same if, and only if, these texts are.
 */
enum ValueForm {
    /** Whole numbers up to 64 bits. */
    INTEGER {
        @Override
        String hashSql(String value, long seed) {
            // hashint8extended folds its 64 bits into 32; as a seed all of them count.
            return "hashint4extended(" + seed + ", " + value + "::int8)";
        }
    },
    /** Whole numbers up to 32 bits on both sides. */
    SMALL_INTEGER {
        @Override
        String hashSql(String value, long seed) {
            return "hashint4extended(" + value + "::int4, " + seed + ")";
        }
    },
    /** Floats, bit by bit: the last digit counts, and so does the sign of a zero; one NaN is as good as another. */
    FLOAT {
        @Override
        String hashSql(String value, long seed) {
            return "CASE WHEN " + value + " = 0 THEN hashtextextended(" + value + "::text COLLATE \"C\", " + seed
                    + ") ELSE hashfloat8extended(" + value + "::float8, " + seed + ") END";
        }

        @Override
        String textSql(String value) {
            return value + "::float8::text";
        }

        @Override
        String canonical(String text) {
            return Double.toString(Double.parseDouble(text));
        }
    },
    /** Numbers of different types: by value, so that 1.0 is 1. */
    NUMBER {
        @Override
        String textSql(String value) {
            return "trim_scale(" + value + "::text::numeric)::text";
        }
    },
    BOOLEAN {
        @Override
        String hashSql(String value, long seed) {
            return "hashint4extended(" + value + "::int4, " + seed + ")";
        }
    },
    /** Texts, byte by byte: trailing spaces count, and normal forms of Unicode are not the same. */
    TEXT,
    /** Texts of {@code char(n)} on both sides: trailing spaces are not part of the value. */
    PADDED_TEXT {
        @Override
        String hashSql(String value, long seed) {
            return "hashbpcharextended(" + value + " COLLATE \"C\", " + seed + ")";
        }
    },
    BYTES {
        @Override
        String hashSql(String value, long seed) {
            return "hash_array_extended(ARRAY[" + value + "], " + seed + ")";
        }

        @Override
        String textSql(String value) {
            return "encode(" + value + ", 'hex')";
        }
    },
    UUID {
        @Override
        String hashSql(String value, long seed) {
            return "uuid_hash_extended(" + value + ", " + seed + ")";
        }
    },
    /** {@code json} against {@code jsonb}: by what jsonb keeps. */
    JSONB {
        @Override
        String textSql(String value) {
            return value + "::jsonb::text";
        }
    },
    /** Any other type, as its type writes it: the scale of a numeric counts, and so do the spaces of a json. */
    OUTPUT,
    /** Values of SQLite on both sides: storage class and content. */
    STORED {
        @Override
        String textSql(String value) {
            throw new UnsupportedOperationException();
        }
    };

    /** SQL for the 64-bit hash of a value, null for null. */
    String hashSql(String value, long seed) {
        return "hashtextextended(" + textSql(value) + " COLLATE \"C\", " + seed + ")";
    }

    /** SQL for the text of a value, null for null. */
    String textSql(String value) {
        return value + "::text";
    }

    /** The one text of a value that both sides may write differently. */
    String canonical(String text) {
        return text;
    }

    /** What stands for null among the hashes of a column. */
    static long hashOfNull(long seed) {
        return PostgresHash.ofInt(0x6e756c6c, seed);
    }
}
