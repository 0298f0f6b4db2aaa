package dev.godwit.run;

/**
 * What a running step's heartbeat shows: for people only, nothing resumes from it.
 *
 * @param slowedBy why it is slower than it could be; empty where it is not
 */
public record Progress(String step, long done, long total, String unit, double perSecond, String slowedBy) {
    public Progress {
        slowedBy = slowedBy == null ? "" : slowedBy;
    }

    /** One of a step that is as fast as it can be. */
    public Progress(String step, long done, long total, String unit, double perSecond) {
        this(step, done, total, unit, perSecond, "");
    }
}
