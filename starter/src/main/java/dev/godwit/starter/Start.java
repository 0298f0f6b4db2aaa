package dev.godwit.starter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.godwit.run.Mode;
import dev.godwit.run.RunRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * What to start, and under which id.
 *
 * @param workflowId the id of the run
 * @param request its input
 */
record Start(String workflowId, RunRequest request) {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]*");

    /**
     * From what was typed.
     *
     * @throws CommandFailure if there is no such plan, or it has faults
     */
    static Start of(String plan, Map<String, String> parameters, Optional<String> target, Mode mode, String person) {
        Path file = Path.of(plan);
        if (Files.exists(file)) {
            throw new UnsupportedOperationException("plan files");
        }
        if (!NAME.matcher(plan).matches()) {
            throw CommandFailure.usage("there is no file '" + plan + "', and it is not the name of a plan");
        }
        return ofName(plan, parameters, target, mode, person);
    }

    /** The worker has the plan; here its parameters' types are unknown, so they travel as they were typed. */
    private static Start ofName(String name, Map<String, String> parameters, Optional<String> target, Mode mode,
            String person) {
        if (target.isEmpty() && mode == Mode.RUN) {
            throw CommandFailure.usage("there is no file '" + name + "' here; for the plan of that name in the worker's"
                    + " plan directory say --target too: only the worker can read the plan's own target, and a run's id"
                    + " is PLAN/TARGET");
        }
        Map<String, JsonNode> values = new LinkedHashMap<>();
        parameters.forEach((parameter, value) -> values.put(parameter, TextNode.valueOf(value)));
        return new Start(id(target.map(known -> RunRequest.workflowId(name, known)).orElse(name), mode),
                new RunRequest(name, Optional.empty(), Optional.empty(), values, target, mode, Optional.of(person)));
    }

    /** Dry-runs have ids of their own and block nobody. */
    private static String id(String run, Mode mode) {
        return switch (mode) {
            case RUN -> run;
            case DRY_RUN -> run + "/dry-run/"
                    + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
        };
    }
}
