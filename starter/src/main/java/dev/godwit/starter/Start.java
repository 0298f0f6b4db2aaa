package dev.godwit.starter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.godwit.json.Json;
import dev.godwit.plan.InvalidPlanException;
import dev.godwit.plan.ParameterValues;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanHeader;
import dev.godwit.plan.PlanReader;
import dev.godwit.run.Mode;
import dev.godwit.run.RunRequest;
import dev.godwit.run.RunRequest.RollbackOf;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
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
    /** The last part is random, or the name of a schedule with the time that Temporal adds to it. */
    private static final Pattern LOOKS_ONLY = Pattern
            .compile("/(dry-run|preview)/([0-9a-f]{8}|" + NAME + "-\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z)$");

    /**
     * From what was typed.
     *
     * @throws CommandFailure if there is no such plan, or it has faults
     */
    static Start of(String plan, Map<String, String> parameters, Optional<String> target, Mode mode, String person) {
        return of(plan, parameters, target, mode, person, mode == Mode.RUN ? "" : "/dry-run/" + unique());
    }

    /**
     * The dry-runs that a schedule starts, to whose id Temporal adds the time.
     *
     * @throws CommandFailure if there is no such plan, or it has faults
     */
    static Start scheduled(String plan, Map<String, String> parameters, Optional<String> target, String schedule,
            String person) {
        return of(plan, parameters, target, Mode.DRY_RUN, "schedule " + schedule + " (" + person + ")",
                "/dry-run/" + schedule);
    }

    private static Start of(String plan, Map<String, String> parameters, Optional<String> target, Mode mode,
            String person, String suffix) {
        Path file = Path.of(plan);
        if (Files.isRegularFile(file)) {
            return ofFile(file, parameters, target, mode, person, suffix);
        }
        if (!NAME.matcher(plan).matches()) {
            throw CommandFailure.usage("there is no file '" + plan + "', and it is not the name of a plan");
        }
        return ofName(plan, parameters, target, mode, person, suffix);
    }

    /** The plan's text travels with the run, so that editing the file never changes a run under way. */
    private static Start ofFile(Path file, Map<String, String> parameters, Optional<String> target, Mode mode,
            String person, String suffix) {
        String text = text(file);
        try {
            Plan plan = PlanReader.read(file.toString(), text);
            Map<String, JsonNode> values = ParameterValues.resolve(plan, parameters,
                    path -> Path.of(path).toAbsolutePath().normalize().toString());
            return new Start(
                    RunRequest.workflowId(plan.name(), PlanHeader.of(plan, values, target).target()) + suffix,
                    new RunRequest(plan.name(), Optional.of(text), Optional.of(file.toString()), values, target, mode,
                            Optional.of(person), Optional.empty()));
        } catch (InvalidPlanException e) {
            throw CommandFailure.invalidPlan(e.faults());
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (MalformedInputException e) {
            throw CommandFailure.usage("the plan " + file + " is not UTF-8 text");
        } catch (IOException e) {
            throw CommandFailure.usage("cannot read the plan " + file + " (" + e.getMessage() + ")");
        }
    }

    /** The worker has the plan; here its parameters' types are unknown, so their texts are read as JSON. */
    private static Start ofName(String name, Map<String, String> parameters, Optional<String> target, Mode mode,
            String person, String suffix) {
        if (target.isEmpty() && mode == Mode.RUN) {
            throw CommandFailure.usage("there is no file '" + name + "' here; for the plan of that name in the worker's"
                    + " plan directory say --target too: only the worker can read the plan's own target, and a run's id"
                    + " is PLAN/TARGET");
        }
        Map<String, JsonNode> values = new LinkedHashMap<>();
        parameters.forEach((parameter, value) -> values.put(parameter, json(value)));
        return new Start(target.map(known -> RunRequest.workflowId(name, known)).orElse(name) + suffix,
                new RunRequest(name, Optional.empty(), Optional.empty(), values, target, mode, Optional.of(person),
                        Optional.empty()));
    }

    /** A number, true, false or a quoted text; anything else is a text as it stands. */
    private static JsonNode json(String text) {
        try {
            JsonNode value = Json.read(text, JsonNode.class);
            return value != null && value.isValueNode() && !value.isNull() ? value : TextNode.valueOf(text);
        } catch (IllegalArgumentException e) {
            return TextNode.valueOf(text);
        }
    }

    /** To take back what an ended run did, under the target's own id, so that nothing else touches it meanwhile. */
    static Start rollback(String workflowId, RollbackOf of, String person) {
        if (changesNothing(workflowId)) {
            throw CommandFailure
                    .refused(workflowId + " only looked and changed nothing, so there is nothing to take back");
        }
        String[] parts = workflowId.split("/", 2);
        if (parts.length < 2) {
            throw CommandFailure
                    .refused("'" + workflowId + "' is not the id of a run that changed something: such an id"
                            + " is PLAN/TARGET");
        }
        return new Start(of.preview() ? workflowId + "/preview/" + unique() : workflowId,
                new RunRequest(parts[0], Optional.empty(), Optional.empty(), Map.of(), Optional.of(parts[1]),
                        Mode.ROLLBACK, Optional.of(person), Optional.of(of)));
    }

    /** Whether a run of this id is a dry-run or a preview, which have ids of their own and block nobody. */
    static boolean changesNothing(String workflowId) {
        return LOOKS_ONLY.matcher(workflowId).find();
    }

    /** What lists of runs show beside the id. */
    static String summary(RunRequest request) {
        String what = switch (request.mode()) {
            case RUN -> "";
            case DRY_RUN -> ", dry-run";
            case ROLLBACK -> request.rollback().filter(RollbackOf::preview).isPresent()
                    ? ", preview of a rollback"
                    : ", rollback of an ended run";
        };
        return request.plan() + what + request.startedBy().map(person -> ", started by " + person).orElse("");
    }

    private static String unique() {
        return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    }
}
