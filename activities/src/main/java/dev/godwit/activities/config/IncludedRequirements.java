package dev.godwit.activities.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What the files say that a requirements file of pip has it read, and those that these name in their turn. */
final class IncludedRequirements {
    private final List<Found> found = new ArrayList<>();
    private final List<String> unread = new ArrayList<>();
    private final Set<Path> read = new LinkedHashSet<>();
    private boolean hashed;

    private IncludedRequirements() {}

    /**
     * A requirement and where it stands.
     *
     * @param constraint whether it only limits the version of what is required elsewhere
     * @param place the file, as it is written where it is named, and the line
     */
    private record Found(Requirement requirement, boolean constraint, String place) {
        /** Whether it is certain that pip cannot have both. */
        boolean contradicts(Requirement wanted) {
            if (constraint) {
                return requirement.pins() && wanted.pins() && !requirement.sameVersion(wanted);
            }
            return !RequirementsFile.lacksVersion(requirement, wanted) && !RequirementsFile.covers(requirement, wanted);
        }
    }

    /**
     * Reads what a file includes.
     *
     * @param path where the file is: names are relative to its directory
     */
    static IncludedRequirements of(Path path, RequirementsFile file) {
        IncludedRequirements included = new IncludedRequirements();
        included.read.add(path.toAbsolutePath().normalize());
        included.follow(path, file, false);
        return included;
    }

    private void follow(Path path, RequirementsFile file, boolean constraint) {
        for (RequirementsFile.Include include : file.includes()) {
            // Who is included as a constraint requires nothing, nor do those whom it includes.
            read(path, include.name(), constraint || include.constraint());
        }
    }

    private void read(Path from, String name, boolean constraint) {
        try {
            Path path = from.toAbsolutePath().resolveSibling(name).normalize();
            if (!read.add(path)) {
                return;
            }
            RequirementsFile file = RequirementsFile.of(Files.readAllBytes(path));
            hashed |= file.hashed() && !constraint;
            file.requirements()
                    .forEach((line, requirement) -> found
                            .add(new Found(requirement, constraint, name + ", line " + line)));
            follow(path, file, constraint);
        } catch (IOException | InvalidPathException e) {
            // An address, a variable that pip replaces, or a file that is not there yet.
            unread.add(name);
        }
    }

    /** Those that pip cannot have together with a requirement, in words. */
    List<String> conflictsWith(Requirement wanted) {
        return of(wanted).stream()
                .filter(other -> other.contradicts(wanted))
                .map(other -> other.place() + " has '" + other.requirement() + "', and the plan wants '" + wanted + "'")
                .toList();
    }

    /** Whether a requirement stands there with all that is wanted of it. */
    boolean covers(Requirement wanted) {
        return of(wanted).stream()
                .anyMatch(other -> !other.constraint() && !RequirementsFile.lacksVersion(other.requirement(), wanted)
                        && RequirementsFile.covers(other.requirement(), wanted)
                        && other.requirement().extraNames().containsAll(wanted.extraNames()));
    }

    private List<Found> of(Requirement wanted) {
        return found.stream()
                .filter(other -> other.requirement().project().equals(wanted.project()))
                .filter(other -> !other.requirement().excludes(wanted))
                .toList();
    }

    /** The names of files that could not be read. */
    List<String> unread() {
        return unread;
    }

    /** Whether one of them pins packages by hashes, as then all must. */
    boolean hashed() {
        return hashed;
    }
}
