package dev.godwit.activities.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.auto.service.AutoService;
import dev.godwit.activities.database.SqlQuery;
import dev.godwit.json.Jq;
import dev.godwit.json.Jq.JqException;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Asks a PostgreSQL or SQLite database and checks what it answers: how many rows, one value, or a condition on the rows. All
 * queries are made, whatever the first ones give, so that one run shows everything that is wrong.
 *
 * <pre>{@code
 * - name: v6_schema
 *   uses: check.sql
 *   with:
 *     in: parking
 *     queries:
 *       - {name: tables, query: "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", value: 14}
 *       - {name: orphans, query: SELECT id FROM devices WHERE tenant_id IS NULL, rows: 0}
 *       - {name: fast, query: SELECT 1 FROM spaces WHERE id = 7, within: 10ms}
 *       - {query: 'SELECT relname, relrowsecurity FROM pg_class', json: 'all(.[]; .relrowsecurity)'}
 * }</pre>
 *
 * <p>Nothing can be changed by it: PostgreSQL is asked in transactions that only read, SQLite in a private copy.
 *
 * <p>Fails with {@code sql-check} if a query did not pass, also where the database calls it wrong; with
 * {@code fail: false} it does not fail on that, and the output tells. Where the database cannot be asked at all it fails
 * with what keeps it from that, such as {@code database-unreachable}. The results are among the step's evidence. A dry-run
 * asks, too, and fails as a run would, unless an earlier step is going to change the database.
 */
@Uses(value = "check.sql", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class CheckSql implements ReadOnlyStepType<CheckSql.Spec, CheckSql.Output> {
    private static final String USES = "check.sql";
    private static final int MOST_ROWS = 1_000;
    private static final int LONGEST = 200;

    /**
     * @param in the database
     * @param queries what to ask, in order; at most 40
     * @param fail whether a query that does not pass fails the step
     */
    public record Spec(@Of( {
            "postgres", "sqlite"}) Location in, List<Query> queries, @Default("true") boolean fail){
        public Spec {
            if (queries.isEmpty() || queries.size() > 40) {
                throw new IllegalArgumentException("queries must hold 1 to 40 queries, and holds " + queries.size());
            }
        }
    }

    /**
     * @param name for people; the query by default
     * @param query in SQL
     * @param rows how many rows there must be
     * @param value what the only column of the only row must hold
     * @param json a condition on the rows, a list of objects by column, at most 1,000; only true passes
     * @param within how long the whole answer may take
     */
    public record Query(Optional<String> name, String query, Optional<Long> rows, Optional<JsonNode> value,
            Optional<Jq> json, @Default("30s") Duration within) {
        String title() {
            return shortened(name.orElseGet(() -> query.strip().replaceAll("\\s+", " ")));
        }
    }

    /**
     * @param results in the order of the queries
     * @param passed how many passed
     * @param failed how many did not
     * @param total how many there are
     */
    public record Output(List<Result> results, long passed, long failed, long total) {
        static Output of(List<Result> results) {
            long passed = results.stream().filter(Result::passed).count();
            return new Output(List.copyOf(results), passed, results.size() - passed, results.size());
        }
    }

    /**
     * @param name of the query
     * @param rows how many rows it gave; absent if it gave no answer
     * @param millis how long the answer took, in milliseconds; absent if there was none
     * @param passed whether all conditions hold
     * @param why what does not hold; absent if all does
     */
    public record Result(String name, Optional<Long> rows, Optional<Double> millis, boolean passed,
            Optional<String> why) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.in());
        return maker.isPresent() ? Preview.knownAfter(maker.get()) : Preview.of(passed(spec, check(spec, context)));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Output output = check(spec, context);
        context.evidence().json("results", output);
        return passed(spec, output);
    }

    private static Output passed(Spec spec, Output output) {
        if (spec.fail() && output.failed() > 0) {
            throw StepFailure.integrity("sql-check", USES + ": " + output.failed() + " of " + output.total()
                    + " queries in " + spec.in() + " did not pass: " + output.results()
                            .stream()
                            .filter(result -> !result.passed())
                            .map(result -> result.name() + ": " + result.why().orElse(""))
                            .collect(Collectors.joining("; ")));
        }
        return output;
    }

    private static Output check(Spec spec, PreviewContext context) throws Exception {
        SqlQuery asked = new SqlQuery(USES, spec.in(), context);
        List<Result> results = new ArrayList<>();
        for (Query query : spec.queries()) {
            context.progress(results.size(), spec.queries().size(), "queries");
            context.checkpoint();
            results.add(check(query, asked));
        }
        return Output.of(results);
    }

    private static Result check(Query query, SqlQuery asked) throws Exception {
        SqlQuery.Rows rows;
        try {
            rows = asked.ask(query.query(), query.within(), MOST_ROWS);
        } catch (StepFailure e) {
            if (SqlQuery.unreachable(e)) {
                throw e;
            }
            return new Result(query.title(), Optional.empty(), Optional.empty(), false,
                    Optional.of(shortened(e.getMessage().replaceFirst("^" + USES + ": ", ""))));
        }
        Optional<String> why = objection(query, rows).map(CheckSql::shortened);
        return new Result(query.title(), Optional.of(rows.count()), Optional.of(rows.took().toNanos() / 1_000 / 1e3),
                why.isEmpty(), why);
    }

    private static Optional<String> objection(Query query, SqlQuery.Rows rows) {
        if (rows.took().compareTo(query.within()) > 0) {
            return Optional.of("it took " + rows.took().toMillis() + " ms");
        }
        if (query.rows().isPresent() && query.rows().get() != rows.count()) {
            return Optional.of(rows.count() + " rows instead of " + query.rows().get());
        }
        return query.value()
                .flatMap(wanted -> objection(wanted, rows))
                .or(() -> query.json().flatMap(condition -> objection(condition, rows)));
    }

    private static Optional<String> objection(JsonNode wanted, SqlQuery.Rows rows) {
        if (rows.count() != 1 || rows.rows().getFirst().size() != 1) {
            return Optional.of("there are " + rows.count() + " rows of "
                    + (rows.rows().isEmpty() ? 0 : rows.rows().getFirst().size())
                    + " columns where one value is wanted");
        }
        JsonNode found = rows.rows().getFirst().iterator().next();
        boolean same = wanted.isNumber() && found.isNumber()
                ? wanted.decimalValue().compareTo(found.decimalValue()) == 0
                : wanted.equals(found);
        return same ? Optional.empty() : Optional.of(found + " instead of " + wanted);
    }

    private static Optional<String> objection(Jq condition, SqlQuery.Rows rows) {
        if (rows.count() > MOST_ROWS) {
            return Optional.of(rows.count() + " rows, and a condition takes at most " + MOST_ROWS);
        }
        try {
            JsonNode verdict = condition.one(JsonNodeFactory.instance.arrayNode().addAll(rows.rows()), Map.of());
            return verdict.isBoolean() && verdict.booleanValue()
                    ? Optional.empty()
                    : Optional.of("'" + condition + "' gives " + verdict);
        } catch (JqException e) {
            return Optional.of(e.getMessage());
        }
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
    }
}
