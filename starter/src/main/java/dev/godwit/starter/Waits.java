package dev.godwit.starter;

import dev.godwit.report.Words;
import dev.godwit.run.RunStatus;
import dev.godwit.run.RunStatus.Waiting;
import dev.godwit.run.Verb;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What a run waits for, and what to type then: read at three in the morning, on a phone. */
final class Waits {
    private Waits() {}

    /** {@code cutover waits for approval: V1 stops taking traffic}. */
    static String what(Waiting wait) {
        return switch (wait.kind()) {
            case APPROVAL -> wait.on() + " waits for approval: " + wait.why();
            case FINALIZE -> wait.on() + " waits to be finalized: " + wait.why();
            case STEP, PHASE -> failed(wait.on(), wait.why());
            case UNDO -> "undo of " + failed(wait.on(), wait.why());
            case CANCEL -> wait.why();
            case TIME -> wait.on() + " waits, nobody need do anything: " + wait.why();
        };
    }

    /** A failed gate names its step itself. */
    private static String failed(String on, String why) {
        return on + " failed, what now? " + (why.startsWith(on + ": ") ? why.substring(on.length() + 2) : why);
    }

    /** {@code for 2m5s, 23h57m left}. */
    static String time(Waiting wait, Instant now) {
        return "for " + Words.of(Duration.between(wait.since(), now))
        // A step that looks at the clock again and again says itself how long that goes on.
                + wait.until()
                        .filter(until -> wait.kind() != Waiting.Kind.TIME || until.isAfter(now))
                        .map(until -> until.isAfter(now)
                                ? ", " + Words.of(Duration.between(now, until)) + " left"
                                : ", its time is over")
                        .orElse("");
    }

    /** The commands that the run would take up now, those first that it waits for. */
    static List<String> next(RunStatus status) {
        Set<String> commands = new LinkedHashSet<>();
        Set<String> verbs = new LinkedHashSet<>();
        for (Waiting wait : status.waiting()) {
            for (Verb verb : answers(wait)) {
                verbs.add(verb.word());
                String command = command(verb.word(), status);
                if (status.next().contains(verb.word())) {
                    commands.add(command);
                } else if (verb == Verb.APPROVE) {
                    // So soon after the approval before, only one with a name is taken for a new one.
                    commands.add(command + " --gate " + wait.on());
                } else if (verb == Verb.SKIP) {
                    // Where several wait, each is skipped by its name.
                    commands.add(command + " --step " + wait.on());
                }
            }
        }
        status.next()
                .stream()
                .filter(verb -> !verbs.contains(verb))
                .sorted(Comparator.comparing(verb -> !verb.equals(Verb.RESUME.word())))
                .forEach(verb -> commands.add(command(verb, status)));
        return List.copyOf(commands);
    }

    private static String command(String verb, RunStatus status) {
        return "godwit " + verb + " " + Shell.quoted(status.workflowId())
                + (verb.equals(Verb.THROTTLE.word()) ? " --rate N" : "");
    }

    private static List<Verb> answers(Waiting wait) {
        return switch (wait.kind()) {
            case APPROVAL -> List.of(Verb.APPROVE, Verb.REJECT);
            case FINALIZE -> List.of(Verb.FINALIZE, Verb.REJECT);
            case STEP -> List.of(Verb.RETRY, Verb.SKIP, Verb.ROLLBACK);
            case PHASE -> List.of(Verb.RETRY, Verb.ROLLBACK);
            case UNDO -> List.of(Verb.RETRY, Verb.SKIP);
            case CANCEL -> List.of(Verb.ROLLBACK, Verb.RESUME);
            case TIME -> List.of();
        };
    }
}
