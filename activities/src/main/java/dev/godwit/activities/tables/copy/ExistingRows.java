package dev.godwit.activities.tables.copy;

/** What happens where the target table holds rows already. */
public enum ExistingRows {
    /** The step fails before it writes anything. */
    REFUSE,
    /** They stay, and the copied ones are added. */
    APPEND,
    /** They are kept for the undo, and the copied ones take their place. */
    REPLACE
}
