package dev.godwit.activities.documents;

/** What happens where a target holds something already that this step did not put there. */
public enum Existing {
    /** The step fails and names it. */
    REFUSE,
    /** What is the same is left alone, what differs is replaced and kept for the undo. */
    UPDATE
}
