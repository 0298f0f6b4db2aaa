package dev.godwit.activities.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.auto.service.AutoService;
import dev.godwit.activities.gate.GateOutput;
import dev.godwit.activities.gate.GateRun;
import dev.godwit.activities.gate.GateSource;
import dev.godwit.activities.gate.GateSpec;
import dev.godwit.activities.gate.Measured;
import dev.godwit.activities.gate.Terms;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.resource.Redactor;
import dev.godwit.activities.resource.ShortCommand;
import dev.godwit.activities.resource.ShortCommand.Said;
import dev.godwit.json.Jq;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.ErrorKind;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Asks a command and decides whether the run goes on: exit code 0 passes, 1 fails, and any other says nothing, so that the
 * run waits for a person. With {@code value} a number or text that the command writes as JSON is judged.
 *
 * <pre>{@code
 * - name: memory
 *   uses: gate.command
 *   with:
 *     directory: v2_home
 *     command: [./memory-below, 80%]
 *     interval: 30s
 *     count: 3
 *     inconclusive-limit: 1
 * }</pre>
 *
 * <p>There is no shell unless {@code shell} asks for one in place of {@code command}. Environment and secrets are as with
 * {@code run.command}. The command must change nothing; nobody enforces that. It is ended, with all that it started, when it
 * takes longer than {@code within}, which says nothing, and when its run is paused or cancelled.
 *
 * <p>What the outcomes of a gate are, how they come about and what follows from them, stands with {@code gate.http}.
 *
 * <p>Fails with {@code command-missing}, {@code secret-in-arguments} and {@code directory-missing}.
 */
@Uses(value = "gate.command", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class GateCommand implements ReadOnlyStepType<GateCommand.Spec, GateOutput> {
    private static final String USES = "gate.command";
    private static final Jq ZERO = Jq.compile(". == 0");
    private static final Jq ONE = Jq.compile(". == 1");

    /**
     * @param directory the working directory
     * @param command the program and its arguments
     * @param shell in place of {@code command}: a text for {@code sh -c}
     * @param environment texts, or {@code {secret: NAME}}
     * @param within how long it may take
     * @param value a jq expression over {@code exit_code} and {@code json}, what it wrote
     * @param pass what must be true of the value; by default it is 0
     * @param fail what must not; by default it is 1
     * @param interval from one measurement to the next
     * @param count how many measurements, 1,000 at most
     * @param failureLimit how many may fail
     * @param inconclusiveLimit how many may be inconclusive
     */
    public record Spec(@Of("directory") Location directory, Optional<List<JsonNode>> command, Optional<String> shell,
            @Default("{}") Map<String, JsonNode> environment, @Default("1m") Duration within,
            @Default(".exit_code") Jq value, Optional<Jq> pass, Optional<Jq> fail, Optional<Duration> interval,
            @Default("1") int count, @Default("0") int failureLimit, @Default("0") int inconclusiveLimit)
            implements
                GateSpec {
        public Spec {
            new Terms(pass, fail, interval, count, failureLimit, inconclusiveLimit);
            running(directory, command, shell, environment, within); // Says what is wrong with it.
        }

        private static RunCommand.Spec running(Location directory, Optional<List<JsonNode>> command,
                Optional<String> shell, Map<String, JsonNode> environment, Duration within) {
            return new RunCommand.Spec(directory, command, shell, Optional.empty(), Optional.empty(), Optional.empty(),
                    environment, List.of(0), within, Duration.ZERO, true, List.of());
        }

        private RunCommand.Spec running() {
            return running(directory, command, shell, environment, within);
        }

        @Override
        public Terms terms() {
            boolean usual = pass.isEmpty() && fail.isEmpty();
            return new Terms(usual ? Optional.of(ZERO) : pass, usual ? Optional.of(ONE) : fail, interval, count,
                    failureLimit, inconclusiveLimit);
        }

        @Override
        public String subject() {
            return value + " of " + running().main();
        }

        @Override
        public GateSource open(RunContext context) throws Exception {
            Path place = context.reading(DirectoryKind.class, directory).path();
            RunCommand.Spec running = running();
            Invocation invocation = Invocation.of(USES, running, running.main(), "gate", place, context);
            return () -> measure(invocation, context);
        }

        private Measured measure(Invocation command, RunContext context) throws IOException {
            Said said;
            try {
                said = ShortCommand.run(command.arguments(), command.environment(), command.directory(),
                        context.scratch(), within, context::checkpoint);
            } catch (StepFailure e) {
                if (e.kind() == ErrorKind.EXTERNAL) {
                    return Measured.inconclusive(e.getMessage());
                }
                throw e;
            }
            ObjectNode seen = JsonNodeFactory.instance.objectNode().put("exit_code", said.code());
            // It was read as bytes.
            String text = new String(said.text().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
            seen.set("json", json(new Redactor(command.secrets()).redacted(text)));
            return Measured.of(value, seen);
        }

        private static JsonNode json(String text) {
            try {
                return Json.read(text, JsonNode.class);
            } catch (IllegalArgumentException e) {
                return NullNode.instance;
            }
        }
    }

    @Override
    public Preview<GateOutput> preview(Spec spec, PreviewContext context) {
        return GateRun.preview(spec);
    }

    @Override
    public GateOutput run(Spec spec, RunContext context) throws Exception {
        return GateRun.run(spec, context);
    }
}
