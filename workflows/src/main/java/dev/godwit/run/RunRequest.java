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
 * @param mode to do it, or to say what would be done
 * @param startedBy who started it
 */
public record RunRequest(String plan, Optional<String> source, Optional<String> file, Map<String, JsonNode> parameters,
        Optional<String> target, Mode mode, Optional<String> startedBy) {
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
    }

    /** The workflow id of the one run that may work on a target. */
    public static String workflowId(String plan, String target) {
        return plan + "/" + target;
    }
}
