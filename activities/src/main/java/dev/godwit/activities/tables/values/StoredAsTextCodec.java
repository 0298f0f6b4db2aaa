package dev.godwit.activities.tables.values;

/** A type whose values SQLite stores as the text that PostgreSQL writes, so that this is what travels there. */
abstract class StoredAsTextCodec extends ValueCodec {
    StoredAsTextCodec(String type) {
        super(type);
    }

    @Override
    public final String selected(String column) {
        return column + "::text";
    }

    @Override
    public final Object stored(byte[] bytes, int offset, int length) {
        return string(bytes, offset, length);
    }
}
