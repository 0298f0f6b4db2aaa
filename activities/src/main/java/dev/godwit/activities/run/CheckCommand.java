package dev.godwit.activities.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.run.CommandStage.Ended;
import dev.godwit.json.Jq;
import dev.godwit.json.Jq.JqException;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs a command that changes nothing, and checks its exit code and what it writes.
 *
 * <pre>{@code
 * - name: python_is_new_enough
 *   uses: check.command
 *   with:
 *     directory: v2_home
 *     command: [python3, -c, 'import json, sys; print(json.dumps(list(sys.version_info)))']
 *     json: .[0] == 3 and .[1] >= 11
 * }</pre>
 *
 * <p>There is no shell unless {@code shell} asks for one in place of {@code command}. Environment and secrets are as with
 * {@code run.command}. What it writes is kept as evidence, {@code check.log}, with the values of its secrets redacted.
 * It is ended, with all that it started, when it takes longer than {@code timeout} and when its run is paused or cancelled.
 * One that dies with its worker is run again, so it must change nothing; nobody enforces that. A dry-run does not run it.
 *
 * <p>Fails with {@code command-check}, which is worth a retry, if the exit code, or what it wrote, is not as it should be;
 * {@code command-timeout}; {@code command-elsewhere} if it was begun on a machine that this worker cannot see;
 * {@code secret-in-arguments}; and {@code directory-missing}.
 */
@Uses(value = "check.command", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class CheckCommand implements ReadOnlyStepType<CheckCommand.Spec, CheckCommand.Output> {
    private static final String USES = "check.command";
    private static final String DONE = "done";

    /**
     * @param directory the working directory
     * @param command the program and its arguments
     * @param shell in place of {@code command}: a text for {@code sh -c}
     * @param environment texts, or {@code {secret: NAME}}
     * @param successCodes the exit codes that pass
     * @param contains a text that must stand in the last 4,000 bytes that it writes
     * @param json a condition on what it writes, which is JSON of at most 4,000 bytes; only true passes
     * @param timeout how long it may take
     * @param grace how long it may take to end when asked to, before it is killed
     */
    public record Spec(@Of("directory") Location directory, Optional<List<JsonNode>> command, Optional<String> shell,
            @Default("{}") Map<String, JsonNode> environment, @Default("[0]") List<Integer> successCodes,
            Optional<String> contains, Optional<Jq> json, @Default("1m") Duration timeout,
            @Default("10s") Duration grace) {
        public Spec {
            running(directory, command, shell, environment, successCodes, timeout, grace);
        }

        RunCommand.Spec running() {
            return running(directory, command, shell, environment, successCodes, timeout, grace);
        }

        private static RunCommand.Spec running(Location directory, Optional<List<JsonNode>> command,
                Optional<String> shell, Map<String, JsonNode> environment, List<Integer> successCodes,
                Duration timeout, Duration grace) {
            return new RunCommand.Spec(directory, command, shell, Optional.empty(), Optional.empty(), Optional.empty(),
                    environment, successCodes, timeout, grace, true, List.of());
        }
    }

    /**
     * @param exitCode of the command
     * @param lastLine the last line that it wrote
     * @param seconds how long it took
     */
    public record Output(int exitCode, String lastLine, double seconds) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) {
        return context.madeBy(spec.directory())
                .map(Preview::<Output>knownAfter)
                .orElseGet(Preview::withoutOutput)
                .change("would run " + spec.running().main() + " in " + spec.directory());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Optional<Output> done = context.journal().read(DONE, Output.class);
        if (done.isPresent()) {
            return done.get();
        }
        RunCommand.Spec running = spec.running();
        Path directory = context.writing(DirectoryKind.class, spec.directory()).path();
        Invocation invocation = Invocation.of(USES, running, running.main(), "check", directory, context);
        CommandStage stage = new CommandStage("check", context);
        Ended ended = RunCommand.complete(stage, invocation);
        if (ended.timedOut()) {
            throw stage.told(StepFailure.external("command-timeout", USES + ": '" + invocation
                    + "' was killed because it took longer than " + CommandStage.within(invocation)
                    + "; find out why, or allow it more with timeout" + ended.words().quoted()));
        }
        Optional<String> objection = objection(spec, invocation, ended);
        if (objection.isPresent()) {
            throw stage.told(StepFailure.external("command-check",
                    USES + ": '" + invocation + "' " + objection.get() + ended.words().quoted()));
        }
        Output output = new Output(ended.code().orElseThrow(), ended.words().lastLine(), ended.seconds());
        context.journal().write(DONE, output);
        return output;
    }

    private static Optional<String> objection(Spec spec, Invocation invocation, Ended ended) {
        if (!invocation.succeeded(ended.code().orElse(-1))) {
            return Optional.of("ended with " + ended.code().map(String::valueOf).orElse("no exit code") + ", and "
                    + invocation.successCodes() + " pass");
        }
        if (spec.contains().isPresent() && !ended.words().text().contains(spec.contains().get())) {
            return Optional.of("did not write '" + spec.contains().get() + "'");
        }
        return spec.json().flatMap(condition -> objection(condition, ended.words().text()));
    }

    private static Optional<String> objection(Jq condition, String text) {
        try {
            JsonNode verdict = condition.one(Json.read(text, JsonNode.class), Map.of());
            return verdict.isBoolean() && verdict.booleanValue()
                    ? Optional.empty()
                    : Optional.of("wrote that for which '" + condition + "' gives " + verdict);
        } catch (JqException e) {
            return Optional.of("wrote that for which " + e.getMessage());
        } catch (IllegalArgumentException e) {
            return Optional.of("wrote what is not JSON (" + e.getMessage() + ")");
        }
    }
}
