package dev.godwit.run;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run leaves behind; the answer of the query {@code report} and the file {@code report.json} of the evidence.
 *
 * @param workflowId the run's workflow id
 * @param runId Temporal's first-execution run id
 * @param plan the plan's name
 * @param description the plan's description
 * @param planSha256 of the plan's text, in hexadecimal
 * @param target what the run migrates
 * @param mode whether it did its work or only said what it would do
 * @param state where it stands
 * @param startedBy who started it; empty if unknown
 * @param parameters the parameters' values
 * @param started when it started
 * @param ended when it ended
 * @param failure why it failed or was rolled back
 * @param phases in the order of the plan
 * @param messages what people told the run
 * @param checklist the guide's checklist, answered by evidence or open
 * @param rollsBack the run id of the run whose work it takes back, where that had ended before
 * @param evidence where the evidence is, as the worker names it; absent until the run has ended
 */
public record Report(String workflowId, String runId, String plan, String description, String planSha256, String target,
        Mode mode, RunState state, String startedBy, Map<String, JsonNode> parameters, Instant started,
        Optional<Instant> ended, Optional<Failure> failure, List<PhaseReport> phases, List<MessageReport> messages,
        List<ChecklistAnswer> checklist, Optional<String> rollsBack, Optional<String> evidence) {

    /** How long the plan's author expected all of it to take; absent if no phase says. */
    @JsonProperty(value = "estimate", access = JsonProperty.Access.READ_ONLY)
    public Optional<Duration> estimate() {
        return phases.stream().flatMap(phase -> phase.estimate().stream()).reduce(Duration::plus);
    }

    /** How long all of it took, with what was waited for between phases, once it has ended. */
    @JsonProperty(value = "actual", access = JsonProperty.Access.READ_ONLY)
    public Optional<Duration> actual() {
        return ended.map(end -> Duration.between(started, end));
    }

    /**
     * A message that a run got.
     *
     * @param at when
     * @param verb such as {@code rollback}
     * @param by who sent it; empty if it did not say
     * @param reason why; empty if it did not say
     * @param outcome what became of it: accepted, or why it was ignored
     */
    public record MessageReport(Instant at, String verb, String by, String reason, String outcome) {}

    /**
     * A line of the guide's checklist.
     *
     * @param section its heading
     * @param line its text
     * @param answer what the evidence says
     * @param steps the steps whose evidence it is
     */
    public record ChecklistAnswer(String section, String line, Answer answer, List<String> steps) {}

    /** What the evidence says of a checklist line. */
    public enum Answer {
        PROVED, FAILED,
        /** No step answers it, or none did in this run: a person must. */
        OPEN
    }
}
