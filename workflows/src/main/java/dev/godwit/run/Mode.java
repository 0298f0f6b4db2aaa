package dev.godwit.run;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whether a run does its work or only says what it would do. */
public enum Mode {
    @JsonProperty("run")
    RUN, @JsonProperty("dry-run")
    DRY_RUN
}
