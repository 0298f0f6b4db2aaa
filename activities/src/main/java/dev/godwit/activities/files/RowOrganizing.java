package dev.godwit.activities.files;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.json.Jq;
import dev.godwit.json.Json;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Files and directories that go where the rows that describe them say. What goes where is found out before anything moves,
 * and everything that speaks against it with it.
 */
final class RowOrganizing {
    private static final String USES = "files.organize";
    private static final int BATCH = 256;
    private static final int NAMED = 10;

    private final FilesOrganize.Spec spec;
    private final PreviewContext context;
    private final Path in;
    private final Path to;
    private final Jq file;
    private final Jq by;

    RowOrganizing(FilesOrganize.Spec spec, PreviewContext context, Path in, Path to) {
        this.spec = spec;
        this.context = context;
        this.in = in;
        this.to = to;
        this.file = spec.file().orElseThrow();
        this.by = Jq.compile(spec.by());
    }

    /**
     * What was found out.
     *
     * @param files how many files and directories go somewhere
     * @param directories how many places there are for them
     * @param inPlace how many are at their place already
     * @param missing how many rows have no file
     * @param unowned how many files have no row
     * @param examples some of each, for people
     */
    record Found(long files, long directories, long inPlace, long missing, long unowned, List<String> examples) {}

    /** A move, from where. */
    private record From(String from) {}

    Found find() throws Exception {
        try (WorkList list = WorkList.temporary(context.scratch())) {
            return new Search(list, OutputStream.nullOutputStream()).search();
        }
    }

    Found run(RunContext run) throws Exception {
        return RowWork.run(run, BATCH, Found.class, list -> {
            try (OutputStream evidence = run.evidence().open("without-other.jsonl")) {
                return new Search(list, evidence).search();
            }
        }, (batch, entry) -> plan(batch, Path.of(Json.bind(entry.value(), From.class).from()),
                Path.of(entry.name())));
    }

    private void plan(FileBatch batch, Path from, Path place) throws IOException {
        switch (spec.mode()) {
            case MOVE -> batch.move(from, place);
            case LINK -> batch.hardLink(from, place);
        }
    }

    /** Goes through the rows, and then through the files, once. */
    private final class Search {
        private final WorkList list;
        private final OutputStream evidence;
        private final RowPaths inside;
        private final RowPaths places;
        /** Names directly in the directory of what rows describe, or on the way to where it goes. */
        private WorkList owned;
        private WorkList sources;
        private WorkList directories;
        private final Missing missing = new Missing(USES, "rows have no file in " + spec.in());
        private final Missing unowned = new Missing(USES, "files in " + spec.in() + " have no row");
        private final List<String> examples = new ArrayList<>();
        private long files;
        private long inPlace;

        Search(WorkList list, OutputStream evidence) {
            this.list = list;
            this.evidence = evidence;
            this.inside = new RowPaths(USES, in, context);
            this.places = new RowPaths(USES, to, context);
        }

        Found search() throws Exception {
            try (WorkList names = WorkList.temporary(context.scratch());
                    WorkList known = WorkList.temporary(context.scratch());
                    WorkList made = WorkList.temporary(context.scratch())) {
                owned = names;
                sources = known;
                directories = made;
                spec.rows().orElseThrow().each(USES, context, this::row);
                if (spec.setAside().isPresent()) {
                    own(setAsidePlace());
                }
                filesWithoutRow();
                missing.stopIf(spec.missing());
                unowned.stopIf(spec.unowned());
                missing.named().forEach(row -> examples.add("no file for " + row));
                unowned.named().forEach(name -> examples.add("no row for " + name));
                return new Found(files, directories.size(), inPlace, missing.count(), unowned.count(),
                        List.copyOf(examples));
            }
        }

        private void row(ObjectNode row) throws IOException {
            List<Path> candidates = inside.all(file, row);
            List<Path> there = candidates.stream().filter(FileNames::exists).toList();
            Path place = places.one(by, row);
            own(place);
            for (Path candidate : candidates) {
                own(candidate);
            }
            if (there.size() > 1) {
                throw StepFailure.user("file-ambiguous", USES + ": the row " + row + " describes "
                        + there.stream().map(inside::shown).toList()
                        + ", and only one of them can be meant; remove the others, or correct 'file'");
            }
            if (there.isEmpty()) {
                if (candidates.stream().anyMatch(candidate -> isIn(place, candidate))) {
                    inPlace++;
                } else {
                    missing.add(row.toString());
                    note("row", row);
                }
                return;
            }
            goes(row, there.getFirst(), place);
        }

        private void goes(ObjectNode row, Path source, Path place) throws IOException {
            boolean directory = Files.isDirectory(source, LinkOption.NOFOLLOW_LINKS);
            requireMovable(source, directory);
            Path target = directory ? place : place.resolve(source.getFileName());
            if (!sources.add(source.toString(), true)) {
                throw StepFailure.user("file-twice", USES + ": two rows describe " + inside.shown(source) + ", one is "
                        + row + "; each file has one place");
            }
            if (target.equals(source)) {
                inPlace++;
                return;
            }
            boolean first = directories.add(place.toString(), directory);
            // A directory that becomes the place leaves no room for another.
            boolean shared = !first && (directory || list.contains(place.toString()));
            if (shared || !list.add(target.toString(), new From(source.toString()))) {
                throw StepFailure.user("place-twice", USES + ": two rows have the place " + places.shown(place)
                        + ", one is " + row + "; make 'by' give each a place of its own");
            }
            FileNames.requireFree(target);
            files++;
            if (examples.size() < NAMED) {
                examples.add(inside.shown(source) + " -> " + places.shown(target));
            }
        }

        private void requireMovable(Path source, boolean directory) {
            if (!directory && !Files.isRegularFile(source, LinkOption.NOFOLLOW_LINKS)) {
                throw StepFailure.user("not-a-file", USES + ": " + source
                        + " is neither a file nor a directory; exclude its row from the query");
            }
            if (directory && spec.mode() == FilesOrganize.Mode.LINK) {
                throw StepFailure.user("not-a-file", USES + ": " + source
                        + " is a directory, and only files can have a second name; use mode: move");
            }
        }

        private boolean isIn(Path place, Path candidate) {
            return FileNames.exists(place.resolve(candidate.getFileName()))
                    || Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS);
        }

        private void own(Path path) throws IOException {
            if (path.startsWith(in) && !path.equals(in)) {
                owned.add(in.relativize(path).getName(0).toString(), true);
            }
        }

        private void filesWithoutRow() throws Exception {
            FileSelection selection = new FileSelection(spec.include(), spec.exclude());
            try (DirectoryStream<Path> names = Files.newDirectoryStream(in)) {
                for (Path path : names) {
                    context.checkpoint();
                    String name = path.getFileName().toString();
                    if (selection.contains(name) && !owned.contains(name)) {
                        unowned.add(name);
                        note("file", name);
                        setAside(path, name);
                    }
                }
            }
        }

        private void setAside(Path path, String name) throws Exception {
            if (spec.unowned() == WithoutOther.SET_ASIDE) {
                Path aside = setAsidePlace().resolve(name);
                FileNames.requireFree(aside);
                list.add(aside.toString(), new From(path.toString()));
            }
        }

        private Path setAsidePlace() throws Exception {
            return context.reading(DirectoryKind.class, spec.setAside().orElseThrow()).path();
        }

        private void note(String what, Object which) throws IOException {
            evidence.write((Json.write(Map.of(what, which)) + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }
}
