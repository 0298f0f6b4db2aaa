package dev.godwit.activities.config;

import dev.godwit.activities.config.FilesReplace.Output;
import dev.godwit.activities.config.FilesReplace.Reference;
import dev.godwit.activities.config.FilesReplace.Replacement;
import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.FileBatch;
import dev.godwit.activities.files.FileChanges.Existing;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.resource.ReadableDirectory;
import dev.godwit.plan.Location;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.stream.Collectors;

/** What a {@code files.replace} makes of the files there are, found before any is changed. */
final class ReplacedFiles {
    private static final int LARGEST = 4 << 20;

    private final PreviewContext context;
    /** By its new place, where a file comes from that moves. */
    private final Map<Path, Moving> moving = new LinkedHashMap<>();
    private final Set<Path> leaving;
    private final List<Replacement> missing = new ArrayList<>();
    private final Map<Path, Rewriting> rewriting = new LinkedHashMap<>();

    private record Moving(Replacement replacement, Path from, boolean replaces) {}

    /**
     * A file in which references are rewritten.
     *
     * @param known how the plan names it
     * @param source where its content is now
     */
    private record Rewriting(Location known, Path source, byte[] before, String text, int references) {
        Rewriting with(String newText, int found) {
            return new Rewriting(known, source, before, newText, references + found);
        }

        byte[] after() {
            return TextFile.of(before).with(text);
        }
    }

    ReplacedFiles(FilesReplace.Spec spec, PreviewContext context) throws Exception {
        this.context = context;
        for (Replacement replacement : spec.files()) {
            Path to = context.reading(DirectoryKind.class, replacement.to()).path();
            Path from = context.reading(DirectoryKind.class, replacement.from()).path();
            if (!Files.exists(from, LinkOption.NOFOLLOW_LINKS) && Files.isRegularFile(to)) {
                missing.add(replacement);
                continue;
            }
            moving.put(to, new Moving(replacement, file(replacement.from()),
                    Files.exists(to, LinkOption.NOFOLLOW_LINKS)));
        }
        leaving = moving.values()
                .stream()
                .filter(move -> !move.replacement().keep() && !moving.containsKey(move.from()))
                .map(Moving::from)
                .collect(Collectors.toSet());
        for (Reference reference : spec.references()) {
            rewrite(reference);
        }
    }

    private void rewrite(Reference reference) throws Exception {
        Map<Location, Integer> found = new LinkedHashMap<>();
        int done = 0;
        for (Location location : reference.in()) {
            Path path = context.reading(DirectoryKind.class, location).path();
            if (leaving.contains(path)) {
                throw StepFailure.user("file-moves", "files.replace: " + location
                        + " is moved away by this step; name it as it is called then");
            }
            if (!rewriting.containsKey(path)) {
                rewriting.put(path, read(location, path));
            }
            Rewriting file = rewriting.get(path);
            Matcher matcher = reference.pattern().matcher(file.text());
            int here = (int) matcher.results().count();
            done += (int) reference.outcome().matcher(file.text()).results().count();
            found.merge(location, here, Integer::sum);
            rewriting.put(path, file.with(matcher.replaceAll(reference.replacement()), here));
        }
        int total = found.values().stream().mapToInt(Integer::intValue).sum();
        boolean doneBefore = total == 0 && done >= Math.max(1, reference.count().orElse(1));
        if (!doneBefore && (reference.count().isPresent() ? total != reference.count().get() : total == 0)) {
            throw StepFailure.user("reference-count", "files.replace: " + reference.title() + " must find "
                    + reference.count().map(String::valueOf).orElse("at least one") + ", and finds " + total + " ("
                    + found.entrySet()
                            .stream()
                            .map(file -> file.getValue() + " in " + file.getKey())
                            .collect(Collectors.joining(", "))
                    + "); make it more exact, or change count");
        }
    }

    /** Fails if a file is not where it is to come from. */
    void requireAllThere() throws Exception {
        for (Replacement replacement : missing) {
            file(replacement.from());
        }
    }

    private Rewriting read(Location known, Path path) throws Exception {
        Path source = moving.containsKey(path) ? moving.get(path).from() : file(known);
        if (Files.size(source) > LARGEST) {
            throw StepFailure.user("file-too-large", "files.replace: " + known + " has " + Files.size(source)
                    + " bytes; references are rewritten in files of at most " + LARGEST);
        }
        byte[] before = Files.readAllBytes(source);
        return new Rewriting(known, source, before, TextFile.of(before).text(), 0);
    }

    private Path file(Location location) throws Exception {
        ReadableDirectory place = context.reading(DirectoryKind.class, location);
        if (Files.isSymbolicLink(place.path())) {
            throw StepFailure.user("file-is-link", "files.replace: " + location + " (" + place.path()
                    + ") is a symbolic link; name the file that it leads to");
        }
        return place.file();
    }

    Output output() {
        Map<String, Integer> references = new LinkedHashMap<>();
        rewriting.values().forEach(file -> references.put(file.known().toString(), file.references()));
        return new Output(places(true), places(false), references);
    }

    private List<String> places(boolean replaced) {
        return moving.values()
                .stream()
                .filter(move -> move.replaces() == replaced)
                .map(move -> move.replacement().to().toString())
                .toList();
    }

    /** What changes, for people. */
    List<String> summary() {
        List<String> lines = new ArrayList<>();
        moving.values()
                .forEach(move -> lines.add(move.replacement().from() + (move.replaces()
                        ? " takes the place of " + move.replacement().to() + ", which is kept for undo"
                        : (move.replacement().keep() ? " is copied to " : " becomes ") + move.replacement().to())));
        missing.forEach(move -> lines.add(move.from() + " is not there; either " + move.to()
                + " is already what it is to be, or the name is wrong"));
        rewriting.values().forEach(file -> lines.add(file.references() + " references in " + file.known()));
        return lines;
    }

    /** How the files that stay differ from before; of a new one, how it differs from what it is made of. */
    List<String> diff() throws IOException {
        Map<Path, Location> known = new LinkedHashMap<>();
        moving.forEach((to, move) -> known.put(to, move.replacement().to()));
        rewriting.forEach((path, file) -> known.putIfAbsent(path, file.known()));
        List<String> lines = new ArrayList<>();
        for (Map.Entry<Path, Location> file : known.entrySet()) {
            Path path = file.getKey();
            boolean replaces = moving.containsKey(path) && moving.get(path).replaces();
            Path source = moving.containsKey(path) ? moving.get(path).from() : path;
            Path before = replaces ? path : source;
            if (!Files.isRegularFile(before) || Math.max(Files.size(before), Files.size(source)) > LARGEST) {
                continue;
            }
            byte[] after = rewriting.containsKey(path) ? rewriting.get(path).after() : Files.readAllBytes(source);
            String oldName = (replaces || !moving.containsKey(path)
                    ? file.getValue()
                    : moving.get(path).replacement().from()).toString();
            lines.addAll(UnifiedDiff.lines(oldName, TextFile.of(Files.readAllBytes(before)).text(),
                    file.getValue().toString(), TextFile.of(after).text()));
        }
        return lines;
    }

    /** Plans the changes. */
    FileBatch addTo(FileBatch batch) throws IOException {
        for (Map.Entry<Path, Moving> move : moving.entrySet()) {
            Path from = move.getValue().from();
            Path to = move.getKey();
            FileAttributes attributes = FileAttributes.successorOf(from);
            if (rewriting.containsKey(to)) {
                put(batch, to, rewriting.get(to), attributes);
            } else {
                FileAttributes whole = new FileAttributes(Optional.of(Files.getLastModifiedTime(from)),
                        Optional.empty(), attributes.more());
                batch.put(to, out -> Files.copy(from, out), whole, Existing.REPLACE);
            }
        }
        for (Map.Entry<Path, Rewriting> file : rewriting.entrySet()) {
            if (!moving.containsKey(file.getKey())) {
                put(batch, file.getKey(), file.getValue(), FileAttributes.successorOf(file.getKey()));
            }
        }
        for (Path file : leaving) {
            batch.remove(file);
        }
        return batch;
    }

    private static void put(FileBatch batch, Path target, Rewriting file, FileAttributes attributes)
            throws IOException {
        batch.put(target, out -> {
            if (!Arrays.equals(Files.readAllBytes(file.source()), file.before())) {
                throw StepFailure.external("file-changed-meanwhile", "files.replace: " + file.source()
                        + " was changed by others while this step worked on it");
            }
            out.write(file.after());
        }, attributes, Existing.REPLACE);
    }
}
