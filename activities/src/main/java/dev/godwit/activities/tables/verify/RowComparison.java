package dev.godwit.activities.tables.verify;

import dev.godwit.step.StepFailure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Compares rows of two tables by their keys, as they come ordered by the hash of the key. A row that stands there twice must
 * stand there twice.
 */
final class RowComparison {
    /** How many different rows may have one key; more are no key. */
    private static final int MOST_ROWS = 10_000;

    private final Layout layout;
    private final Differences differences;
    private final Reading expectedRead;
    private final Reading actualRead;
    private final Runnable checkpoint;

    /** How a database reads the values of a row that came from elsewhere; the row itself where it is the database's own. */
    @FunctionalInterface
    interface Reading {
        ComparedRow read(ComparedRow row) throws Exception;
    }

    /**
     * @param expectedRead asked of expected rows that seem to differ
     * @param actualRead asked of actual rows that seem to differ
     */
    RowComparison(Layout layout, Differences differences, Reading expectedRead, Reading actualRead,
            Runnable checkpoint) {
        this.layout = layout;
        this.differences = differences;
        this.expectedRead = expectedRead;
        this.actualRead = actualRead;
        this.checkpoint = checkpoint;
    }

    /** Reads both to their ends. */
    void compare(TableSide.Rows expected, TableSide.Rows actual) throws Exception {
        Optional<ComparedRow> ours = expected.next();
        Optional<ComparedRow> theirs = actual.next();
        while (ours.isPresent() || theirs.isPresent()) {
            checkpoint.run();
            long hash = Math.min(ours.map(ComparedRow::keyHash).orElse(Long.MAX_VALUE),
                    theirs.map(ComparedRow::keyHash).orElse(Long.MAX_VALUE));
            Map<List<String>, Group> groups = new LinkedHashMap<>();
            while (ours.isPresent() && ours.get().keyHash() == hash) {
                group(groups, ours.get()).expect(ours.get());
                ours = expected.next();
            }
            while (theirs.isPresent() && theirs.get().keyHash() == hash) {
                group(groups, theirs.get()).find(theirs.get());
                theirs = actual.next();
            }
            for (Group group : groups.values()) {
                report(group);
            }
        }
    }

    private Group group(Map<List<String>, Group> groups, ComparedRow row) {
        return groups.computeIfAbsent(row.key(layout), key -> new Group());
    }

    private void report(Group found) throws Exception {
        Group group = found;
        if (!group.left(1).isEmpty() && !group.left(-1).isEmpty()) {
            group = new Group();
            for (ComparedRow row : found.left(1)) {
                group.expect(expectedRead.read(row));
            }
            for (ComparedRow row : found.left(-1)) {
                group.find(actualRead.read(row));
            }
        }
        List<ComparedRow> ours = group.left(1);
        List<ComparedRow> theirs = group.left(-1);
        int pairs = Math.min(ours.size(), theirs.size());
        for (int i = 0; i < pairs; i++) {
            differences.different(ours.get(i), theirs.get(i));
        }
        ours.subList(pairs, ours.size()).forEach(differences::missing);
        theirs.subList(pairs, theirs.size()).forEach(differences::extra);
    }

    /** The rows that have one key: how many more there are on the expected side than on the other. */
    private static final class Group {
        private final Map<List<String>, Long> more = new LinkedHashMap<>();
        private final Map<List<String>, ComparedRow> rows = new HashMap<>();

        void expect(ComparedRow row) {
            add(row, 1);
        }

        void find(ComparedRow row) {
            add(row, -1);
        }

        private void add(ComparedRow row, long count) {
            rows.put(row.values(), row);
            if (more.merge(row.values(), count, Long::sum) == 0) {
                more.remove(row.values());
                rows.remove(row.values());
            }
            if (more.size() > MOST_ROWS) {
                throw StepFailure.user("key-not-unique", VerifyTable.USES + ": more than " + MOST_ROWS
                        + " different rows have one key, " + row.shown() + " among them;"
                        + " say 'key' with columns that name a row");
            }
        }

        /** The rows of which one side has more, as often as it has. */
        List<ComparedRow> left(int sign) {
            List<ComparedRow> left = new ArrayList<>();
            more.forEach((values, count) -> {
                for (long i = count * sign; i > 0; i--) {
                    left.add(rows.get(values));
                }
            });
            return left;
        }
    }
}
