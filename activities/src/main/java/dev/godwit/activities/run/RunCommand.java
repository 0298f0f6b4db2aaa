package dev.godwit.activities.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.CommandProcess;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.resource.Redactor;
import dev.godwit.activities.run.CommandStage.Ended;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Runs a command that changes something, with commands of its own to preview, verify and undo that: this is how Alembic,
 * Flyway or any other tool becomes a step.
 *
 * <pre>{@code
 * - name: schema
 *   uses: run.command
 *   with:
 *     directory: v2_home
 *     command: [alembic, upgrade, head]
 *     preview: {command: [alembic, upgrade, head, --sql]}
 *     verify: {command: [alembic, current, --check-heads]}
 *     undo: {command: [alembic, downgrade, '-1']}
 *     environment: {DATABASE_URL: {secret: PLATES_DATABASE_URL}}
 *     timeout: 30m
 * }</pre>
 *
 * <p>There is no shell unless {@code shell} asks for one in place of {@code command}. Of the worker's environment a command
 * gets PATH, HOME and a few others, what {@code environment} says, and {@code GODWIT_RUN}, {@code GODWIT_STEP},
 * {@code GODWIT_ROUND} and {@code GODWIT_STAGE} ({@code run}, {@code preview}, {@code verify} or {@code undo}). Secrets
 * reach it through its environment only, because every user of a machine can read arguments. What it writes is kept as
 * evidence, {@code run.log} and so on, with the values of its secrets redacted; while it runs, the original lies in the
 * state directory, where only the worker's user may read it.
 *
 * <p>A command outlives its worker: the next attempt finds it and waits for it, or finds how it ended, so it never runs
 * twice at once. It is ended, with all that it started, when it takes longer than {@code timeout}, and when its run is
 * paused, cancelled or rolled back. If it dies in the middle, by that or with its machine, then {@code idempotent: true}
 * lets it run again. Otherwise {@code verify} decides: if that passes, the step is done. If it does not, or there is none,
 * the step fails, and {@code retry} runs the command again. One that failed or took too long runs again only then, too,
 * unless it is idempotent: a worker that is lost with that answer makes the next one give the same.
 *
 * <p>A preview says what would run. With a command of its own it says what that writes; nobody can keep a command from
 * changing things, so that is marked.
 *
 * <p>Undo ends the command if it still runs, then runs the undo command, if there is one and the first may have begun. It
 * may be run again after a crash, so twice must equal once. Where it finds what others wrote since, it puts that into the
 * directory {@code GODWIT_SET_ASIDE}, and the report names each file there. Without an undo command, nothing is taken back.
 *
 * <p>Fails with {@code command-failed} if the exit code is not one of {@code success-codes}, which is worth a retry where
 * the command is idempotent; {@code command-timeout}; {@code command-interrupted} if nobody can say whether it did its work;
 * {@code command-not-verified}; {@code command-elsewhere} if it was begun on a machine that this worker cannot see;
 * {@code secret-in-arguments}; and {@code directory-missing}.
 */
@Uses(value = "run.command", kind = StepKind.DEPLOYMENT)
@AutoService(StepType.class)
public final class RunCommand implements StepType<RunCommand.Spec, RunCommand.Output> {
    private static final String DONE = "done";
    private static final String UNDONE = "undone";
    private static final int PREVIEW_LINES = 24;
    private static final int PREVIEW_WIDTH = 300;

    /**
     * @param directory the working directory
     * @param command the program and its arguments
     * @param shell in place of {@code command}: a text for {@code sh -c}
     * @param preview a command that says what would change, and changes nothing
     * @param verify a command that passes if the work is done, and changes nothing
     * @param undo a command that takes it back
     * @param environment texts, or {@code {secret: NAME}}; for all of the commands
     * @param successCodes the exit codes that count as done
     * @param timeout how long each command may take
     * @param grace how long a command may take to end when asked to, before it is killed
     * @param idempotent whether it may be run again after it died in the middle
     * @param changes what it makes or changes besides the directory, such as a database, so that a dry-run does not take
     *     that for what it will be
     */
    public record Spec(@Of("directory") Location directory, Optional<List<JsonNode>> command, Optional<String> shell,
            Optional<Other> preview, Optional<Other> verify, Optional<Other> undo,
            @Default("{}") Map<String, JsonNode> environment, @Default("[0]") List<Integer> successCodes,
            @Default("1h") Duration timeout, @Default("10s") Duration grace, @Default("false") boolean idempotent,
            @Default("[]") List<Location> changes) {
        public Spec {
            requireOne(command, shell);
            environment.forEach((name, value) -> {
                if (!Invocation.isSecret(value) && (!value.isValueNode() || value.isNull())) {
                    throw new IllegalArgumentException(
                            "environment." + name + " must be a text or {secret: NAME}, and is " + value);
                }
            });
        }

        Command main() {
            return new Command(arguments(command, shell), successCodes, Optional.empty());
        }
    }

    /**
     * @param command the program and its arguments
     * @param shell in place of {@code command}: a text for {@code sh -c}
     * @param successCodes the exit codes that count as done
     * @param timeout how long it may take; as the step's by default
     */
    public record Other(Optional<List<JsonNode>> command, Optional<String> shell,
            @Default("[0]") List<Integer> successCodes, Optional<Duration> timeout) {
        public Other {
            requireOne(command, shell);
        }

        Command main() {
            return new Command(arguments(command, shell), successCodes, timeout);
        }
    }

    /** One command of the step, whichever. */
    record Command(List<String> arguments, List<Integer> successCodes, Optional<Duration> timeout) {
        @Override
        public String toString() {
            return "'" + String.join(" ", arguments) + "'";
        }
    }

    /**
     * @param exitCode of the command; absent if it died in the middle and was found to have done its work
     * @param lastLine the last line that it wrote
     * @param verified whether another command found that it did its work
     * @param runs how often it was run
     * @param seconds how long the last run took
     */
    public record Output(Optional<Integer> exitCode, String lastLine, boolean verified, int runs, double seconds) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Path directory = context.reading(DirectoryKind.class, spec.directory()).path();
        Preview<Output> preview = Preview.<Output>withoutOutput()
                .change("would run " + spec.main() + " in " + directory)
                .making(spec.directory());
        for (Location changed : spec.changes()) {
            preview = preview.making(changed);
        }
        if (spec.undo().isEmpty()) {
            preview = preview.change("it has no undo, so a rollback leaves what it did");
        }
        if (spec.preview().isEmpty()) {
            return preview;
        }
        Optional<String> maker = context.madeBy(spec.directory());
        if (maker.isPresent()) {
            return new Preview<>(Optional.empty(), preview.changes(), preview.makes(),
                    Optional.of("known after " + maker.get()));
        }
        Command command = spec.preview().get().main();
        preview = preview.change("its preview is not enforced to be read-only; " + command + " says:");
        for (String line : said(Invocation.of(spec, command, "preview", directory, context), context)) {
            preview = preview.change("  " + line);
        }
        return preview;
    }

    /** Runs a preview to its end, and leaves nothing of it. */
    private static List<String> said(Invocation invocation, PreviewContext context) throws Exception {
        CommandProcess process = new CommandProcess(context.scratch().resolve("preview"));
        Path raw = context.scratch().resolve("preview.output");
        long began = System.nanoTime();
        try {
            process.start(invocation.arguments(), invocation.directory(), invocation.environment(), raw);
            process.await(() -> {
                context.checkpoint();
                if (System.nanoTime() - began > invocation.timeout().toNanos()) {
                    throw timeout(invocation, "");
                }
            });
        } finally {
            process.kill(invocation.grace());
        }
        LastWords words = new LastWords();
        ByteArrayOutputStream beginning = new ByteArrayOutputStream();
        try (InputStream in = Files.newInputStream(raw); OutputStream out = words.listening(new Beginning(beginning))) {
            new Redactor(invocation.secrets()).copy(in, out);
        }
        int code = process.exit().orElse(-1);
        if (!invocation.succeeded(code)) {
            throw StepFailure.external("command-failed", "run.command: the preview '" + invocation + "' ended with "
                    + code + words.quoted());
        }
        List<String> lines = new ArrayList<>(beginning.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isBlank())
                .limit(PREVIEW_LINES + 1L)
                .map(line -> line.length() > PREVIEW_WIDTH ? line.substring(0, PREVIEW_WIDTH) + "..." : line)
                .toList());
        if (lines.size() > PREVIEW_LINES) {
            lines.set(PREVIEW_LINES, "and more");
        }
        return lines;
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Optional<Output> done = context.journal().read(DONE, Output.class);
        if (done.isPresent()) {
            return done.get();
        }
        Path directory = context.writing(DirectoryKind.class, spec.directory()).path();
        Invocation invocation = Invocation.of(spec, spec.main(), "run", directory, context);
        CommandStage stage = new CommandStage("run", context);
        Ended ended = stage.run(invocation);
        if (ended.code().isEmpty() && !ended.timedOut() && spec.idempotent()) {
            stage.beginAnew();
            ended = stage.run(invocation);
        }
        boolean interrupted = ended.code().isEmpty() && !ended.timedOut();
        if (interrupted && spec.verify().isEmpty()) {
            throw stage.settled(interrupted(invocation, ended));
        }
        if (!interrupted) {
            requireSuccess(stage, invocation, ended, spec.idempotent());
        }
        if (spec.verify().isPresent()) {
            verify(spec, directory, context, interrupted ? Optional.of(stage) : Optional.empty());
        }
        Output output = new Output(ended.code(), ended.words().lastLine(), spec.verify().isPresent(), ended.number(),
                ended.seconds());
        context.journal().write(DONE, output);
        return output;
    }

    /** @param interrupted the stage that nobody knows the end of, if that is the question */
    private static void verify(Spec spec, Path directory, RunContext context, Optional<CommandStage> interrupted)
            throws Exception {
        Invocation invocation = Invocation.of(spec, spec.verify().get().main(), "verify", directory, context);
        CommandStage stage = new CommandStage("verify", context);
        Ended ended = complete(stage, invocation);
        if (ended.timedOut()) {
            throw stage.told(timeout(invocation, ended.words().quoted()));
        }
        if (invocation.succeeded(ended.code().orElse(-1))) {
            return;
        }
        StepFailure failure = stage.told(StepFailure.integrity("command-not-verified", "run.command: "
                + (interrupted.isPresent() ? spec.main() + " died in the middle, and " : "")
                + "'" + invocation + "' says that the work is not done: it ended with " + code(ended)
                + ended.words().quoted()));
        throw interrupted.isPresent() ? interrupted.get().settled(failure) : failure;
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        CommandStage run = new CommandStage("run", context);
        if (!run.begun() || context.journal().read(UNDONE, Boolean.class).isPresent()) {
            return;
        }
        run.prevent(spec.grace());
        new CommandStage("verify", context).prevent(spec.grace());
        if (spec.undo().isPresent()) {
            Path directory = context.writing(DirectoryKind.class, spec.directory()).path();
            Path aside = context.setAside();
            Invocation invocation = Invocation.of(spec, spec.undo().get().main(), "undo", directory, context)
                    .with("GODWIT_SET_ASIDE", aside.toString());
            CommandStage stage = new CommandStage("undo", context);
            requireSuccess(stage, invocation, complete(stage, invocation), true);
            reportSetAside(aside, context);
        }
        context.journal().write(UNDONE, true);
    }

    private static void reportSetAside(Path aside, RunContext context) throws IOException {
        List<Path> things;
        try (Stream<Path> found = Files.list(aside)) {
            things = found.sorted().toList();
        }
        things.forEach(thing -> context.reportSetAside(thing.getFileName().toString(), thing));
        if (things.isEmpty()) {
            Files.delete(aside);
        }
    }

    /** Runs a command that may be run as often as need be. */
    static Ended complete(CommandStage stage, Invocation invocation) throws Exception {
        Ended ended = stage.run(invocation);
        if (ended.code().isEmpty() && !ended.timedOut()) {
            stage.beginAnew();
            ended = stage.run(invocation);
        }
        return ended;
    }

    /** @param again whether the command may run again without anybody's word */
    private static void requireSuccess(CommandStage stage, Invocation invocation, Ended ended, boolean again) {
        if (ended.timedOut()) {
            StepFailure failure = timeout(invocation, ended.words().quoted());
            throw again ? stage.told(failure) : stage.settled(failure);
        }
        if (!invocation.succeeded(ended.code().orElse(-1))) {
            StepFailure failure = StepFailure.external("command-failed", "run.command: '" + invocation
                    + "' ended with " + code(ended) + ", and " + invocation.successCodes() + " count as done"
                    + ended.words().quoted());
            throw again ? stage.told(failure) : stage.settled(failure.notRetryable());
        }
    }

    private static String code(Ended ended) {
        return ended.code().map(code -> code.toString()).orElse("no exit code");
    }

    private static StepFailure timeout(Invocation invocation, String words) {
        return StepFailure.external("command-timeout", "run.command: '" + invocation + "' was killed because it took"
                + " longer than " + CommandStage.within(invocation) + "; find out why, or allow it more with timeout"
                + words).notRetryable();
    }

    private static StepFailure interrupted(Invocation invocation, Ended ended) {
        return StepFailure.external("command-interrupted", "run.command: '" + invocation + "' died in the middle, and"
                + " nobody can say whether it did its work; see what it did, then retry to run it again, or skip"
                + ended.words().quoted()).notRetryable();
    }

    private static void requireOne(Optional<List<JsonNode>> command, Optional<String> shell) {
        if (command.isPresent() == shell.isPresent()) {
            throw new IllegalArgumentException("either command or shell must say what to run");
        }
        if (command.isPresent() && command.get().isEmpty()) {
            throw new IllegalArgumentException("command must name a program");
        }
        command.orElse(List.of()).forEach(argument -> {
            if (Invocation.isSecret(argument)) {
                throw new IllegalArgumentException("command holds the secret " + argument.get("secret").textValue()
                        + ", and every user of a machine can read arguments; give it to the command in environment");
            }
            if (!argument.isValueNode() || argument.isNull()) {
                throw new IllegalArgumentException("command holds " + argument + ", and an argument is a text");
            }
        });
    }

    private static List<String> arguments(Optional<List<JsonNode>> command, Optional<String> shell) {
        return shell.map(text -> List.of("sh", "-c", text))
                .orElseGet(() -> command.orElseThrow().stream().map(JsonNode::asText).toList());
    }
}
