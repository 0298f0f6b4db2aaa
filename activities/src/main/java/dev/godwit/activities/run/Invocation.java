package dev.godwit.activities.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepIdentity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A command with all that it needs to run.
 *
 * @param uses the step type that runs it
 * @param arguments the program and its arguments
 * @param directory its working directory
 * @param environment its variables, secrets included
 * @param secrets the values of secrets by name, to be redacted from what it writes
 * @param successCodes the exit codes that count as done
 * @param timeout how long it may take
 * @param grace how long it may take to end when asked to
 */
public record Invocation(String uses, List<String> arguments, Path directory, Map<String, String> environment,
        Map<String, String> secrets,
        List<Integer> successCodes, Duration timeout, Duration grace) {

    private static final String SECRET = "secret";
    /** A shorter one is in many an argument by chance. */
    private static final int TELLTALE_LENGTH = 4;

    /**
     * @param stage what the command is for
     * @throws StepFailure if a secret stands among the arguments, or the directory does not exist
     */
    static Invocation of(RunCommand.Spec spec, RunCommand.Command command, String stage, Path directory,
            PreviewContext context) {
        return of("run.command", spec, command, stage, directory, context);
    }

    /**
     * @param uses the step type that runs it
     * @param stage what the command is for
     * @throws StepFailure if a secret stands among the arguments, or the directory does not exist
     */
    static Invocation of(String uses, RunCommand.Spec spec, RunCommand.Command command, String stage, Path directory,
            PreviewContext context) {
        Map<String, String> environment = new LinkedHashMap<>();
        Map<String, String> secrets = new LinkedHashMap<>();
        StepIdentity identity = context.identity();
        environment.put("GODWIT_RUN", identity.runId());
        environment.put("GODWIT_STEP", identity.step());
        environment.put("GODWIT_ROUND", Integer.toString(identity.round()));
        environment.put("GODWIT_STAGE", stage);
        spec.environment().forEach((variable, value) -> {
            if (isSecret(value)) {
                String name = value.get(SECRET).textValue();
                secrets.put(name, context.secret(name));
                environment.put(variable, secrets.get(name));
            } else {
                environment.put(variable, value.asText());
            }
        });
        secrets.forEach((name, value) -> {
            if (value.length() >= TELLTALE_LENGTH
                    && command.arguments().stream().anyMatch(one -> one.contains(value))) {
                throw StepFailure.user("secret-in-arguments", uses + ": the value of the secret " + name
                        + " stands among the arguments of '" + command.arguments().getFirst()
                        + "', where every user of the machine can read it; let the command take it from its environment");
            }
        });
        if (!Files.isDirectory(directory)) {
            throw StepFailure.user("directory-missing", uses + ": the directory " + directory
                    + " does not exist; create it, or change the plan");
        }
        return new Invocation(uses, command.arguments(), directory, environment, secrets, command.successCodes(),
                command.timeout().orElse(spec.timeout()), spec.grace());
    }

    /** With one more variable. */
    Invocation with(String variable, String value) {
        Map<String, String> more = new LinkedHashMap<>(environment);
        more.put(variable, value);
        return new Invocation(uses, arguments, directory, more, secrets, successCodes, timeout, grace);
    }

    public static boolean isSecret(JsonNode value) {
        return value.isObject() && value.size() == 1 && value.path(SECRET).isTextual();
    }

    /** Whether an exit code counts as done. */
    public boolean succeeded(int code) {
        return successCodes.contains(code);
    }

    @Override
    public String toString() {
        return String.join(" ", arguments);
    }
}
