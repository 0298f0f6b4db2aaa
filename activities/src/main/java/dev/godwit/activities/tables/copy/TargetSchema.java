package dev.godwit.activities.tables.copy;

/** Who makes the target table. */
public enum TargetSchema {
    /** This step; it is refused if there is one. */
    CREATE,
    /** Someone else; its columns are checked, and indexes and constraints left as they are. */
    CHECK,
    /** This step if there is none, else someone else. */
    AUTO
}
