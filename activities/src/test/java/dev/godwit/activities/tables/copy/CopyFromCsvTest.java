package dev.godwit.activities.tables.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** copy.table from CSV files to PostgreSQL and SQLite. */
class CopyFromCsvTest extends StepContract {
    private static final String TYPES = ", types: {id: 'bigint', name: 'text', price: 'numeric(8,2)'}";

    @TempDir
    private Path elsewhere;
    private PostgresServer.Database target;

    @Override
    protected StepWorld world(Path directory) throws Exception {
        PostgresServer.Database database = PostgresServer.shared().newDatabase();
        StringBuilder csv = new StringBuilder("id,name,price\n");
        for (int i = 0; i < 30; i++) {
            csv.append(i == 17 ? "x,bad,1\n" : i + ",item " + i + "," + i / 4.0 + "\n");
        }
        Files.writeString(directory.resolve("items.csv"), csv);
        return new StepWorld(directory, "copy.table").directory("v1", directory)
                .resource("v2", database.resource())
                .spec("{from: 'v1:items.csv', to: 'v2:items', batch: 7, existing: 'append',"
                        + " csv: {bad-rows: 'quarantine'}" + TYPES + "}")
                .counting(() -> CopyFromSqliteTest.contents(database))
                .closing(database);
    }

    @Override
    protected int interruptions() {
        return 12;
    }

    @BeforeEach
    void make_the_target() {
        target = PostgresServer.shared().newDatabase();
    }

    @AfterEach
    void drop_the_target() throws Exception {
        target.close();
    }

    @Test
    void quotes_line_breaks_and_nulls_are_read_as_they_are_written() throws Exception {
        String csv = "\uFEFFid,name,price\r\n1,\"a \"\"b\"\", c\nd\",1.5\r\n2,,\r\n3,\"\",0.10\r\n4, spaces ,-0\r\n5,Grün😀,1";

        run(csv.getBytes(StandardCharsets.UTF_8), target.resource(), TYPES);

        assertThat(target.rows("SELECT id, name, price, name = '' FROM items ORDER BY id")).containsExactly(
                "1|a \"b\", c\nd|1.50|f", "2|null|null|null", "3||0.10|t", "4| spaces |0.00|f", "5|Grün😀|1.00|f");
    }

    @Test
    void another_encoding_delimiter_quote_and_null_text_without_a_header() throws Exception {
        byte[] csv = "7;'Grün;''s';NULL\n8;'NULL';2\n".getBytes(Charset.forName("windows-1252"));

        run(csv, target.resource(), TYPES + ", columns: ['id', 'name', 'price'], csv: {header: false, delimiter: ';',"
                + " quote: '\\'', null-text: 'NULL', encoding: 'windows-1252'}");

        assertThat(target.rows("SELECT * FROM items ORDER BY id")).containsExactly("7|Grün;'s|null", "8|NULL|2.00");
    }

    @Test
    void values_become_what_sqlite_stores() throws Exception {
        Path database = elsewhere.resolve("v2.db");
        String csv = "i,r,t,b,d,u\n1,0.1,007,true,2026-01-01,\n-9223372036854775808,1e300,\"\",0,,x\n";

        run(csv.getBytes(StandardCharsets.UTF_8), "{kind: 'sqlite', path: '" + database + "'}",
                ", types: {i: 'INTEGER', r: 'REAL', t: 'TEXT', b: 'BOOLEAN', d: 'DATE', u: 'TEXT'}");

        assertThat(CopyTortureTest.rows(database,
                "SELECT i, r, t, b, d, u, typeof(i), typeof(r), typeof(t), typeof(b) FROM items ORDER BY r"))
                .containsExactly(
                        "1|0.1|007|1|2026-01-01|null|integer|real|text|integer",
                        "-9223372036854775808|1.0e+300||0|null|x|integer|real|text|integer");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '#', quoteCharacter = '`', value = {"2,b#line 3: it has 2 values where 3 are wanted",
            "2,b,c,d#line 3: it has 4 values", "two,b,1#line 3: column id: the text 'two' is not of type bigint",
            "2,b,1.234#line 3: column price: the number 1.234 does not fit numeric(8,2)",
            "2,b\"c,1#line 3: value 2 has a quote in the wrong place",
            "2,\"b\"c,1#line 3: value 2 has a quote in the wrong place", "2,\"b,1#line 3: a quote is not closed",
            "9223372036854775808,b,1#line 3: column id"})
    void a_bad_line_is_named_and_nothing_is_written_or_it_is_set_aside(String line, String why) throws Exception {
        byte[] csv = ("id,name,price\n1,a,1\n" + line + "\n").getBytes(StandardCharsets.UTF_8);

        assertThatExceptionOfType(StepFailure.class).isThrownBy(() -> run(csv, target.resource(), TYPES))
                .withMessageContaining("items.csv, " + why)
                .withMessageContaining("nothing was written");
        assertThat(target.rows("SELECT 1 FROM pg_class WHERE relname = 'items'")).isEmpty();

        JsonNode output = run(csv, target.resource(), TYPES + ", csv: {bad-rows: 'quarantine'}");

        assertThat(target.rows("SELECT * FROM items")).containsExactly("1|a|1.00");
        assertThat(output.get("quarantined").asLong()).isEqualTo(1);
        assertThat(evidence("bad-rows.jsonl")).singleElement()
                .satisfies(entry -> assertThat(entry)
                        .contains("\"line\":3", line.replace("\"", "\\\"")));
    }

    @Test
    void invalid_utf_8_is_a_bad_line() throws Exception {
        byte[] csv = "id,name,price\n1,x\u00ff,1\n".getBytes(StandardCharsets.ISO_8859_1);

        assertThatExceptionOfType(StepFailure.class).isThrownBy(() -> run(csv, target.resource(), TYPES))
                .withMessageContaining("line 2: column name: the text is not valid UTF-8");
    }

    @Test
    void types_are_never_guessed() {
        assertThatExceptionOfType(StepFailure.class)
                .isThrownBy(() -> run("id,name\n1,a\n".getBytes(StandardCharsets.UTF_8), target.resource(),
                        ", types: {id: 'bigint'}"))
                .withMessageContaining("does not say of what type name is");
    }

    private JsonNode run(byte[] csv, String to, String more) throws Exception {
        Path world = Files.createDirectory(Files.createTempDirectory(elsewhere, "world").resolve("w"));
        Files.write(world.resolve("items.csv"), csv);
        try (StepWorld step = new StepWorld(world, "copy.table").directory("v1", world)
                .resource("v2", to)
                .spec("{from: 'v1:items.csv', to: 'v2:items'" + more + "}")) {
            return step.run().output();
        }
    }

    private List<String> evidence(String name) throws Exception {
        try (Stream<Path> files = Files.walk(elsewhere)) {
            for (Path file : files.filter(path -> path.endsWith(name)).toList()) {
                return Files.readAllLines(file);
            }
        }
        return List.of();
    }
}
