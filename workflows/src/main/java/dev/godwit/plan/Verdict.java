package dev.godwit.plan;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a check that decides can say. Inconclusive never passes. */
public enum Verdict {
    @JsonProperty("passed")
    PASSED, @JsonProperty("failed")
    FAILED, @JsonProperty("inconclusive")
    INCONCLUSIVE
}
