package dev.godwit.activities.files;

import com.google.auto.service.AutoService;
import dev.godwit.activities.database.RowSource;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.json.Jq;
import dev.godwit.json.Json;
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
import java.nio.file.Path;
import java.util.Optional;

/**
 * Makes a symbolic link for each row of a query, such as one in every project that leads to its active generation.
 *
 * <pre>{@code
 * - name: active
 *   uses: files.links
 *   with:
 *     in: storage
 *     rows: {from: database, query: 'SELECT id, project_id, version FROM generations WHERE is_active'}
 *     link: '"projects/\(.project_id)/active"'
 *     target: '"projects/\(.project_id)/generations/v\(.version)__\(.id)"'
 *     existing: replace
 * }</pre>
 *
 * <p>A link says the way from its own directory, which survives moving all together. One that leads elsewhere is switched in
 * one stroke, by giving a fresh link its name: whoever looks finds the old target or the new one, never none. The rows are
 * read once, before the first link is made; with {@code missing: report} those whose target does not exist are passed over
 * and counted.
 *
 * <p>Undo removes the links, or lets them lead where they led.
 *
 * <p>Errors: {@code directory-missing}, {@code file-exists} (something else has a link's name), {@code without-other} (a row
 * without a target), {@code place-twice} (two rows have one link), {@code invalid-directory} (an expression gives no path
 * below the directory), {@code mapping-failed}, and what the database says of the query.
 */
@Uses(value = FilesLinks.USES, kind = StepKind.FILES)
@AutoService(StepType.class)
public final class FilesLinks implements StepType<FilesLinks.Spec, FilesLinks.Output> {
    static final String USES = "files.links";
    private static final int BATCH = 256;
    private static final int SHOWN = 20;

    /**
     * @param in the directory that holds links and targets
     * @param rows what has a link each
     * @param link a jq expression over a row that gives the link's path within {@code in}
     * @param target a jq expression over a row that gives the path within {@code in} of what it leads to
     * @param missing what to do about a row whose target does not exist: {@code stop} before any link is made, or
     *     {@code report} it
     * @param existing what to do about a link that leads elsewhere: {@code refuse} or {@code replace} it
     */
    public record Spec(@Of("directory") Location in, RowSource rows, Jq link, Jq target,
            @Default("stop") WithoutOther missing, @Default("refuse") FileChanges.Existing existing) {
        public Spec {
            WithoutOther.requireStopOrReport(missing);
        }
    }

    /**
     * @param links how many links the rows have
     * @param missing how many rows have no target
     */
    public record Output(long links, long missing) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.in()).or(() -> context.madeBy(spec.rows().from()));
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get()).making(spec.in());
        }
        Path in = context.reading(DirectoryKind.class, spec.in()).directory();
        try (WorkList list = WorkList.temporary(context.scratch())) {
            Output output = find(spec, context, list);
            Preview<Output> preview = Preview.of(output)
                    .making(spec.in())
                    .change("make %d links in %s; %d rows have no target".formatted(output.links(), spec.in(),
                            output.missing()));
            for (WorkList.Entry entry : list.after("", SHOWN)) {
                preview = preview.change(in.relativize(Path.of(entry.name())) + " -> " + target(entry));
            }
            return preview;
        }
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        return RowWork.run(context, BATCH, Output.class, list -> find(spec, context, list),
                (batch, entry) -> batch.symbolicLink(Path.of(entry.name()), target(entry), spec.existing()));
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        RowWork.undo(context);
    }

    private static String target(WorkList.Entry entry) {
        return Json.bind(entry.value(), Target.class).target();
    }

    /** What a link says. */
    private record Target(String target) {}

    private static Output find(Spec spec, PreviewContext context, WorkList list) throws Exception {
        RowPaths paths = new RowPaths(USES, context.reading(DirectoryKind.class, spec.in()).directory(), context);
        Missing missing = new Missing(USES, "rows have no target in " + spec.in());
        spec.rows().each(USES, context, row -> {
            Path link = paths.one(spec.link(), row);
            Path target = paths.one(spec.target(), row);
            if (!FileNames.exists(target)) {
                missing.add(paths.shown(target));
            } else if (!list.add(link.toString(), new Target(link.getParent().relativize(target).toString()))) {
                throw StepFailure.user("place-twice", USES + ": two rows have the link " + paths.shown(link)
                        + ", one is " + row + "; make 'link' or the query give each a link of its own");
            }
        });
        missing.stopIf(spec.missing());
        return new Output(list.size(), missing.count());
    }
}
