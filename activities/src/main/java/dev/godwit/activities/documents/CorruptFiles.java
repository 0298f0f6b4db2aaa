package dev.godwit.activities.documents;

import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Corrupt files as far as people read about them: all are counted, the first few named. */
final class CorruptFiles {
    static final int NAMED = 20;
    /** The log in the journal that names all of them. */
    static final String LOG = "corrupt";

    private final List<CorruptFile> first = new ArrayList<>();
    private long count;

    void add(CorruptFile file) {
        count++;
        if (first.size() < NAMED) {
            first.add(file);
        }
    }

    long count() {
        return count;
    }

    List<CorruptFile> first() {
        return List.copyOf(first);
    }

    /** A line for each of the first, and one for the others. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        first.forEach(file -> lines.add(file.toString()));
        if (count > first.size()) {
            lines.add((count - first.size()) + " more");
        }
        return lines;
    }

    /** Why a step does not go on. */
    static StepFailure failure(String uses, Location from, long count, List<CorruptFile> named, String remedy) {
        String names = named.stream().map(CorruptFile::toString).collect(Collectors.joining(", "));
        String others = count > named.size() ? " and " + (count - named.size()) + " more" : "";
        return StepFailure.integrity("document-corrupt", uses + ": " + count + " of the files in " + from
                + (count == 1 ? " is no document: " : " are no documents: ") + names + others + "; " + remedy);
    }

    /** Leaves what the journal names, all of it, as evidence: a JSON line each. */
    static void evidence(RunContext context) throws IOException {
        try (OutputStream lines = context.evidence().open("corrupt.jsonl")) {
            Place[] last = {Place.START};
            context.journal().scan(LOG, CorruptFile.class, file -> {
                // A batch that a crash repeated is in the log twice; the order of the documents tells.
                Place place = new Place(file.file(), DocumentFile.hasLines(file.file()) ? file.line() : 0);
                if (last[0].compareTo(place) < 0) {
                    write(lines, file);
                    last[0] = place;
                }
            });
        }
    }

    static void write(OutputStream lines, Object value) {
        try {
            lines.write((Json.write(value) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
