package dev.godwit.activities.documents;

/** What a step that copies does with a file or line that should be a document and is none. */
public enum Unreadable {
    /** The step fails and names it. */
    STOP,
    /** It is passed over, counted and named. */
    REPORT,
    /** It is also copied as it is to the quarantine, with a file beside it that says why. */
    QUARANTINE
}
