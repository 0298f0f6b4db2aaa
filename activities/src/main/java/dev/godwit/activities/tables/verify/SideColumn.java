package dev.godwit.activities.tables.verify;

import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.tables.values.ValueForm;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * A column of one of two tables to compare.
 *
 * @param name its name
 * @param family what sort of values it holds
 * @param typeName the type's name, without modifiers
 * @param type the type for people
 */
record SideColumn(String name, Family family, String typeName, String type) {

    private static final Set<Family> INTEGERS = EnumSet.of(Family.SMALL_INTEGER, Family.INTEGER);
    private static final Set<Family> NUMBERS = EnumSet.of(Family.SMALL_INTEGER, Family.INTEGER, Family.FLOAT,
            Family.NUMERIC);
    private static final Set<Family> TEXTS = EnumSet.of(Family.TEXT, Family.PADDED_TEXT, Family.ENUM);
    private static final Set<Family> DOCUMENTS = EnumSet.of(Family.JSON, Family.JSONB);

    /** Types that can be compared with each other. */
    enum Family {
        SMALL_INTEGER, INTEGER, FLOAT, NUMERIC, BOOLEAN, TEXT, PADDED_TEXT, ENUM, BYTES, UUID, DATE, TIME, TIMESTAMP, TIMESTAMP_WITH_ZONE, JSON, JSONB, OTHER,
        /** SQLite's: any value may stand in any column. */
        STORED
    }

    static SideColumn of(PostgresTable.Column column) {
        Family family = switch (column.typeName()) {
            case "int2", "int4" -> Family.SMALL_INTEGER;
            case "int8" -> Family.INTEGER;
            case "float4", "float8" -> Family.FLOAT;
            case "numeric" -> Family.NUMERIC;
            case "bool" -> Family.BOOLEAN;
            case "text", "varchar", "name" -> Family.TEXT;
            case "bpchar" -> Family.PADDED_TEXT;
            case "bytea" -> Family.BYTES;
            case "uuid" -> Family.UUID;
            case "date" -> Family.DATE;
            case "time" -> Family.TIME;
            case "timestamp" -> Family.TIMESTAMP;
            case "timestamptz" -> Family.TIMESTAMP_WITH_ZONE;
            case "json" -> Family.JSON;
            case "jsonb" -> Family.JSONB;
            default -> column.sort() == 'e' ? Family.ENUM : Family.OTHER;
        };
        return new SideColumn(column.name(), family, column.typeName(), column.type());
    }

    /** The form in which values of this column are compared with those of another, if they can be. */
    Optional<ValueForm> comparedWith(SideColumn other) {
        if (family == Family.STORED || other.family == Family.STORED) {
            return Optional.of(family == other.family
                    ? ValueForm.STORED
                    : stored(family == Family.STORED ? other : this));
        }
        if (family == other.family) {
            return same(other);
        }
        Set<Family> both = EnumSet.of(family, other.family);
        if (INTEGERS.containsAll(both)) {
            return Optional.of(ValueForm.INTEGER);
        }
        if (NUMBERS.containsAll(both)) {
            return Optional.of(ValueForm.NUMBER);
        }
        if (TEXTS.containsAll(both)) {
            return Optional.of(ValueForm.TEXT);
        }
        return DOCUMENTS.containsAll(both) ? Optional.of(ValueForm.JSONB) : Optional.empty();
    }

    private Optional<ValueForm> same(SideColumn other) {
        return switch (family) {
            case NUMERIC -> Optional.of(type.equals(other.type) ? ValueForm.OUTPUT : ValueForm.NUMBER);
            case SMALL_INTEGER -> Optional.of(ValueForm.SMALL_INTEGER);
            case INTEGER -> Optional.of(ValueForm.INTEGER);
            case FLOAT -> Optional.of(ValueForm.FLOAT);
            case BOOLEAN -> Optional.of(ValueForm.BOOLEAN);
            case TEXT, ENUM -> Optional.of(ValueForm.TEXT);
            case PADDED_TEXT -> Optional.of(ValueForm.PADDED_TEXT);
            case BYTES -> Optional.of(ValueForm.BYTES);
            case UUID -> Optional.of(ValueForm.UUID);
            case DATE -> Optional.of(ValueForm.DATE);
            case TIME -> Optional.of(ValueForm.TIME);
            case TIMESTAMP -> Optional.of(ValueForm.TIMESTAMP);
            case TIMESTAMP_WITH_ZONE -> Optional.of(ValueForm.TIMESTAMP_WITH_ZONE);
            case JSON, JSONB, STORED -> Optional.of(ValueForm.OUTPUT);
            case OTHER -> typeName.equals(other.typeName) ? Optional.of(ValueForm.OUTPUT) : Optional.empty();
        };
    }

    private static ValueForm stored(SideColumn postgres) {
        return switch (postgres.family) {
            case SMALL_INTEGER -> ValueForm.INTEGER;
            case NUMERIC -> ValueForm.NUMERIC;
            case ENUM -> ValueForm.OUTPUT;
            case INTEGER, FLOAT, BOOLEAN, TEXT, PADDED_TEXT, BYTES, UUID, DATE, TIME, TIMESTAMP, TIMESTAMP_WITH_ZONE,
                    JSON, JSONB, OTHER, STORED ->
                postgres.same(postgres).orElseThrow();
        };
    }

    /** The PostgreSQL type of this column, or of its counterpart if that is the one in PostgreSQL. */
    String postgresType(SideColumn other) {
        if (family != Family.STORED) {
            return type;
        }
        return other.family == Family.STORED ? "" : other.type;
    }
}
