package dev.godwit.activities.tables.verify;

import dev.godwit.json.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Counts differences, keeps the first, and writes each to the evidence. */
final class Differences {
    private static final int EXAMPLES = 10;
    private static final int FIELDS = 5;
    private static final int LONGEST = 100;

    private final Layout layout;
    private final OutputStream lines;
    private final Optional<Repairs> repairs;
    private final List<VerifyTable.Difference> examples = new ArrayList<>();
    private long missing;
    private long different;
    private long extra;

    /** A difference as it stands in the evidence, with whole values; null is null. */
    record Line(String what, Map<String, String> key, Map<String, String> expected, Map<String, String> actual) {}

    /** Where the rows to mend go, and how they are written there. */
    record Repairs(RepairList list, RepairForm form) {}

    /**
     * @param lines gets each, as a line of JSON
     * @param repairs gets the rows, to mend them
     */
    Differences(Layout layout, OutputStream lines, Optional<Repairs> repairs) {
        this.layout = layout;
        this.lines = lines;
        this.repairs = repairs;
    }

    void missing(ComparedRow expected) {
        missing++;
        toRepair("missing", Optional.of(expected), Optional.empty());
        add("missing", expected, new LinkedHashMap<>(), new LinkedHashMap<>());
    }

    void extra(ComparedRow actual) {
        extra++;
        toRepair("extra", Optional.empty(), Optional.of(actual));
        add("extra", actual, new LinkedHashMap<>(), new LinkedHashMap<>());
    }

    void different(ComparedRow expected, ComparedRow actual) {
        different++;
        toRepair("different", Optional.of(expected), Optional.of(actual));
        Map<String, String> ours = new LinkedHashMap<>();
        Map<String, String> theirs = new LinkedHashMap<>();
        for (int i = 0; i < layout.columns().size(); i++) {
            String one = expected.values().get(i);
            String other = actual.values().get(i);
            if (one == null ? other != null : !one.equals(other)) {
                ours.put(layout.columns().get(i).expected(), expected.shown().get(i));
                theirs.put(layout.columns().get(i).expected(), actual.shown().get(i));
            }
        }
        add("different", expected, ours, theirs);
    }

    private void toRepair(String what, Optional<ComparedRow> expected, Optional<ComparedRow> actual) {
        // Without a key there is nothing to find rows by, which whoever repairs says.
        repairs.ifPresent(found -> found.list().add(found.form().entry(layout, what, expected, actual)));
    }

    long missing() {
        return missing;
    }

    long different() {
        return different;
    }

    long extra() {
        return extra;
    }

    /** The first ones. */
    List<VerifyTable.Difference> examples() {
        return List.copyOf(examples);
    }

    private void add(String what, ComparedRow row, Map<String, String> expected, Map<String, String> actual) {
        Map<String, String> key = new LinkedHashMap<>();
        List<String> values = row.shownKey(layout);
        for (int i = 0; i < values.size(); i++) {
            Layout.Compared column = layout.columns().get(layout.key().isEmpty() ? i : layout.key().get(i));
            key.put(column.expected(), values.get(i));
        }
        try {
            lines.write((Json.write(new Line(what, key, expected, actual)) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (examples.size() < EXAMPLES) {
            List<String> fields = expected.keySet()
                    .stream()
                    .limit(FIELDS)
                    .map(name -> name + ": expected " + shown(expected.get(name)) + ", found "
                            + shown(actual.get(name)))
                    .toList();
            examples.add(new VerifyTable.Difference(what, shown(key), fields));
        }
    }

    private static String shown(Map<String, String> key) {
        StringBuilder text = new StringBuilder();
        key.entrySet()
                .stream()
                .limit(FIELDS)
                .forEach(part -> text.append(text.isEmpty() ? "" : ", ")
                        .append(part.getKey())
                        .append('=')
                        .append(shown(part.getValue())));
        return text.toString();
    }

    private static String shown(String value) {
        if (value == null) {
            return "null";
        }
        String text = value.isEmpty() || !value.strip().equals(value) ? "'" + value + "'" : value;
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
    }
}
