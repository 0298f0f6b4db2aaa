package dev.godwit.activities.tables.values;

/** A value that a column's type cannot take as it is. The message says why, without naming column or row. */
public final class UnfitValueException extends Exception {
    private static final long serialVersionUID = 1L;

    public UnfitValueException(String message) {
        // Some loads look at millions of them.
        super(message, null, false, false);
    }
}
