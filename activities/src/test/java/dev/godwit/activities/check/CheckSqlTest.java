package dev.godwit.activities.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.AskedDatabase;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(180)
class CheckSqlTest {
    private static final String[] TABLE = {"CREATE TABLE devices (id integer, tenant text, level double precision)",
            "INSERT INTO devices VALUES (1, 'north', 0.1), (2, 'south', 2.5), (3, NULL, NULL)"};

    @Nested
    class OnPostgres extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return CheckSqlTest.world(AskedDatabase.POSTGRES, directory,
                    "queries: [{query: 'TABLE devices', rows: 3}]");
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("results"); // It holds how long the answers took.
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
            return CheckSqlTest.world(AskedDatabase.SQLITE, directory,
                    "queries: [{query: 'SELECT * FROM devices', rows: 3}]");
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("results");
        }
    }

    @TempDir
    private Path temporary;

    @ParameterizedTest
    @EnumSource
    void every_query_is_made_and_every_objection_told(AskedDatabase kind) throws Exception {
        try (StepWorld world = world(kind, temporary.resolve("w"), """
                fail: false, queries: [
                    {query: 'SELECT * FROM devices', rows: 3},
                    {query: 'SELECT * FROM devices', rows: 2},
                    {query: 'SELECT count(*) FROM devices', value: 3},
                    {query: 'SELECT count(*) FROM devices', value: 4},
                    {query: 'SELECT level FROM devices WHERE id = 1', value: 0.1},
                    {query: 'SELECT tenant FROM devices WHERE id = 1', value: 'north'},
                    {query: 'SELECT tenant FROM devices WHERE id = 3', value: null, json: '.[0].tenant == null'},
                    {query: 'SELECT id, tenant FROM devices', value: 1},
                    {query: 'SELECT id, tenant FROM devices ORDER BY id', json: 'map(.id) == [1, 2, 3]'},
                    {query: 'SELECT id FROM devices WHERE tenant IS NULL', json: 'length == 0'},
                    {name: 'misspelt', query: 'SELECT nonsense FROM devices'},
                    {query: 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n',
                     name: 'endless', within: '50ms'}]
                """)) {
            JsonNode output = world.run().output();

            List<String> results = new ArrayList<>();
            output.get("results")
                    .forEach(result -> results.add(result.get("name").asText()
                            + (result.get("passed").asBoolean() ? "" : ": " + result.get("why").asText())));
            assertThat(results.subList(0, 10)).containsExactly("SELECT * FROM devices",
                    "SELECT * FROM devices: 3 rows instead of 2", "SELECT count(*) FROM devices",
                    "SELECT count(*) FROM devices: 3 instead of 4", "SELECT level FROM devices WHERE id = 1",
                    "SELECT tenant FROM devices WHERE id = 1", "SELECT tenant FROM devices WHERE id = 3",
                    "SELECT id, tenant FROM devices: there are 3 rows of 2 columns where one value is wanted",
                    "SELECT id, tenant FROM devices ORDER BY id",
                    "SELECT id FROM devices WHERE tenant IS NULL: 'length == 0' gives false");
            assertThat(results.get(10)).startsWith("misspelt: ").contains("nonsense");
            assertThat(results.get(11)).isEqualTo("endless: parking: no whole answer within 50ms");
            assertThat(output.get("failed").asInt()).isEqualTo(6);
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_query_that_does_not_pass_fails_the_step_and_its_preview(AskedDatabase kind) throws Exception {
        try (StepWorld world = world(kind, temporary.resolve("w"),
                "queries: [{name: 'orphans', query: 'SELECT id FROM devices WHERE tenant IS NULL', rows: 0}]")) {
            for (ThrowingCallable attempt : List.<ThrowingCallable>of(world::preview, world::run)) {
                assertThatThrownBy(attempt).hasMessage(
                        "check.sql: 1 of 1 queries in parking did not pass: orphans: 1 rows instead of 0")
                        .extracting("retryable")
                        .isEqualTo(false);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void nothing_can_be_changed(AskedDatabase kind) throws Exception {
        try (StepWorld world = world(kind, temporary.resolve("w"),
                "fail: false, queries: [{query: 'DELETE FROM devices RETURNING id'},"
                        + " {query: 'SELECT count(*) FROM devices', value: 3}]")) {
            assertThat(world.run().output().at("/results/1/passed").asBoolean()).isTrue();
        }
    }

    @Test
    void a_server_that_is_away_is_worth_a_retry() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("w"), "check.sql").attempts(2)
                .resource("parking",
                        "{kind: 'postgres', url: 'jdbc:postgresql://127.0.0.1:1/parking', user: 'postgres'}")
                .spec("{in: 'parking', queries: [{query: 'SELECT 1'}]}")) {
            assertThatThrownBy(world::run).hasMessageContaining("127.0.0.1:1").extracting("retryable").isEqualTo(true);
        }
    }

    private static StepWorld world(AskedDatabase kind, Path directory, String spec) throws Exception {
        return kind.in(new StepWorld(directory, "check.sql"), TABLE).spec("{in: 'parking', " + spec + "}");
    }
}
