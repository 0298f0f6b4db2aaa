package dev.godwit.activities.documents;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.SqliteFailures;
import dev.godwit.activities.tables.verify.Pace;
import dev.godwit.activities.tables.verify.Repair;
import dev.godwit.activities.tables.verify.RepairCursor;
import dev.godwit.activities.tables.verify.RepairList;
import dev.godwit.json.Jq;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.OutputStream;
import java.nio.file.Files;
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
 * attempt goes on behind the last 1000 documents or rows that the one before it had read; rows before these are only looked
 * at, and where they are no longer the same, the table is read anew.
 *
 * <p>A document is a file, or a line of one whose name ends in {@code .jsonl}, {@code .ndjson}, {@code .jsonl.gz} or
 * {@code .ndjson.gz}. A row of SQLite is an object by column, in which JSON is text; a row of PostgreSQL is what
 * {@code row_to_json} makes of it, in which {@code json} and {@code jsonb} are values.
 *
 * <p>All differences are in the evidence ({@code differences.jsonl}), a line each.
 *
 * <p>With {@code repair: true} exactly what differs is written and deleted on the actual side, in batches, and the sides are
 * compared again, until nothing is left to do or {@code passes} are over. In a table the fields of a value are the columns
 * of its row, which {@code key} finds; objects and lists are written as JSON. In a directory a value is a document, a file of
 * its own; one that is missing gets the name that it has on the expected side. Where {@code rows} of the actual side changes
 * what it reads, {@code write} says the way back. What is written is read as it is compared before it is committed, and must
 * be what is expected.
 *
 * <p>Undo in PostgreSQL puts back the rows that were replaced and deleted, and deletes those that were inserted; a row that
 * others have changed since is set aside first. Undo in SQLite puts the database back byte by byte from a copy that is kept
 * before the first write; if others wrote to it too, it is first set aside as they left it. Undo in a directory puts back
 * the documents, and sets aside what others have made of them. The schema {@code godwit}, or the table
 * {@code godwit_journal}, in the database belongs to Godwit and goes with the undo, or when the run is finalized.
 *
 * <p>Errors: {@code documents-differ}, {@code document-corrupt}, {@code key-absent} (a value lacks a field of the key),
 * {@code key-not-unique}, {@code key-wanted} and {@code repair-unsupported} (what cannot be repaired), {@code value-unfit},
 * {@code constraint-violated}, {@code mapping-failed}, {@code directory-missing}, {@code database-missing},
 * {@code table-missing}, {@code database-unreachable}.
 */
@Uses(value = VerifyDocuments.USES, kind = StepKind.DATABASE)
@AutoService(StepType.class)
public final class VerifyDocuments implements StepType<VerifyDocuments.Spec, VerifyDocuments.Output> {
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
     * @param repair whether what differs is written and deleted on the actual side until the two are the same
     * @param passes how often at most that is done; a side that others write to meanwhile needs more than one
     */
    public record Spec(Side expected, Side actual, @Default("[]") List<String> key, @Default("fail") Extra extra,
            @Default("stop") WhenCorrupt corrupt, @Default("true") boolean fail, @Default("false") boolean repair,
            @Default("5") int passes) {
        public Spec {
            if (passes < 1) {
                throw new IllegalArgumentException("passes must be at least 1");
            }
        }
    }

    /**
     * One of the two sides.
     *
     * @param from a directory of documents, or a table as {@code DATABASE:TABLE}
     * @param include which files are documents; {@code *} stays within a directory, {@code **} does not
     * @param exclude which of them are not
     * @param shape what a document must be: object, array or any
     * @param rows jq that gives the values to compare, from a document (it sees {@code $file}) or from a row as an object
     *     by column
     * @param write jq that gives, from a value, the document or the row as an object by column; for the repair of the actual
     *     side
     */
    public record Side(@Of( {"directory", "sqlite", "postgres"}) Location from,
            @Default("[\"*.json\"]") List<String> include,
            @Default("[]") List<String> exclude, @Default("object") Shape shape, @Default(".") Jq rows,
            @Default(".") Jq write){}

    /**
     * @param compared how many values the expected side has
     * @param missing how many of them have a key that the actual side lacks
     * @param different how many are there with another value
     * @param extra how many values of the actual side have a key that the expected side lacks; 0 where they are ignored
     * @param corrupt how many files were passed over because they are no documents
     * @param equal whether there is no difference, or none is left
     * @param written how many rows or documents were written by a repair
     * @param deleted how many were deleted
     * @param examples the first 10 differences; what a repair ended is in the evidence only
     */
    public record Output(long compared, long missing, long different, long extra, long corrupt, boolean equal,
            long written, long deleted, List<Difference> examples) {}

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
            Preview<Output> preview = Preview.knownAfter(unknown.get());
            return spec.repair() ? preview.making(spec.actual().from()) : preview;
        }
        requireKey(spec, context);
        Path spool = context.scratch().resolve("comparison.db");
        Output output = compare(spec, context, spool, OutputStream.nullOutputStream(), Optional.empty(),
                RepairCursor.START);
        if (!spec.repair() || output.equal()) {
            return Preview.of(accepted(spec, output));
        }
        return Preview.<Output>withoutOutput()
                .making(spec.actual().from())
                .change("write " + output.missing() + " missing values to " + spec.actual().from() + " and replace "
                        + output.different())
                .change("delete " + (spec.extra() == Extra.FAIL ? output.extra() : 0) + " values of "
                        + spec.actual().from());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        requireKey(spec, context);
        ComparisonFile spool = new ComparisonFile(context);
        Optional<Repair> repair = spec.repair()
                ? Optional.of(RepairEntries.repair(spec, context))
                : Optional.empty();
        RepairCursor repaired = repair.isPresent() ? repair.get().begin() : RepairCursor.START;
        Output output = null;
        for (int pass = 1; output == null
                || repair.isPresent() && !output.equal() && pass <= spec.passes() + 1; pass++) {
            if (repair.isEmpty() || pass > spec.passes()) {
                output = compare(spec, context, spool, pass, Optional.empty(), repaired);
                continue;
            }
            try (RepairList list = new RepairList(Files.createTempFile(context.scratch(), "repairs", ".jsonl"))) {
                output = compare(spec, context, spool, pass, Optional.of(list), repaired);
                if (!output.equal()) {
                    repaired = repair.get()
                            .apply(spec.key(), list, spec.extra() != Extra.FAIL,
                                    new RepairEntries(spec, context)::prove,
                                    Pace.UNLIMITED);
                }
            }
        }
        context.evidence().json("comparison", output);
        return accepted(spec, output);
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        if (spec.repair()) {
            RepairEntries.repair(spec, context).undo();
        }
    }

    @Override
    public void forget(Spec spec, RunContext context) throws Exception {
        if (spec.repair()) {
            RepairEntries.repair(spec, context).forget();
        }
    }

    private static void requireKey(Spec spec, PreviewContext context) {
        if (spec.repair() && !context.kindOf(spec.actual().from()).equals("directory")) {
            Repair.requireKey(USES, spec.actual().from(), spec.key());
        }
    }

    private static Output compare(Spec spec, RunContext context, ComparisonFile spool, int pass,
            Optional<RepairList> repairs, RepairCursor repaired) throws Exception {
        Output output;
        try (OutputStream lines = context.evidence()
                .open(pass == 1 ? "differences.jsonl" : "differences-" + pass + ".jsonl")) {
            output = compare(spec, context, spool.open(), lines, repairs, repaired);
        } catch (StepFailure failure) {
            // What is retried then is likely to have been mended first, on either side.
            spool.forget();
            throw failure;
        }
        // What is repaired now, or asked again later, is read again.
        spool.forget();
        return output;
    }

    private static Output compare(Spec spec, PreviewContext context, Path spool, OutputStream lines,
            Optional<RepairList> repairs, RepairCursor repaired) throws Exception {
        try (Comparison comparison = new Comparison(spool, context::checkpoint)) {
            ValueReader reader = new ValueReader(spec, context);
            Comparison.Reached expected = reader.read(spec.expected(), comparison.expected());
            Comparison.Reached actual = reader.read(spec.actual(), comparison.actual());
            Optional<RepairEntries> entries = repairs.isPresent()
                    ? Optional.of(new RepairEntries(spec, context))
                    : Optional.empty();
            Comparison.Result result = comparison.compare(spec.extra() != Extra.IGNORE, found -> {
                CorruptFiles.write(lines, found.difference());
                if (!found.what().equals("extra") || spec.extra() == Extra.FAIL) {
                    repairs.ifPresent(list -> list.add(entries.orElseThrow().entry(found)));
                }
            });
            boolean equal = result.missing() == 0 && result.different() == 0
                    && (result.extra() == 0 || spec.extra() != Extra.FAIL);
            return new Output(expected.values(), result.missing(), result.different(), result.extra(),
                    expected.corrupt() + actual.corrupt(), equal, repaired.written(), repaired.deleted(),
                    result.examples());
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
