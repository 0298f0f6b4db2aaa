package dev.godwit.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;

/**
 * The input of a {@code Migration}. Only the plan is needed: {@code {"plan": "license-plate-v2"}}.
 *
 * @param plan the plan's name; without a source the worker finds it in its plan directory
 * @param source the plan's text, so that editing the file never changes a run under way
 * @param file where the text came from, for messages
 * @param parameters values for the plan's parameters
 * @param target overrides the plan's target
 * @param mode to do it, to say what would be done, or to take back what an ended run did
 * @param startedBy who started it
 * @param rollback for mode {@code rollback}: of which run, and what of it
 */
public record RunRequest(String plan, Optional<String> source, Optional<String> file, Map<String, JsonNode> parameters,
        Optional<String> target, Mode mode, Optional<String> startedBy, Optional<RollbackOf> rollback) {

    public RunRequest {
        if (plan == null || plan.isBlank()) {
            throw new IllegalArgumentException("a run needs a plan, such as {\"plan\": \"license-plate-v2\"}");
        }
        source = source == null ? Optional.empty() : source;
        file = file == null ? Optional.empty() : file;
        parameters = parameters == null ? Map.of() : parameters;
        target = target == null ? Optional.empty() : target;
        mode = mode == null ? Mode.RUN : mode;
        startedBy = startedBy == null ? Optional.empty() : startedBy;
        rollback = rollback == null ? Optional.empty() : rollback;
        if (mode == Mode.ROLLBACK != rollback.isPresent()) {
            throw new IllegalArgumentException(
                    "a run in mode 'rollback', and only such a one, needs 'rollback', such as"
                            + " {\"run\": \"0198f3...\"}: the run id of the run that is taken back");
        }
    }

    /**
     * Which ended run to take back.
     *
     * @param run Temporal's first-execution run id of that run
     * @param scope what of it; everything by default
     * @param preview only to say what would be undone and what could be lost; such a run has an id of its own, like a
     *        dry-run
     * @param reason why; empty if nobody says
     */
    public record RollbackOf(String run, RollbackScope scope, boolean preview, String reason) {
        public RollbackOf {
            if (run == null || run.isBlank()) {
                throw new IllegalArgumentException("a rollback needs the run id of the run that it takes back");
            }
            scope = scope == null ? RollbackScope.ALL : scope;
            reason = reason == null ? "" : reason;
        }
    }

    /** The workflow id of the one run that may work on a target. */
    public static String workflowId(String plan, String target) {
        return plan + "/" + target;
    }
}
