package dev.godwit.activities.tables.values;

import dev.godwit.activities.database.PostgresTable;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which type of one database stands for a type of the other, and how the values of each are written. */
public final class TypeMapping {
    private static final Pattern TYPE = Pattern
            .compile(
                    "([a-z_\" ]+?)\\s*(?:\\(\\s*(\\d+)\\s*(?:,\\s*(-?\\d+)\\s*)?\\))?( with time zone| without time zone)?");
    private static final Pattern DECLARED = Pattern.compile("(.*?)\\s*\\(\\s*(\\d+)\\s*(?:,\\s*(\\d+)\\s*)?\\)\\s*");
    private static final Pattern NO_WORD_OF_SQLITE = Pattern
            .compile("(interval|point|int[48](multi)?range|int2vector)\\b.*|.*\\[\\]");
    private static final int MOST_PRECISION = 1000;
    /** What people write for what the catalog calls otherwise. */
    private static final Map<String, String> ALIASES = Map.ofEntries(Map.entry("bool", "boolean"),
            Map.entry("int2", "smallint"), Map.entry("int", "integer"), Map.entry("int4", "integer"),
            Map.entry("int8", "bigint"), Map.entry("float4", "real"), Map.entry("float", "double precision"),
            Map.entry("float8", "double precision"), Map.entry("decimal", "numeric"),
            Map.entry("varchar", "character varying"), Map.entry("char", "character"),
            Map.entry("timestamptz", "timestamp with time zone"), Map.entry("timestamp", "timestamp without time zone"),
            Map.entry("time", "time without time zone"), Map.entry("timetz", "time with time zone"));

    /** How SQLite stores a value. */
    public enum StorageClass { INTEGER, REAL, TEXT, BLOB }

    private TypeMapping() {}

    /** The codec of a column of a PostgreSQL table. */
    public static ValueCodec codec(PostgresTable.Column column) {
        return codec(column.type());
    }

    /**
     * The codec of a PostgreSQL type.
     *
     * @param type as the catalog or as people write it: {@code numeric(10,2)}, {@code timestamptz}
     */
    public static ValueCodec codec(String type) {
        String canonical = canonical(type);
        Matcher matcher = TYPE.matcher(canonical);
        if (!matcher.matches()) {
            return new ServerCodec(canonical);
        }
        Optional<Integer> first = Optional.ofNullable(matcher.group(2)).map(Integer::valueOf);
        int digits = first.orElse(6);
        String zone = Optional.ofNullable(matcher.group(4)).orElse("");
        return switch (matcher.group(1) + zone) {
            case "boolean" -> new ScalarCodecs.BooleanCodec();
            case "smallint" -> new ScalarCodecs.IntegerCodec(canonical, 2);
            case "integer" -> new ScalarCodecs.IntegerCodec(canonical, 4);
            case "bigint" -> new ScalarCodecs.IntegerCodec(canonical, 8);
            case "real" -> new ScalarCodecs.FloatCodec(canonical, false);
            case "double precision" -> new ScalarCodecs.FloatCodec(canonical, true);
            case "numeric" -> first.isEmpty()
                    ? new NumericCodec()
                    : new NumericCodec(first.get(),
                            Optional.ofNullable(matcher.group(3)).map(Integer::valueOf).orElse(0));
            case "text" -> TextCodec.unlimited(canonical);
            case "character varying" -> first.isEmpty()
                    ? TextCodec.unlimited(canonical)
                    : TextCodec.varying(canonical, first.get());
            case "character" -> TextCodec.padded(canonical, first.orElse(1));
            case "bpchar" -> TextCodec.unlimited(canonical);
            case "name" -> TextCodec.name();
            case "bytea" -> new ScalarCodecs.BytesCodec();
            case "uuid" -> new ScalarCodecs.UuidCodec();
            case "date" -> new TimeCodec(canonical, TimeCodec.Parts.DATE, 0);
            case "time without time zone" -> new TimeCodec(canonical, TimeCodec.Parts.TIME, digits);
            case "timestamp without time zone" -> new TimeCodec(canonical, TimeCodec.Parts.TIMESTAMP, digits);
            case "timestamp with time zone" -> new TimeCodec(canonical, TimeCodec.Parts.TIMESTAMP_WITH_ZONE, digits);
            default -> new ServerCodec(canonical);
        };
    }

    /** A type as the catalog writes it. Quoted names keep their capitals. */
    public static String canonical(String type) {
        if (type.contains("\"")) {
            return type.strip();
        }
        String lower = type.strip()
                .toLowerCase(Locale.ROOT)
                .replaceAll("\\s+", " ")
                .replaceAll(" ?\\( ?", "(")
                .replaceAll(" ?, ?", ",")
                .replaceAll(" ?\\)", ")");
        Matcher parts = Pattern.compile("([a-z0-9_ ]+?)(\\([^)]*\\))?( with(?:out)? time zone)?((?:\\[\\])*)")
                .matcher(lower);
        if (!parts.matches()) {
            return lower;
        }
        String limit = parts.group(2) == null ? "" : parts.group(2);
        if (parts.group(3) != null) {
            return parts.group(1) + limit + parts.group(3) + parts.group(4);
        }
        String name = ALIASES.getOrDefault(parts.group(1), parts.group(1));
        // The precision of a time stands before its zone.
        int zone = name.indexOf(" with");
        return (zone < 0 ? name + limit : name.substring(0, zone) + limit + name.substring(zone)) + parts.group(4);
    }

    /**
     * The PostgreSQL type for a column of SQLite by the words of its declaration, if they say one.
     *
     * @param declared what stands behind the column's name; empty if nothing does
     * @return nothing where the values decide ({@link #byValues})
     */
    public static Optional<String> byDeclaration(String declared) {
        Matcher limited = DECLARED.matcher(declared.toUpperCase(Locale.ROOT));
        String word = (limited.matches() ? limited.group(1) : declared.toUpperCase(Locale.ROOT)).strip();
        Optional<Integer> first = limited.matches() ? Optional.of(Integer.valueOf(limited.group(2))) : Optional.empty();
        String second = limited.matches() && limited.group(3) != null ? limited.group(3) : "0";
        return Optional.ofNullable(switch (word) {
            case "BOOLEAN", "BOOL" -> "boolean";
            case "DATE" -> "date";
            case "TIME" -> "time without time zone";
            case "DATETIME", "TIMESTAMP" -> "timestamp without time zone";
            case "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE" -> "timestamp with time zone";
            case "DECIMAL", "DEC", "NUMERIC" -> first.filter(digits -> digits > 0 && digits <= MOST_PRECISION)
                    .map(digits -> "numeric(" + digits + "," + second + ")")
                    .orElse("numeric");
            case "UUID", "GUID" -> "uuid";
            case "JSON" -> "json";
            case "BYTEA", "BINARY", "VARBINARY" -> "bytea";
            case "VARCHAR", "CHARACTER VARYING", "NVARCHAR", "CHAR", "CHARACTER", "NCHAR", "VARYING CHARACTER",
                    "NATIVE CHARACTER" ->
                first.filter(length -> length > 0 && length <= 10_485_760)
                        .map(length -> "character varying(" + length + ")")
                        .orElse("text");
            default -> byAffinity(word);
        });
    }

    /**
     * The PostgreSQL type that someone says by the words of either database. SQLite would find a number in
     * {@code interval} and in an array of integers.
     */
    public static String said(String type) {
        String canonical = canonical(type);
        return NO_WORD_OF_SQLITE.matcher(canonical).matches() ? canonical : byDeclaration(type).orElse("text");
    }

    /** SQLite's own rules, in its own order. */
    private static String byAffinity(String word) {
        if (word.contains("INT")) {
            return "bigint";
        }
        if (word.contains("CHAR") || word.contains("CLOB") || word.contains("TEXT")) {
            return "text";
        }
        if (word.contains("BLOB")) {
            return "bytea";
        }
        return word.contains("REAL") || word.contains("FLOA") || word.contains("DOUB") ? "double precision" : null;
    }

    /**
     * The PostgreSQL type for a column of SQLite whose declaration says none.
     *
     * @param found the storage classes of its values, nulls left out
     * @return nothing if there is no type that all of them keep their values in
     */
    public static Optional<String> byValues(Set<StorageClass> found) {
        if (found.isEmpty() || found.equals(EnumSet.of(StorageClass.TEXT))) {
            return Optional.of("text");
        }
        if (found.equals(EnumSet.of(StorageClass.INTEGER))) {
            return Optional.of("bigint");
        }
        if (found.equals(EnumSet.of(StorageClass.REAL))
                || found.equals(EnumSet.of(StorageClass.INTEGER, StorageClass.REAL))) {
            return Optional.of("double precision");
        }
        return found.equals(EnumSet.of(StorageClass.BLOB)) ? Optional.of("bytea") : Optional.empty();
    }
}
