package dev.godwit.activities.tables;

/** A type whose values SQLite stores as the text that PostgreSQL writes, so that this is what travels there. */
abstract class StoredAsTextCodec extends ValueCodec {
    StoredAsTextCodec(String type) {
        super(type);
    }

    @Override
    final String selected(String column) {
        return column + "::text";
    }

    @Override
    final Object stored(byte[] bytes, int offset, int length) {
        return string(bytes, offset, length);
    }
}
