package dev.godwit.activities.tables.values;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.activities.tables.values.TypeMapping.StorageClass;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TypeMappingTest {
    private static final Path PAGE = Path.of("../docs/reference/type-mapping.md");

    private static final List<String> POSTGRES_TYPES = List.of("boolean", "smallint", "integer", "bigint", "real",
            "double precision", "numeric", "numeric(10,2)", "text", "character varying(20)", "character(5)", "name",
            "bytea", "date", "time without time zone", "time with time zone", "timestamp without time zone",
            "timestamp with time zone", "interval", "uuid", "json", "jsonb", "xml", "integer[]", "int4range", "inet",
            "bit varying", "money", "point", "tsvector");

    private static final List<String> DECLARATIONS = List.of("INTEGER", "BIGINT", "TINYINT", "REAL", "DOUBLE", "FLOAT",
            "TEXT", "CLOB", "VARCHAR", "VARCHAR(20)", "CHAR(5)", "NVARCHAR(100)", "BLOB", "VARBINARY", "BOOLEAN",
            "DATE",
            "TIME", "DATETIME", "TIMESTAMP", "TIMESTAMPTZ", "DECIMAL", "DECIMAL(10,2)", "NUMERIC", "UUID", "JSON", "",
            "ANY", "MONEY");

    @Test
    void the_page_has_the_tables_of_the_code() throws Exception {
        String page = Files.readString(PAGE);

        assertThat(page).as("%s: the table of PostgreSQL's types", PAGE).contains(fromPostgres());
        assertThat(page).as("%s: the table of SQLite's declarations", PAGE).contains(fromSqlite());
        assertThat(page).as("%s: the table of storage classes", PAGE).contains(byValues());
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"INT8; bigint", "Decimal( 10 , 2 ); numeric(10,2)",
            "varchar(5); character varying(5)", "timestamptz(3); timestamp(3) with time zone",
            "timestamp; timestamp without time zone", "int[]; integer[]", "mood; mood", "\"Mood\"; \"Mood\"",
            "time(2) without time zone; time(2) without time zone", "numeric(5,-2); numeric(5,-2)"})
    void types_are_read_as_people_write_them(String written, String canonical) {
        assertThat(TypeMapping.canonical(written)).isEqualTo(canonical);
        assertThat(TypeMapping.codec(written).type()).isEqualTo(canonical);
    }

    private static String fromPostgres() {
        StringBuilder table = new StringBuilder("| PostgreSQL | SQLite | as |\n|---|---|---|\n");
        for (String type : POSTGRES_TYPES) {
            ValueCodec codec = TypeMapping.codec(type);
            String form = switch (codec.storedAs()) {
                case "INTEGER" -> type.equals("boolean") ? "0 or 1" : "the number";
                case "REAL" -> "the number; NaN and -0.0 are refused";
                case "BLOB" -> "the bytes";
                default -> codec instanceof TextCodec ? "the text" : "what PostgreSQL shows";
            };
            table.append("| `")
                    .append(type)
                    .append("` | `")
                    .append(codec.storedAs())
                    .append("` | ")
                    .append(form)
                    .append(" |\n");
        }
        return table.toString();
    }

    private static String fromSqlite() {
        StringBuilder table = new StringBuilder("| declared | PostgreSQL |\n|---|---|\n");
        for (String declared : DECLARATIONS) {
            Optional<String> type = TypeMapping.byDeclaration(declared);
            table.append("| ")
                    .append(declared.isEmpty() ? "nothing" : "`" + declared + "`")
                    .append(" | ")
                    .append(type.map(name -> "`" + name + "`").orElse("by its values"))
                    .append(" |\n");
        }
        return table.toString();
    }

    private static String byValues() {
        StringBuilder table = new StringBuilder("| values | PostgreSQL |\n|---|---|\n");
        List<Set<StorageClass>> sets = List.of(EnumSet.noneOf(StorageClass.class), EnumSet.of(StorageClass.INTEGER),
                EnumSet.of(StorageClass.REAL), EnumSet.of(StorageClass.INTEGER, StorageClass.REAL),
                EnumSet.of(StorageClass.TEXT), EnumSet.of(StorageClass.BLOB),
                EnumSet.of(StorageClass.INTEGER, StorageClass.TEXT));
        for (Set<StorageClass> found : sets) {
            String names = found.isEmpty()
                    ? "none"
                    : String.join(" and ", found.stream().map(each -> "`" + each + "`").toList());
            table.append("| ")
                    .append(names)
                    .append(" | ")
                    .append(TypeMapping.byValues(found)
                            .map(type -> "`" + type + "`")
                            .orElse("refused: say which by `types`"))
                    .append(" |\n");
        }
        return table.toString();
    }

    /** Prints the tables, for the page. */
    public static void main(String[] arguments) {
        System.out.println(fromPostgres() + "\n" + fromSqlite() + "\n" + byValues());
    }
}
