package dev.godwit.run;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/** Where a run stands. */
public enum RunState {
    @JsonProperty("running")
    RUNNING, @JsonProperty("rolling back")
    ROLLING_BACK, @JsonProperty("completed")
    COMPLETED, @JsonProperty("rolled back")
    ROLLED_BACK, @JsonProperty("failed")
    FAILED, @JsonProperty("cancelled")
    CANCELLED,
    /** An undo was given up: a person must look. */
    @JsonProperty("stuck")
    STUCK;

    /** Whether nothing more will happen. */
    public boolean ended() {
        return switch (this) {
            case RUNNING, ROLLING_BACK -> false;
            case COMPLETED, ROLLED_BACK, FAILED, CANCELLED, STUCK -> true;
        };
    }

    /** The word for people, as in JSON. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
