package dev.godwit.activities.run;

import dev.godwit.activities.resource.CommandProcess;
import dev.godwit.activities.resource.Redactor;
import dev.godwit.json.Durations;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepStopped;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * One command of a step, over all attempts at it: it never runs twice at once, and begins anew only when it is told to. The
 * journal says which run of it counts; each run has a place in the workspace that can be taken once.
 */
public final class CommandStage {
    private final String name;
    private final RunContext context;
    private final long attemptBegan = System.nanoTime();

    /** @param name of the stage, such as {@code undo}, which also names its evidence */
    public CommandStage(String name, RunContext context) {
        this.name = name;
        this.context = context;
    }

    /**
     * A run of the command.
     *
     * @param number counts them
     * @param host the machine that can see its processes
     * @param began by Temporal's clock
     */
    private record Begun(int number, String host, Instant began) {}

    /**
     * A run of the command that is not followed by another without a person's word.
     *
     * @param number which one
     * @param allowed how many attempts were allowed then
     */
    private record Settled(int number, int allowed) {}

    /**
     * How a run of the command ended.
     *
     * @param number which one
     * @param code its exit code; absent if nobody can say, for it died with its machine or was killed
     * @param timedOut whether it was killed because it took too long
     * @param words the last that it wrote
     * @param seconds how long it took
     */
    public record Ended(int number, Optional<Integer> code, boolean timedOut, LastWords words, double seconds) {}

    /** Whether it was ever about to run. */
    public boolean begun() {
        return begunLast().isPresent();
    }

    /** Forgets how the last run of it ended, so that the next {@link #run} begins anew. */
    public void beginAnew() {
        Begun last = begunLast().orElseThrow();
        context.journal().write(name, new Begun(last.number() + 1, host(), now()));
    }

    /** Someone is told how the last run of it ended; whoever comes after that wants it to run again. */
    public StepFailure told(StepFailure failure) {
        context.journal().write(name + ".told", begunLast().orElseThrow().number());
        return failure;
    }

    /**
     * Someone is told how the last run of it ended. The answer may get lost, and the step be asked once more for that
     * reason alone: it runs again only when a person wants it tried again, and ends as it did until then.
     */
    public StepFailure settled(StepFailure failure) {
        context.journal()
                .write(name + ".settled", new Settled(begunLast().orElseThrow().number(), context.attemptsAllowed()));
        return failure;
    }

    /** Runs the command, waits for one that runs, or answers how the last one ended. */
    public Ended run(Invocation invocation) throws IOException {
        Optional<Begun> last = begunLast();
        if (last.isEmpty()) {
            context.journal().write(name, new Begun(1, host(), now()));
        } else if (noted("told", last.get()) || askedAnew(last.get())) {
            beginAnew();
        }
        Begun begun = begunLast().orElseThrow();
        Optional<Ended> known = context.journal()
                .read(name + ".ended", Ended.class)
                .filter(ended -> ended.number() == begun.number());
        if (known.isPresent()) {
            return known.get();
        }
        CommandProcess process = process(begun);
        if (!process.begun()) {
            context.journal().checkToken();
            process.start(invocation.arguments(), invocation.directory(), invocation.environment(), raw(begun));
        } else if (!begun.host().equals(host()) && process.exit().isEmpty()) {
            throw settled(elsewhere(invocation.uses(), invocation.toString(), begun));
        }
        boolean timedOut = await(process, begun, invocation);
        boolean killed = timedOut || noted("killed", begun);
        Optional<Integer> code = killed || process.exit().isEmpty()
                ? Optional.empty()
                : Optional.of(process.exit().getAsInt());
        Ended ended = new Ended(begun.number(), code, timedOut, keepOutput(begun, invocation),
                elapsed(begun).toMillis() / 1e3);
        context.journal().write(name + ".ended", ended);
        Files.deleteIfExists(raw(begun));
        return ended;
    }

    /** Ends it, if it runs, and keeps it from running later on behalf of an attempt that is gone. */
    public void prevent(Duration grace) throws IOException {
        Optional<Begun> last = begunLast();
        if (last.isEmpty()) {
            return;
        }
        CommandProcess process = process(last.get());
        context.journal().checkToken();
        process.keepFromStarting();
        if (!last.get().host().equals(host()) && process.exit().isEmpty()) {
            throw elsewhere("run.command", "the command", last.get());
        }
        if (process.exit().isEmpty()) {
            process.kill(grace);
        }
        Files.deleteIfExists(raw(last.get()));
    }

    /** Waits for its end; true if it took too long and was killed. */
    private boolean await(CommandProcess process, Begun begun, Invocation invocation) throws IOException {
        Path raw = raw(begun);
        try {
            process.await(() -> {
                context.progress(raw.toFile().length(), 0, "bytes of output");
                context.checkpoint();
                if (elapsed(begun).compareTo(invocation.timeout()) > 0) {
                    throw new TooLong();
                }
            });
            return false;
        } catch (TooLong e) {
            process.kill(invocation.grace());
            return true;
        } catch (StepStopped stopped) {
            if (stopped.cancelled()) {
                // Noted first: the shell around it may still get to write that it was killed, which is no result.
                context.journal().write(name + ".killed", begun.number());
                process.kill(invocation.grace());
                keepOutput(begun, invocation);
            }
            throw stopped;
        }
    }

    private static final class TooLong extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooLong() {
            super("it took too long", null, false, false);
        }
    }

    private LastWords keepOutput(Begun begun, Invocation invocation) throws IOException {
        LastWords words = new LastWords();
        if (Files.exists(raw(begun))) {
            String file = name + (begun.number() == 1 ? "" : "." + begun.number()) + ".log";
            try (InputStream in = Files.newInputStream(raw(begun));
                    OutputStream out = words.listening(context.evidence().open(file))) {
                new Redactor(invocation.secrets()).copy(in, out);
            }
        }
        return words;
    }

    private StepFailure elsewhere(String uses, String command, Begun begun) {
        return StepFailure.external("command-elsewhere", uses + ": '" + command + "' was begun on the machine "
                + begun.host() + ", and this one cannot see whether it still runs there; make sure that it has ended,"
                + " then retry").notRetryable();
    }

    private boolean noted(String what, Begun run) {
        return context.journal()
                .read(name + "." + what, Integer.class)
                .filter(number -> number == run.number())
                .isPresent();
    }

    private boolean askedAnew(Begun run) {
        return context.journal()
                .read(name + ".settled", Settled.class)
                .filter(settled -> settled.number() == run.number())
                .filter(settled -> context.attemptsAllowed() > settled.allowed())
                .isPresent();
    }

    private Optional<Begun> begunLast() {
        return context.journal().read(name, Begun.class);
    }

    private CommandProcess process(Begun begun) {
        return new CommandProcess(context.workspace().resolve(name + "." + begun.number()));
    }

    private Path raw(Begun begun) {
        return context.workspace().resolve(name + "." + begun.number() + ".output");
    }

    private Duration elapsed(Begun begun) {
        return Duration.between(begun.began(), now());
    }

    /** By Temporal's clock, the same on every machine. */
    private Instant now() {
        return context.asked().plusNanos(System.nanoTime() - attemptBegan);
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (IOException e) {
            return "localhost";
        }
    }

    /** How a failure names the time that was allowed. */
    static String within(Invocation invocation) {
        return Durations.format(invocation.timeout());
    }
}
