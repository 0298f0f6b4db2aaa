package dev.godwit.activities.config;

/** A configuration file is not what its format wants. */
public final class UnreadableConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int line;

    UnreadableConfigException(int line, String problem) {
        super(problem);
        this.line = line;
    }

    /** Where, from 1. */
    public int line() {
        return line;
    }
}
