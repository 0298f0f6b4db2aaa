package dev.godwit.activities.tables.verify;

import java.util.ArrayList;
import java.util.List;

/**
 * A row of one side.
 *
 * @param keyHash the hash of its key
 * @param values by the places of the columns in the layout, the text of each in its form, or null
 * @param shown the same values as people read them
 */
record ComparedRow(long keyHash, List<String> values, List<String> shown) {
    /** What names the row; without a key, all of it. */
    List<String> key(Layout layout) {
        return layout.key().isEmpty() ? values : pick(layout, values);
    }

    /** The same for people. */
    List<String> shownKey(Layout layout) {
        return layout.key().isEmpty() ? shown : pick(layout, shown);
    }

    private static List<String> pick(Layout layout, List<String> from) {
        List<String> key = new ArrayList<>(layout.key().size());
        layout.key().forEach(place -> key.add(from.get(place)));
        return key;
    }
}
