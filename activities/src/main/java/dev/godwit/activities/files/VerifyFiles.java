package dev.godwit.activities.files;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.json.Json;
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
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Compares the files of two directories, byte by byte: what has been copied, moved or restored is what it was. It reads
 * both sides and writes nothing.
 *
 * <pre>{@code
 * - name: same_videos
 *   uses: verify.files
 *   with:
 *     expected: v1_home:data/videos
 *     actual: v2_home:data/videos
 *     include: ['**.mp4']
 *     compare: [content, modified]
 *     extra: report
 * }</pre>
 *
 * <p>A file must be a file of the same content, a symbolic link one with the same target, and an empty directory a directory.
 * All differences are in the evidence ({@code differences.jsonl}), a line each. An attempt goes on where the one before it
 * was.
 *
 * <p>Errors: {@code files-differ}, {@code directory-missing}, {@code permission-denied}.
 */
@Uses(value = VerifyFiles.USES, kind = StepKind.FILES)
@AutoService(StepType.class)
public final class VerifyFiles implements ReadOnlyStepType<VerifyFiles.Spec, VerifyFiles.Output> {
    static final String USES = "verify.files";
    private static final String BEGUN = "begun";
    private static final String LOG = "differences-";
    private static final Comparator<Difference> ORDER = Comparator
            .comparing((Difference difference) -> difference.what().equals("extra"))
            .thenComparing(Difference::path);

    /** What of a file must be the same. */
    public enum Aspect {
        /** Its bytes; of a link, its target. */
        CONTENT,
        /** Its permissions; of links never. */
        MODE,
        /** When it was modified; of links never. */
        MODIFIED,
        /** The numbers of its user and group. */
        OWNER
    }

    /** What it means that the actual side has files that the expected side has not. */
    public enum Extra {
        /** It is a difference. */
        FAIL,
        /** They are counted and named, and are no difference. */
        REPORT,
        /** They are not looked for. */
        IGNORE
    }

    /**
     * @param expected the directory with what must be there
     * @param actual the directory with what is there
     * @param include globs over the path within either; by default all. {@code *} stays within a directory, {@code **} does
     *     not
     * @param exclude globs for what to leave out of that
     * @param compare what must be the same: content, mode, modified, owner; that it is there, and of the same kind, always
     *     counts
     * @param extra what more files on the actual side mean: fail, report or ignore
     * @param fail whether the step fails on a difference; if not, its output says so
     */
    public record Spec(@Of("directory") Location expected, @Of("directory") Location actual,
            @Default("[]") List<String> include, @Default("[]") List<String> exclude,
            @Default("[\"content\"]") List<Aspect> compare, @Default("fail") Extra extra,
            @Default("true") boolean fail) {}

    /**
     * @param compared how many files, links and empty directories the expected side has
     * @param bytes how much of the expected side was read
     * @param missing how many the actual side lacks
     * @param different how many are there and not the same
     * @param extra how many more the actual side has; 0 where they are ignored
     * @param equal whether there is no difference
     * @param examples the first 10 differences
     */
    public record Output(long compared, long bytes, long missing, long different, long extra, boolean equal,
            List<Difference> examples) {}

    /**
     * A file that is not the same on both sides.
     *
     * @param what missing, different or extra
     * @param path within the directories
     * @param how how it differs, an aspect each
     */
    public record Difference(String what, String path, List<String> how) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> unknown = context.madeBy(spec.actual()).or(() -> context.madeBy(spec.expected()));
        if (unknown.isPresent()) {
            return Preview.knownAfter(unknown.get());
        }
        return Preview.of(accepted(spec, comparison(spec, context)
                .run(FileComparison.Cursor.START, (cursor, found) -> {})));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Begun begun = context.journal().read(BEGUN, Begun.class).orElse(new Begun(1, FileComparison.Cursor.START));
        String log = LOG + begun.pass();
        FileComparison.Cursor end = comparison(spec, context).run(begun.cursor(), (cursor, found) -> {
            context.journal().append(log, found);
            context.journal().write(BEGUN, new Begun(begun.pass(), cursor));
            context.advanced();
        });
        try (OutputStream lines = context.evidence().open("differences.jsonl")) {
            Difference[] last = new Difference[1];
            context.journal().scan(log, Difference.class, difference -> {
                // What a crash repeated is in the log twice; the order of the paths tells.
                if (last[0] == null || ORDER.compare(last[0], difference) < 0) {
                    write(lines, difference);
                    last[0] = difference;
                }
            });
        }
        context.evidence().json("comparison", output(spec, end));
        // Who has it tried again has mended something first.
        context.journal().write(BEGUN, new Begun(begun.pass() + 1, FileComparison.Cursor.START));
        return accepted(spec, end);
    }

    /**
     * What an attempt goes on with.
     *
     * @param pass counts the comparisons
     * @param cursor how far it is
     */
    private record Begun(int pass, FileComparison.Cursor cursor) {}

    private static FileComparison comparison(Spec spec, PreviewContext context) throws Exception {
        Path expected = context.reading(DirectoryKind.class, spec.expected()).directory();
        Path actual = context.reading(DirectoryKind.class, spec.actual()).directory();
        return new FileComparison(spec, context, expected, actual);
    }

    private static Output output(Spec spec, FileComparison.Cursor end) {
        boolean equal = end.missing() == 0 && end.different() == 0 && (end.extra() == 0 || spec.extra() != Extra.FAIL);
        return new Output(end.compared(), end.bytes(), end.missing(), end.different(), end.extra(), equal,
                end.examples());
    }

    private static Output accepted(Spec spec, FileComparison.Cursor end) {
        Output output = output(spec, end);
        if (output.equal() || !spec.fail()) {
            return output;
        }
        Difference first = output.examples().get(0);
        throw StepFailure.integrity("files-differ", USES + ": of " + output.compared() + " files in " + spec.expected()
                + ", " + output.missing() + " are missing and " + output.different() + " differ in " + spec.actual()
                + ", which has " + output.extra() + " more; the first: " + first.what() + " " + first.path()
                + (first.how().isEmpty() ? "" : " (" + String.join(", ", first.how()) + ")")
                + "; all are in the evidence, differences.jsonl");
    }

    private static void write(OutputStream lines, Difference difference) {
        try {
            lines.write((Json.write(difference) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
