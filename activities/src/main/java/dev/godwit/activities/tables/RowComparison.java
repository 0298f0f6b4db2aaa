package dev.godwit.activities.tables;

import dev.godwit.step.StepFailure;
import java.util.ArrayList;
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
    private final Runnable checkpoint;

    RowComparison(Layout layout, Differences differences, Runnable checkpoint) {
        this.layout = layout;
        this.differences = differences;
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
            groups.values().forEach(this::report);
        }
    }

    private Group group(Map<List<String>, Group> groups, ComparedRow row) {
        return groups.computeIfAbsent(row.key(layout), key -> new Group());
    }

    private void report(Group group) {
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
        private final Map<ComparedRow, Long> more = new LinkedHashMap<>();

        void expect(ComparedRow row) {
            add(row, 1);
        }

        void find(ComparedRow row) {
            add(row, -1);
        }

        private void add(ComparedRow row, long count) {
            if (more.merge(row, count, Long::sum) == 0) {
                more.remove(row);
            }
            if (more.size() > MOST_ROWS) {
                throw StepFailure.user("key-not-unique", VerifyTable.USES + ": more than " + MOST_ROWS
                        + " different rows have one key, " + row.values() + " among them;"
                        + " say 'key' with columns that name a row");
            }
        }

        /** The rows of which one side has more, as often as it has. */
        List<ComparedRow> left(int sign) {
            List<ComparedRow> rows = new ArrayList<>();
            more.forEach((row, count) -> {
                for (long i = count * sign; i > 0; i--) {
                    rows.add(row);
                }
            });
            return rows;
        }
    }
}
