package dev.godwit.activities.config;

import dev.godwit.activities.config.ConfigRequirements.OnConflict;
import dev.godwit.activities.config.ConfigRequirements.Output;
import dev.godwit.activities.config.FileEdit.Edited;
import dev.godwit.step.StepFailure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The text of a requirements file of pip, to which requirements are added. */
final class RequirementsFile {
    private static final Pattern COMMENT = Pattern.compile("(?:^|\\s)#.*", Pattern.DOTALL);
    private static final Pattern CONTINUATION = Pattern.compile("\\\\\\r?\\n");
    private static final Pattern INCLUDE = Pattern
            .compile(
                    "\\s*(?:(?<requirement>-r|--requirement)|-c|--constraint)(?:\\s*=\\s*|\\s*)(?<name>[^\\s=].*?)\\s*");

    private final String text;
    private final String newline;
    private final OnConflict onConflict;
    private final List<Line> lines = new ArrayList<>();
    private final List<Splice> splices = new ArrayList<>();
    private final List<String> conflicts = new ArrayList<>();
    private final List<Include> includes = new ArrayList<>();
    private final Set<String> replaced = new LinkedHashSet<>();
    private final Set<String> extended = new LinkedHashSet<>();
    private boolean hashed;
    private boolean replaceable;

    /**
     * A requirement and where it stands.
     *
     * @param number of the line, from 1
     * @param nameEnd behind the name
     * @param extrasEnd behind the extras, or the name
     * @param versionEnd behind the version, or the extras
     * @param end behind the marker, or the version
     */
    private record Line(Requirement requirement, int number, int nameEnd, int extrasEnd, int versionEnd, int end) {
        @Override
        public String toString() {
            return "line " + number + " has '" + requirement + "'";
        }
    }

    /**
     * A line that has pip read another file.
     *
     * @param name as it is written
     * @param constraint whether that file only limits the versions of what is required elsewhere
     */
    record Include(String name, boolean constraint) {}

    private RequirementsFile(String text, String newline, OnConflict onConflict) {
        this.text = text;
        this.newline = newline;
        this.onConflict = onConflict;
        int number = 1;
        int start = 0;
        while (start < text.length()) {
            int end = end(start);
            String line = text.substring(start, end);
            read(line, start, number);
            number += (int) line.chars().filter(character -> character == '\n').count();
            start = end;
        }
    }

    /** Where a line ends that may go on in the next; a comment never does, as pip has it. */
    private int end(int start) {
        int end = physicalEnd(start);
        if (text.substring(start, end).stripLeading().startsWith("#")) {
            return end;
        }
        while (end < text.length() && (text.startsWith("\\\n", end - 2) || text.startsWith("\\\r\n", end - 3))) {
            end = physicalEnd(end);
        }
        return end;
    }

    private int physicalEnd(int start) {
        int newline = text.indexOf('\n', start);
        return newline < 0 ? text.length() : newline + 1;
    }

    /** Reads a file that nobody is going to edit. */
    static RequirementsFile of(byte[] content) {
        TextFile file = TextFile.of(content);
        return new RequirementsFile(file.text(), file.newline(), OnConflict.REFUSE);
    }

    /**
     * What a {@code config.requirements} makes of a file.
     *
     * @param path where it is, for what it includes
     */
    static Edited<Output> edit(Path path, byte[] content, List<Requirement> wanted, Optional<String> header,
            OnConflict onConflict) {
        TextFile file = TextFile.of(content);
        RequirementsFile requirements = new RequirementsFile(file.text(), file.newline(), onConflict);
        IncludedRequirements included = IncludedRequirements.of(path, requirements);
        List<Requirement> added = wanted.stream()
                .filter(requirement -> !requirements.has(requirement, included))
                .toList();
        requirements.requireNoConflicts();
        Output output = requirements.output(wanted, added, included);
        if (requirements.hashed || included.hashed()) {
            requireNothingNew(output);
        }
        return new Edited<>(file.with(requirements.with(added, header)), output);
    }

    /** What it has pip read, in its order. */
    List<Include> includes() {
        return includes;
    }

    /** What it requires itself, by the number of the line. */
    Map<Integer, Requirement> requirements() {
        Map<Integer, Requirement> requirements = new LinkedHashMap<>();
        lines.forEach(line -> requirements.put(line.number(), line.requirement()));
        return requirements;
    }

    boolean hashed() {
        return hashed;
    }

    private void read(String line, int start, int number) {
        // Of the same length, so that places in it are places in the file.
        String joined = CONTINUATION.matcher(line).replaceAll(found -> " ".repeat(found.group().length()));
        Matcher comment = COMMENT.matcher(joined);
        String said = comment.find() ? joined.substring(0, comment.start()) : joined;
        Matcher matcher = Requirement.PATTERN.matcher(said);
        int indent = said.length() - said.stripLeading().length();
        if (!matcher.region(indent, said.length()).matches()) {
            Matcher include = INCLUDE.matcher(said);
            if (include.matches()) {
                includes.add(new Include(include.group("name"), include.group("requirement") == null));
            }
            return; // Another option of pip, a path, or nothing.
        }
        hashed |= matcher.group("options").contains("--hash");
        int nameEnd = matcher.end("name");
        int extrasEnd = Math.max(nameEnd, matcher.end("extras"));
        int versionEnd = Math.max(extrasEnd, matcher.end("version"));
        int end = Math.max(versionEnd, matcher.end("marker"));
        lines.add(new Line(Requirement.of(matcher), number, start + nameEnd, start + extrasEnd, start + versionEnd,
                start + end));
    }

    /** Whether the file has a requirement, perhaps with a change that is planned now, or one that it conflicts with. */
    private boolean has(Requirement wanted, IncludedRequirements included) {
        conflicts.addAll(included.conflictsWith(wanted));
        List<Line> same = lines.stream()
                .filter(line -> line.requirement().project().equals(wanted.project()))
                .filter(line -> !line.requirement().excludes(wanted))
                .toList();
        for (Line line : same) {
            if (lacksVersion(line.requirement(), wanted)) {
                extended.add(wanted.name());
                addExtras(line, wanted);
                replaceVersion(line, wanted);
            } else if (covers(line.requirement(), wanted)) {
                addExtras(line, wanted);
            } else if (onConflict == OnConflict.REPLACE) {
                replaced.add(wanted.name());
                addExtras(line, wanted);
                replaceVersion(line, wanted);
            } else {
                replaceable = true;
                conflicts.add(line + ", and the plan wants '" + wanted + "'");
            }
        }
        return !same.isEmpty() || included.covers(wanted);
    }

    static boolean lacksVersion(Requirement there, Requirement wanted) {
        return there.version().isEmpty() && !wanted.version().isEmpty() && !wanted.isAddress()
                && there.sameMarker(wanted);
    }

    /** Whether what is there stays as it is, but for extras that it lacks. */
    static boolean covers(Requirement there, Requirement wanted) {
        return (wanted.version().isEmpty() || there.sameVersion(wanted))
                && (there.marker().isEmpty() || there.sameMarker(wanted));
    }

    private void replaceVersion(Line line, Requirement wanted) {
        Requirement there = line.requirement();
        String version = wanted.isAddress() ? " " + wanted.version() : wanted.version();
        if (there.sameMarker(wanted)) {
            // Behind an address a semicolon would be part of it.
            boolean glued = wanted.isAddress() && text.startsWith(";", line.versionEnd());
            splices.add(new Splice(line.extrasEnd(), line.versionEnd(), version + (glued ? " " : "")));
        } else {
            String marker = wanted.marker().isEmpty() ? "" : (wanted.isAddress() ? " ; " : "; ") + wanted.marker();
            splices.add(new Splice(line.extrasEnd(), line.end(), version + marker));
        }
    }

    private void addExtras(Line line, Requirement wanted) {
        Set<String> missing = new TreeSet<>(wanted.extraNames());
        missing.removeAll(line.requirement().extraNames());
        if (missing.isEmpty()) {
            return;
        }
        if (!replaced.contains(wanted.name())) {
            extended.add(wanted.name());
        }
        boolean bracketed = line.extrasEnd() > line.nameEnd();
        boolean empty = line.requirement().extraNames().isEmpty();
        String names = String.join(",", missing);
        splices.add(bracketed
                ? Splice.insert(line.extrasEnd() - 1, (empty ? "" : ",") + names)
                : Splice.insert(line.nameEnd(), "[" + names + "]"));
    }

    private void requireNoConflicts() {
        if (!conflicts.isEmpty()) {
            throw StepFailure.user("requirements-conflict", (conflicts.size() == 1
                    ? "another version is required already: "
                    : conflicts.size() + " other versions are required already: ") + String.join("; ", conflicts)
                    + "; agree on one" + (replaceable ? ", or say 'on-conflict: replace'" : ""));
        }
    }

    private static void requireNothingNew(Output output) {
        if (!output.added().isEmpty() || !output.replaced().isEmpty() || !output.extended().isEmpty()) {
            throw StepFailure.user("requirements-hashed",
                    "it pins packages by --hash, so that pip refuses a requirement"
                            + " without one; make it anew with the tool that made it, such as pip-compile");
        }
    }

    private Output output(List<Requirement> wanted, List<Requirement> added, IncludedRequirements included) {
        List<String> names = names(added);
        return new Output(names, List.copyOf(replaced), List.copyOf(extended),
                names(wanted).stream()
                        .filter(name -> !names.contains(name) && !replaced.contains(name) && !extended.contains(name))
                        .toList(),
                included.unread());
    }

    private static List<String> names(List<Requirement> requirements) {
        return requirements.stream().map(Requirement::name).distinct().toList();
    }

    private String with(List<Requirement> added, Optional<String> header) {
        StringBuilder edited = new StringBuilder(Splice.apply(text, splices));
        if (added.isEmpty()) {
            return edited.toString();
        }
        if (!edited.isEmpty() && edited.charAt(edited.length() - 1) != '\n') {
            edited.append(newline);
        }
        String comment = header.map(line -> "# " + line).orElse("");
        if (!comment.isEmpty() && text.lines().noneMatch(comment::equals)) {
            edited.append(edited.isEmpty() ? "" : newline).append(comment).append(newline);
        }
        return edited
                .append(added.stream().map(each -> each + newline).collect(Collectors.joining()))
                .toString();
    }
}
