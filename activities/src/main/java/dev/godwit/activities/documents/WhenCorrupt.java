package dev.godwit.activities.documents;

/** What happens with a file that should be a document and is none. */
public enum WhenCorrupt {
    /** The step fails and names it. */
    STOP,
    /** It is passed over, counted and named. */
    REPORT
}
