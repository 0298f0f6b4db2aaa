package dev.godwit.run;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What is known of a phase of a run.
 *
 * @param name the phase
 * @param state where it stands
 * @param estimate how long the plan's author expected it to take
 * @param started when it began
 * @param ended when it ended
 * @param steps its steps, in the order of the plan
 */
public record PhaseReport(String name, PhaseState state, Optional<Duration> estimate, Optional<Instant> started,
        Optional<Instant> ended, List<StepReport> steps) {

    /** How long it took, once it has ended. */
    @JsonProperty(value = "actual", access = JsonProperty.Access.READ_ONLY)
    public Optional<Duration> actual() {
        return started.flatMap(from -> ended.map(to -> Duration.between(from, to)));
    }
}
