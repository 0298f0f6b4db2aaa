package dev.godwit.starter;

/** Words as a shell reads them. */
final class Shell {
    private Shell() {}

    /** A word that can be pasted into a command line. */
    static String quoted(String word) {
        return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
