package dev.godwit.activities.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Puts files into directories by what is known of each: by the UTC day of its modification ({@code 2025-06-10/}), by an
 * expression, or by the rows of a database. They are moved, or hard-linked so that the old names stay; content, modes and
 * modification times of the files do not change either way.
 *
 * <pre>{@code
 * - name: videos_by_day
 *   uses: files.organize
 *   with: {in: 'v1_home:data/videos', include: ['*.mp4'], to: 'v2_home:data/videos', mode: link}
 * - name: storage
 *   uses: files.organize
 *   with:
 *     in: storage
 *     rows: {from: database, query: 'SELECT id, project_id, version FROM generations'}
 *     file: '.id, "\(.id).json"'
 *     by: '"projects/\(.project_id)/generations/v\(.version)__\(.id)"'
 *     unowned: set-aside
 *     set-aside: 'backups:without-a-row'
 * }</pre>
 *
 * <p>With {@code rows} each row of a query describes a file or directory, {@code file} says which, and {@code by} where it
 * goes: a file into that directory, under its own name; a directory becomes it.
 *
 * <p>The rows are read once, before anything moves, and everything that speaks against the moves is found out with them: rows
 * without a file, files without a row, two rows for one file or one place, a place that is taken. What is at its place already
 * stays there. The evidence {@code without-other.jsonl} names each row and file without its other. The step does not write to
 * the database: files and rows cannot change in one stroke, so that a column that says where a file is belongs to a step of
 * its own, which says {@code relies-on} this one.
 *
 * <p>Undo moves the files back, or removes the links, and the directories that were made.
 *
 * <p>Errors: {@code directory-missing}, {@code file-exists} (another file has the name in the directory),
 * {@code invalid-directory} (the expression's result is not a path), {@code other-file-system} (neither moves nor links
 * cross file systems; use {@code files.copy}). With rows also {@code without-other} (a row without a file, or a file without
 * a row), {@code file-ambiguous} (a row describes several), {@code file-twice} and {@code place-twice} (two rows with one
 * file or place), {@code not-a-file}, {@code mapping-failed}, and what the database says of the query.
 */
@Uses(value = "files.organize", kind = StepKind.FILES)
@AutoService(StepType.class)
public final class FilesOrganize implements StepType<FilesOrganize.Spec, FilesOrganize.Output> {
    private static final int BATCH = 256;
    private static final String MODIFIED_DATE = "modified-date";

    /** What becomes of the old names. */
    public enum Mode { MOVE, LINK }

    /**
     * @param in the directory whose files are organized
     * @param include globs over the paths within it; by default the files directly in it
     * @param exclude globs of what to leave out
     * @param to the directory in which the directories are made; {@code in} by default
     * @param by {@code modified-date}, or a jq expression over {@code {name, path, size, modified}} (bytes; seconds since
     *     1970), or over the row, that gives the directory
     * @param mode {@code move}, or {@code link} to keep the old names too
     * @param rows what describes the files
     * @param file a jq expression over a row that gives the path, within {@code in}, of what it describes; where it gives
     *     several, the one that is there
     * @param missing what to do about a row without a file: {@code stop} before anything moves, or {@code report} it
     * @param unowned what to do about a file without a row, of those that {@code include} and {@code exclude} choose
     *     directly in {@code in}: {@code stop}, {@code report}, or {@code set-aside}
     * @param setAside the directory to which files without a row are moved
     */
    public record Spec(@Of("directory") Location in, @Default("[\"*\"]") List<String> include,
            @Default("[]") List<String> exclude, @Of("directory") Optional<Location> to,
            @Default(MODIFIED_DATE) String by,
            @Default("move") Mode mode, Optional<RowSource> rows, Optional<Jq> file,
            @Default("stop") WithoutOther missing, @Default("stop") WithoutOther unowned,
            @Of("directory") Optional<Location> setAside) {
        public Spec {
            if (!by.equals(MODIFIED_DATE)) {
                Jq.compile(by);
            }
            if (rows.isPresent() != file.isPresent() || rows.isPresent() && by.equals(MODIFIED_DATE)) {
                throw new IllegalArgumentException("'rows', 'file' and a 'by' that reads the row go together");
            }
            WithoutOther.requireStopOrReport(missing);
            if ((unowned == WithoutOther.SET_ASIDE) != setAside.isPresent()) {
                throw new IllegalArgumentException(
                        "'unowned: set-aside' and a directory 'set-aside' go together; give both or neither");
            }
            if (rows.isEmpty() && setAside.isPresent()) {
                throw new IllegalArgumentException("'unowned' and 'set-aside' are about 'rows'");
            }
            if (setAside.isPresent() && mode == Mode.LINK) {
                throw new IllegalArgumentException("'set-aside' moves files, and 'mode: link' moves none");
            }
        }
    }

    /**
     * @param files how many files, and directories that rows describe, were moved or linked
     * @param directories how many directories they are in
     * @param inPlace with rows: how many are at their place already
     * @param missing with rows: how many rows have no file
     * @param unowned with rows: how many files have no row
     */
    public record Output(long files, long directories, Optional<Long> inPlace, Optional<Long> missing,
            Optional<Long> unowned) {
        static Output of(long files, long directories) {
            return new Output(files, directories, Optional.empty(), Optional.empty(), Optional.empty());
        }

        static Output of(RowOrganizing.Found found) {
            return new Output(found.files(), found.directories(), Optional.of(found.inPlace()),
                    Optional.of(found.missing()), Optional.of(found.unowned()));
        }
    }

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.in());
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get()).making(to(spec));
        }
        Path in = context.reading(DirectoryKind.class, spec.in()).directory();
        if (spec.rows().isPresent()) {
            return previewRows(spec, context, in);
        }
        Directories directories = new Directories(spec, context.reading(DirectoryKind.class, to(spec)).path());
        Map<String, Long> counts = new TreeMap<>();
        new FileSelection(spec.include(), spec.exclude()).walk(in, (path, file, attributes) -> {
            context.checkpoint();
            if (attributes.isRegularFile() && !directories.placeOf(path, file, attributes).equals(file)) {
                counts.merge(directories.directoryOf(path, file, attributes), 1L, Long::sum);
            }
        });
        long files = counts.values().stream().mapToLong(Long::longValue).sum();
        Preview<Output> preview = Preview.of(Output.of(files, counts.size()))
                .making(to(spec))
                .change(
                        "%s %d files into %d directories".formatted(verb(spec.mode()), files, counts.size()));
        for (Map.Entry<String, Long> count : counts.entrySet().stream().limit(20).toList()) {
            preview = preview.change("%s/: %d files".formatted(count.getKey(), count.getValue()));
        }
        return preview;
    }

    private static Preview<Output> previewRows(Spec spec, PreviewContext context, Path in) throws Exception {
        Optional<String> maker = context.madeBy(spec.rows().orElseThrow().from());
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get()).making(to(spec));
        }
        Path to = context.reading(DirectoryKind.class, to(spec)).path();
        RowOrganizing.Found found = new RowOrganizing(spec, context, in, to).find();
        Preview<Output> preview = Preview.of(Output.of(found))
                .making(to(spec))
                .change("%s %d files into %d directories by their rows; %d are in place, %d rows have no file, %d files no row"
                        .formatted(verb(spec.mode()), found.files(), found.directories(), found.inPlace(),
                                found.missing(), found.unowned()));
        for (String example : found.examples()) {
            preview = preview.change(example);
        }
        return preview;
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Path in = context.writing(DirectoryKind.class, spec.in()).directory();
        if (spec.rows().isPresent()) {
            Path to = context.writing(DirectoryKind.class, to(spec)).path();
            return Output.of(new RowOrganizing(spec, context, in, to).run(context));
        }
        Directories directories = new Directories(spec, context.writing(DirectoryKind.class, to(spec)).path());
        Organizing organizing = new Organizing(FileChanges.open(context), context, spec, directories);
        if (!organizing.position.done()) {
            organizing.organize(in);
        }
        return Output.of(organizing.position.files(), organizing.position.directories());
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        RowWork.undo(context);
    }

    private static Location to(Spec spec) {
        return spec.to().orElse(spec.in());
    }

    private static String verb(Mode mode) {
        return switch (mode) {
            case MOVE -> "move";
            case LINK -> "hard-link";
        };
    }

    private static final class Organizing {
        private final FileChanges changes;
        private final RunContext context;
        private final Spec spec;
        private final Directories directories;
        private Position position;
        private FileBatch batch;

        Organizing(FileChanges changes, RunContext context, Spec spec, Directories directories) {
            this.changes = changes;
            this.context = context;
            this.spec = spec;
            this.directories = directories;
            this.position = changes.cursor()
                    .map(cursor -> Json.bind(cursor, Position.class))
                    .orElse(new Position("", 0, 0, false));
            this.batch = changes.batch();
        }

        void organize(Path in) throws IOException {
            new FileSelection(spec.include(), spec.exclude()).walkAfter(in, position.after, this::place);
            position = new Position(position.after, position.files, position.directories, true);
            commit();
        }

        private void place(String path, Path file, BasicFileAttributes attributes) throws IOException {
            context.progress(position.files, 0, "files");
            context.checkpoint();
            if (!attributes.isRegularFile()) {
                return;
            }
            Path place = directories.placeOf(path, file, attributes);
            if (place.equals(file)) {
                return;
            }
            boolean newDirectory = !Files.exists(place.getParent()) && !batch.makes(place.getParent());
            switch (spec.mode()) {
                case MOVE -> batch.move(file, place);
                case LINK -> batch.hardLink(file, place);
            }
            position = new Position(path, position.files + 1, position.directories + (newDirectory ? 1 : 0), false);
            if (batch.size() >= BATCH) {
                commit();
            }
        }

        private void commit() throws IOException {
            batch.commit(position);
            context.advanced();
            batch = changes.batch();
        }
    }

    /** Which directory each file belongs to. */
    private static final class Directories {
        private final Path to;
        private final Optional<Jq> expression;

        Directories(Spec spec, Path to) {
            this.to = to;
            this.expression = spec.by().equals(MODIFIED_DATE) ? Optional.empty() : Optional.of(Jq.compile(spec.by()));
        }

        Path placeOf(String path, Path file, BasicFileAttributes attributes) {
            return to.resolve(directoryOf(path, file, attributes)).resolve(file.getFileName());
        }

        String directoryOf(String path, Path file, BasicFileAttributes attributes) {
            if (expression.isEmpty()) {
                return LocalDate.ofInstant(attributes.lastModifiedTime().toInstant(), ZoneOffset.UTC).toString();
            }
            ObjectNode facts = Json.mapper()
                    .createObjectNode()
                    .put("name", file.getFileName().toString())
                    .put("path", path)
                    .put("size", attributes.size())
                    .put("modified", attributes.lastModifiedTime().toInstant().getEpochSecond());
            return requireWithin(file, expression.get().one(facts, Map.of()));
        }

        private String requireWithin(Path file, JsonNode directory) {
            Path path = Path.of(directory.asText());
            if (!directory.isTextual() || path.isAbsolute() || !path.equals(path.normalize())
                    || path.startsWith("..")) {
                throw StepFailure.user("invalid-directory", "files.organize: for " + file + " the expression '"
                        + expression.get() + "' gives " + directory + ", which is not a path below " + to
                        + "; make it give a text such as \"2025/06\"");
            }
            return directory.textValue();
        }
    }

    /**
     * How far the work is.
     *
     * @param after the last path that has its place
     */
    private record Position(String after, long files, long directories, boolean done) {}
}
