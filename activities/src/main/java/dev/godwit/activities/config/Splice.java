package dev.godwit.activities.config;

import java.util.Comparator;
import java.util.List;

/**
 * A piece of a text that is replaced; all around it stays.
 *
 * @param from its first character
 * @param to behind its last character
 * @param text what comes in its place
 */
record Splice(int from, int to, String text) {
    static Splice insert(int at, String text) {
        return new Splice(at, at, text);
    }

    static Splice delete(int from, int to) {
        return new Splice(from, to, "");
    }

    /** Replaces pieces that do not overlap. */
    static String apply(String text, List<Splice> splices) {
        StringBuilder edited = new StringBuilder();
        int copied = 0;
        for (Splice splice : splices.stream().sorted(Comparator.comparingInt(Splice::from)).toList()) {
            if (splice.from < copied) {
                throw new IllegalStateException("overlapping splices at " + splice.from);
            }
            edited.append(text, copied, splice.from).append(splice.text);
            copied = splice.to;
        }
        return edited.append(text, copied, text.length()).toString();
    }
}
