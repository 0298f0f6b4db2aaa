package dev.godwit.activities.tables;

import java.util.ArrayList;
import java.util.List;

/**
 * A row of one side.
 *
 * @param keyHash the hash of its key
 * @param values by the places of the columns in the layout, each in its form's text, or null
 */
record ComparedRow(long keyHash, List<String> values) {
    /** What names the row; without a key, all of it. */
    List<String> key(Layout layout) {
        if (layout.key().isEmpty()) {
            return values;
        }
        List<String> key = new ArrayList<>(layout.key().size());
        layout.key().forEach(place -> key.add(values.get(place)));
        return key;
    }
}
