package dev.godwit.run;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Where a step stands. That its work was taken back is told apart, by {@link StepReport#undo()}. */
public enum StepState {
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
    /** A dry-run told what it would do. */
    @JsonProperty("previewed")
    PREVIEWED
}
