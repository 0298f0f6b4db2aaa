package dev.godwit.activities.documents;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.SqliteFailures;
import dev.godwit.json.Jq;
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
import java.io.OutputStream;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * Compares what two places hold, value by value and not only by count: documents of a directory, or rows of a table in
 * SQLite or PostgreSQL.
 *
 * <pre>{@code
 * - name: same_detections
 *   uses: verify.documents
 *   with:
 *     expected:
 *       from: v1_home:data/license_plates
 *       rows: '.session_id as $session | .detections | to_entries[] | {session: $session, number: .key, detection: .value}'
 *     actual:
 *       from: v2_db:detections
 *       rows: '{session, number, detection: (.detection | fromjson)}'
 *     key: [session, number]
 *     extra: report
 * }</pre>
 *
 * <p>Values with the same key must be the same: numbers by value ({@code 1.0} is {@code 1}), decimals exactly, text by its
 * characters, lists in their order, objects in any. The order of documents and rows does not matter, and a value that
 * stands there twice must stand there twice. Everything is spooled to the step's workspace, so that memory stays flat. An
 * attempt goes on behind the last 1000 documents that the one before it had read, and reads a table from its beginning.
 *
 * <p>A document is a file, or a line of one whose name ends in {@code .jsonl}, {@code .ndjson}, {@code .jsonl.gz} or
 * {@code .ndjson.gz}. A row of SQLite is an object by column, in which JSON is text; a row of PostgreSQL is what
 * {@code row_to_json} makes of it, in which {@code json} and {@code jsonb} are values.
 *
 * <p>All differences are in the evidence ({@code differences.jsonl}), a line each.
 *
 * <p>Errors: {@code documents-differ}, {@code document-corrupt}, {@code key-absent} (a value lacks a field of the key),
 * {@code mapping-failed}, {@code directory-missing}, {@code database-missing}, {@code table-missing}, {@code database-unreachable}.
 */
@Uses(value = VerifyDocuments.USES, kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class VerifyDocuments implements ReadOnlyStepType<VerifyDocuments.Spec, VerifyDocuments.Output> {
    static final String USES = "verify.documents";

    /** What it means that the actual side holds values with keys that the expected side has not. */
    public enum Extra {
        /** It is a difference. */
        FAIL,
        /** It is counted and named, and is no difference. */
        REPORT,
        /** It is not looked at. */
        IGNORE
    }

    /**
     * @param expected what must be there
     * @param actual what is there
     * @param key the fields that name a value; left out, the value as a whole is its key
     * @param extra what more on the actual side means: fail, report or ignore
     * @param corrupt what happens with a file that is no document: stop, or report to pass it over
     * @param fail whether the step fails on a difference; if not, its output says so
     */
    public record Spec(Side expected, Side actual, @Default("[]") List<String> key, @Default("fail") Extra extra,
            @Default("stop") WhenCorrupt corrupt, @Default("true") boolean fail) {}

    /**
     * One of the two sides.
     *
     * @param from a directory of documents, or a table as {@code DATABASE:TABLE}
     * @param include which files are documents; {@code *} stays within a directory, {@code **} does not
     * @param exclude which of them are not
     * @param shape what a document must be: object, array or any
     * @param rows jq that gives the values to compare, from a document (it sees {@code $file}) or from a row as an object
     *     by column
     */
    public record Side(@Of( {"directory", "sqlite", "postgres"}) Location from,
            @Default("[\"*.json\"]") List<String> include,
            @Default("[]") List<String> exclude, @Default("object") Shape shape, @Default(".") Jq rows){}

    /**
     * @param compared how many values the expected side has
     * @param missing how many of them have a key that the actual side lacks
     * @param different how many are there with another value
     * @param extra how many values of the actual side have a key that the expected side lacks; 0 where they are ignored
     * @param corrupt how many files were passed over because they are no documents
     * @param equal whether there is no difference
     * @param examples the first 10 differences
     */
    public record Output(long compared, long missing, long different, long extra, long corrupt, boolean equal,
            List<Difference> examples) {}

    /**
     * A value that is not the same on both sides.
     *
     * @param what missing, different or extra
     * @param key its key
     * @param expected where the expected side has it
     * @param actual where the actual side has it
     * @param fields how they differ, the first few fields
     */
    public record Difference(String what, String key, Optional<String> expected, Optional<String> actual,
            List<String> fields) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> unknown = context.madeBy(spec.actual().from())
                .or(() -> context.madeBy(spec.expected().from()));
        if (unknown.isPresent()) {
            return Preview.knownAfter(unknown.get());
        }
        Path spool = context.scratch().resolve("comparison.db");
        return Preview.of(accepted(spec, compare(spec, context, spool, OutputStream.nullOutputStream())));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        ComparisonFile spool = new ComparisonFile(context);
        Output output;
        try (OutputStream lines = context.evidence().open("differences.jsonl")) {
            output = compare(spec, context, spool.open(), lines);
        } catch (StepFailure failure) {
            // What is retried then is likely to have been mended first, on either side.
            spool.forget();
            throw failure;
        }
        context.evidence().json("comparison", output);
        spool.forget();
        return accepted(spec, output);
    }

    private static Output compare(Spec spec, PreviewContext context, Path spool, OutputStream lines)
            throws Exception {
        try (Comparison comparison = new Comparison(spool, context::checkpoint)) {
            ValueReader reader = new ValueReader(spec, context);
            Comparison.Reached expected = reader.read(spec.expected(), comparison.expected());
            Comparison.Reached actual = reader.read(spec.actual(), comparison.actual());
            Comparison.Result result = comparison.compare(spec.extra() != Extra.IGNORE,
                    difference -> CorruptFiles.write(lines, difference));
            boolean equal = result.missing() == 0 && result.different() == 0
                    && (result.extra() == 0 || spec.extra() != Extra.FAIL);
            return new Output(expected.values(), result.missing(), result.different(), result.extra(),
                    expected.corrupt() + actual.corrupt(), equal, result.examples());
        } catch (SQLException e) {
            throw SqliteFailures.translate(USES, spool, e);
        }
    }

    private static Output accepted(Spec spec, Output output) {
        if (output.equal() || !spec.fail()) {
            return output;
        }
        Difference first = output.examples().get(0);
        throw StepFailure.integrity("documents-differ", USES + ": of " + output.compared() + " values in "
                + spec.expected().from() + ", " + output.missing() + " are missing and " + output.different()
                + " differ in " + spec.actual().from() + ", which has " + output.extra() + " more; the first: "
                + describe(first)
                + "; all are in the evidence, differences.jsonl");
    }

    private static String describe(Difference difference) {
        StringBuilder text = new StringBuilder(difference.what()).append(" ").append(difference.key());
        difference.expected().ifPresent(place -> text.append(", expected by ").append(place));
        difference.actual().ifPresent(place -> text.append(", found in ").append(place));
        if (!difference.fields().isEmpty()) {
            text.append(" (").append(String.join(", ", difference.fields())).append(")");
        }
        return text.toString();
    }
}
