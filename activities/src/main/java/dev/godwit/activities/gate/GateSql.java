package dev.godwit.activities.gate;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.activities.database.SqlQuery;
import dev.godwit.json.Jq;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.ErrorKind;
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
import java.util.Optional;

/**
 * Asks a PostgreSQL or SQLite database for one row and decides whether the run goes on. Nothing can be changed by it:
 * PostgreSQL is asked in a transaction that only reads, SQLite in a private copy, taken for each measurement.
 *
 * <pre>{@code
 * - name: uplinks_arrive
 *   uses: gate.sql
 *   with:
 *     in: parking
 *     query: SELECT count(*) AS uplinks FROM uplinks WHERE received > now() - interval '1 minute'
 *     pass: . >= 100
 *     interval: 1m
 *     count: 5
 *     inconclusive-limit: 1
 * }</pre>
 *
 * <p>No row, more than one, NULL, NaN, no answer in time and a database that cannot be asked say nothing: such a
 * measurement is inconclusive.
 *
 * <p>What the outcomes of a gate are, how they come about and what follows from them, stands with {@code gate.http}.
 *
 * <p>Fails with what the database says of a wrong query: {@code sql-failed}, {@code table-missing},
 * {@code permission-denied}; with {@code column-twice}; and with {@code row-unfit} if the row has several columns and
 * {@code value} does not say which counts.
 */
@Uses(value = "gate.sql", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class GateSql implements ReadOnlyStepType<GateSql.Spec, GateOutput> {
    /**
     * @param in the database
     * @param query in SQL; it gives one row
     * @param within how long it may take
     * @param value a jq expression over the row, an object by column; its only column by default
     * @param pass what must be true of the value
     * @param fail what must not
     * @param interval from one measurement to the next
     * @param count how many measurements, 1,000 at most
     * @param failureLimit how many may fail
     * @param inconclusiveLimit how many may be inconclusive
     */
    public record Spec(@Of( {
            "postgres", "sqlite"}) Location in, String query, @Default("30s") Duration within, Optional<Jq> value,
            Optional<Jq> pass, Optional<Jq> fail, Optional<Duration> interval, @Default("1") int count,
            @Default("0") int failureLimit, @Default("0") int inconclusiveLimit) implements GateSpec{
        public Spec {
            new Terms(pass, fail, interval, count, failureLimit, inconclusiveLimit).requireCondition();
        }

        @Override
        public String subject() {
            return value.map(jq -> jq + " of ").orElse("") + query.strip().replaceAll("\\s+", " ");
        }

        @Override
        public GateSource open(RunContext context) {
            SqlQuery asked = new SqlQuery("gate.sql", in, context);
            return () -> measure(asked);
        }

        private Measured measure(SqlQuery asked) throws Exception {
            SqlQuery.Rows rows;
            try {
                rows = asked.ask(query, within, 1);
            } catch (StepFailure e) {
                if (e.kind() == ErrorKind.EXTERNAL) {
                    return Measured.inconclusive(e.getMessage());
                }
                throw e;
            }
            if (rows.count() != 1) {
                return Measured.inconclusive("the query gives " + rows.count() + " rows where one is wanted");
            }
            JsonNode row = rows.rows().getFirst();
            if (value.isPresent()) {
                return Measured.of(value.get(), row);
            }
            if (row.size() != 1) {
                throw StepFailure.user("row-unfit", "gate.sql: " + in + ": the row has " + row.size()
                        + " columns; say with value which counts, such as '." + row.fieldNames().next() + "'");
            }
            return Measured.of(row.iterator().next());
        }
    }

    @Override
    public Preview<GateOutput> preview(Spec spec, PreviewContext context) {
        return GateRun.preview(spec);
    }

    @Override
    public GateOutput run(Spec spec, RunContext context) throws Exception {
        return GateRun.run(spec, context);
    }
}
