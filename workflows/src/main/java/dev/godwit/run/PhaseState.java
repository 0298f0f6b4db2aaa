package dev.godwit.run;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Where a phase stands; plans read it as {@code .phases.NAME.state}. */
public enum PhaseState {
    @JsonProperty("pending")
    PENDING, @JsonProperty("running")
    RUNNING, @JsonProperty("completed")
    COMPLETED, @JsonProperty("failed")
    FAILED,
    /** Its {@code when} was not true. */
    @JsonProperty("skipped")
    SKIPPED,
    /** The run ended it before its end. */
    @JsonProperty("stopped")
    STOPPED,
    /** Its work was taken back. */
    @JsonProperty("undone")
    UNDONE
}
