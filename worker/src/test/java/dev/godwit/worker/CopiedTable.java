package dev.godwit.worker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.PostgresCluster;
import dev.godwit.activities.faults.FaultProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;

/** A big table in one PostgreSQL server, another server that gets it, proxies in front of both, and the plan that copies it. */
final class CopiedTable implements AutoCloseable {
    private static final String CONTENT = "SELECT count(*) || ' rows, ' || count(DISTINCT id) || ' keys, '"
            + " || coalesce(sum(hashtextextended(items::text, 0)), 0) || ' ' || coalesce(sum(hashtextextended(items::text, 1)), 0)"
            + " FROM items";

    final PostgresCluster source;
    final PostgresCluster target;
    final FaultProxy toSource;
    final FaultProxy toTarget;
    private final Path plan;
    private final Site site;

    /**
     * Makes and fills it.
     *
     * @param settings of the copy, in YAML
     * @param phases further ones, in YAML
     */
    CopiedTable(Site site, Path directory, int rows, String settings, String phases) throws Exception {
        this.site = site;
        source = PostgresCluster.in(Files.createDirectories(directory.resolve("source")));
        target = PostgresCluster.in(Files.createDirectories(directory.resolve("target")));
        toSource = FaultProxy.inFrontOf("localhost", source.port());
        toTarget = FaultProxy.inFrontOf("localhost", target.port());
        source.execute("CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL, amount numeric(12, 2),"
                + " ratio double precision, at timestamptz, tags text[], note text)",
                "INSERT INTO items SELECT i, 'item ' || i, i / 100.0, i / 7.0, '1969-12-31 00:00Z'::timestamptz"
                        + " + i * interval '1 minute', ARRAY['a', 'b' || i % 7], nullif('n' || i % 5, 'n0')"
                        + " FROM generate_series(1, " + rows + ") i",
                "VACUUM ANALYZE items");
        plan = directory.resolve("plan.yaml");
        Files.writeString(plan, """
                name: big-table
                target: items
                resources:
                  source: {kind: postgres, url: 'jdbc:postgresql://127.0.0.1:%d/postgres', user: postgres}
                  target: {kind: postgres, url: 'jdbc:postgresql://127.0.0.1:%d/postgres', user: postgres}
                on-failure: pause
                phases:
                  - name: data
                    steps:
                      - name: copy
                        uses: copy.table
                        heartbeat: 3s
                        retry: {attempts: 1000, delay: 1ms}
                        with: {from: 'source:items', to: 'target:items', %s}
                %s""".formatted(toSource.port(), toTarget.port(), settings, phases.indent(2)));
    }

    /** Starts the run. */
    Site.Command begin() throws IOException {
        return site.begin(List.of("start", plan.toString(), "--output", "json"));
    }

    /** What {@code status} says of the run. */
    String status() throws Exception {
        return site.godwit("status", workflowId()).out();
    }

    String workflowId() {
        return "big-table/items";
    }

    /** What every batch changes, and nothing else. */
    String progress() throws SQLException {
        if (!target.column("SELECT to_regclass('godwit.journal') IS NOT NULL").getFirst().equals("t")) {
            return "";
        }
        return target.column(
                "SELECT coalesce(md5(string_agg(partition || cursor, ',' ORDER BY run, step, round, partition)), '')"
                        + " FROM godwit.journal WHERE partition LIKE 'range %'")
                .getFirst();
    }

    /** What a side holds, by a query that has nothing to do with Godwit. */
    static String content(PostgresCluster side) throws SQLException {
        return side.column(CONTENT).getFirst();
    }

    /** Why a run did not end well, for people. */
    static String told(Answer answer) {
        return answer.err() + answer.out();
    }

    static JsonNode output(Answer answer, String step) {
        return answer.step(step).get("output");
    }

    @Override
    public void close() throws IOException {
        toSource.close();
        toTarget.close();
        source.close();
        target.close();
    }
}
