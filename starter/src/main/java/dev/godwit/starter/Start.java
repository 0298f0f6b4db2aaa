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

    /**
     * From what was typed.
     *
     * @throws CommandFailure if there is no such plan, or it has faults
     */
    static Start of(String plan, Map<String, String> parameters, Optional<String> target, Mode mode, String person) {
        Path file = Path.of(plan);
        if (Files.isRegularFile(file)) {
            return ofFile(file, parameters, target, mode, person);
        }
        if (!NAME.matcher(plan).matches()) {
            throw CommandFailure.usage("there is no file '" + plan + "', and it is not the name of a plan");
        }
        return ofName(plan, parameters, target, mode, person);
    }

    /** The plan's text travels with the run, so that editing the file never changes a run under way. */
    private static Start ofFile(Path file, Map<String, String> parameters, Optional<String> target, Mode mode,
            String person) {
        String text = text(file);
        try {
            Plan plan = PlanReader.read(file.toString(), text);
            Map<String, JsonNode> values = ParameterValues.resolve(plan, parameters,
                    path -> Path.of(path).toAbsolutePath().normalize().toString());
            return new Start(
                    id(RunRequest.workflowId(plan.name(), PlanHeader.of(plan, values, target).target()), mode),
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
            String person) {
        if (target.isEmpty() && mode == Mode.RUN) {
            throw CommandFailure.usage("there is no file '" + name + "' here; for the plan of that name in the worker's"
                    + " plan directory say --target too: only the worker can read the plan's own target, and a run's id"
                    + " is PLAN/TARGET");
        }
        Map<String, JsonNode> values = new LinkedHashMap<>();
        parameters.forEach((parameter, value) -> values.put(parameter, json(value)));
        return new Start(id(target.map(known -> RunRequest.workflowId(name, known)).orElse(name), mode),
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

    /** Dry-runs have ids of their own and block nobody. */
    private static String id(String run, Mode mode) {
        return switch (mode) {
            case RUN -> run;
            case DRY_RUN, ROLLBACK -> run + "/dry-run/"
                    + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
        };
    }
}
