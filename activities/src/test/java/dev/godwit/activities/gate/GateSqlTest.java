package dev.godwit.activities.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.database.AskedDatabase;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.plan.Verdict;
import dev.godwit.run.StepReport;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(180)
class GateSqlTest {
    private static final String TABLE = "CREATE TABLE uplinks (frame integer, rssi real)";
    private static final String ROWS = "INSERT INTO uplinks VALUES (1, -90.5), (2, -80.25), (3, NULL)";

    @Nested
    class OnPostgres extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return GateSqlTest.world(AskedDatabase.POSTGRES, directory, COUNT + ", interval: '1ms', count: 2");
        }

        @Override
        protected int interruptions() {
            return 10; // Each has a database of its own.
        }
    }

    @Nested
    class OnSqlite extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return GateSqlTest.world(AskedDatabase.SQLITE, directory, COUNT + ", interval: '1ms', count: 2");
        }

        @Override
        protected int interruptions() {
            return 10; // Each has a database of its own.
        }
    }

    private static final String COUNT = "query: 'SELECT count(*) FROM uplinks', pass: '. == 3'";

    @TempDir
    private Path temporary;

    @ParameterizedTest
    @EnumSource
    void one_row_is_judged_and_anything_else_says_nothing(AskedDatabase kind) throws Exception {
        expect(kind, 1, "SELECT count(*) FROM uplinks", ". == 3", Verdict.PASSED, "");
        expect(kind, 2, "SELECT max(rssi) FROM uplinks", ". == -80.25", Verdict.PASSED, "");
        expect(kind, 3, "SELECT max(rssi) FROM uplinks", ". > -70", Verdict.FAILED, "-80.25: not . > -70");
        expect(kind, 4, "SELECT frame FROM uplinks WHERE frame > 9", ". > 0", Verdict.INCONCLUSIVE, "gives 0 rows");
        expect(kind, 5, "SELECT frame FROM uplinks", ". > 0", Verdict.INCONCLUSIVE, "gives 3 rows where one is wanted");
        expect(kind, 6, "SELECT rssi FROM uplinks WHERE frame = 3", ". < 0", Verdict.INCONCLUSIVE, "there is no value");
    }

    @ParameterizedTest
    @EnumSource
    void of_a_row_of_several_columns_one_must_be_chosen(AskedDatabase kind) throws Exception {
        String query = "query: 'SELECT max(frame) AS last, count(*) AS number FROM uplinks'";
        try (StepWorld world = world(kind, temporary.resolve("w"), query + ", pass: '. == 3'")) {
            assertThatThrownBy(world::run)
                    .hasMessageContaining("the row has 2 columns; say with value which counts, such as '.last'");
            world.round(2).spec("{in: 'parking', " + query + ", value: '.number - .last', pass: '. == 0'}");
            assertThat(world.run().output().get("verdict").asText()).isEqualTo("passed");
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_wrong_query_is_the_plans_fault_and_one_that_takes_too_long_says_nothing(AskedDatabase kind)
            throws Exception {
        try (StepWorld world = world(kind, temporary.resolve("w"),
                "query: 'SELECT nonsense FROM uplinks', pass: '.'")) {
            assertThatThrownBy(world::run).hasMessageContaining("nonsense").extracting("retryable").isEqualTo(false);

            world.round(2)
                    .spec("{in: 'parking', query: 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                            + " SELECT count(*) FROM n', within: '100ms', pass: '. > 0'}");
            StepReport.Gate gate = world.run().gate().orElseThrow();
            assertThat(gate.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
            assertThat(gate.reason().orElseThrow()).endsWith("no whole answer within 100ms");
        }
    }

    @Test
    void a_server_that_is_away_says_nothing() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("w"), "gate.sql").resource("parking",
                "{kind: 'postgres', url: 'jdbc:postgresql://127.0.0.1:1/parking', user: 'postgres'}")
                .spec("{in: 'parking', " + COUNT + "}")) {
            assertThat(world.run().gate().orElseThrow().verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        }
    }

    private void expect(AskedDatabase kind, int number, String query, String pass, Verdict verdict, String reason)
            throws Exception {
        try (StepWorld world = world(kind, temporary.resolve("w" + number),
                "query: '" + query + "', pass: '" + pass + "'")) {
            StepReport.Gate gate = world.run().gate().orElseThrow();
            assertThat(gate.verdict()).as(query).isEqualTo(verdict);
            assertThat(gate.reason().orElse("")).contains(reason);
        }
    }

    private static StepWorld world(AskedDatabase kind, Path directory, String terms) throws Exception {
        return kind.in(new StepWorld(directory, "gate.sql"), TABLE, ROWS).spec("{in: 'parking', " + terms + "}");
    }
}
