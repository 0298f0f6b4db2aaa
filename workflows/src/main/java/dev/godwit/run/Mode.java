package dev.godwit.run;

/** What a run is for. */
public enum Mode {
    /** It does its work. */
    RUN,
    /** It only says what it would do. */
    DRY_RUN,
    /** It takes back what an ended run did, from that run's ledger in the evidence store. */
    ROLLBACK
}
