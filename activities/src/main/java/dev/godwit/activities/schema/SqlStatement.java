package dev.godwit.activities.schema;

import java.util.Locale;

/**
 * One statement of a script.
 *
 * @param text without the semicolon and the comments before it
 * @param line on which it begins, from 1
 */
record SqlStatement(String text, int line) {
    private static final int SHOWN = 80;

    String firstWord() {
        return text.split("[^A-Za-z]", 2)[0].toUpperCase(Locale.ROOT);
    }

    /** The line of a character, from 1, as a server names it. */
    int lineAt(int position) {
        return line + (int) text.substring(0, Math.clamp(position - 1, 0, text.length()))
                .chars()
                .filter(character -> character == '\n')
                .count();
    }

    /** One line of it for people. */
    @Override
    public String toString() {
        String first = text.strip().replaceAll("\\s+", " ");
        return first.length() <= SHOWN ? first : first.substring(0, SHOWN) + "...";
    }
}
