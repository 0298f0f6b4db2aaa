package dev.godwit.starter;

import dev.godwit.report.Words;
import dev.godwit.run.RunState;
import dev.godwit.run.RunStatus;
import dev.godwit.run.RunStatus.Waiting;
import dev.godwit.run.Verb;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What a run waits for, and what to type then: read at three in the morning, on a phone. */
final class Waits {
    private Waits() {}

    /** {@code cutover waits for approval: V1 stops taking traffic}. */
    static String what(Waiting wait) {
        String what = switch (wait.kind()) {
            case APPROVAL -> wait.on() + " waits for approval";
            case FINALIZE -> wait.on() + " waits to be finalized";
            case STEP, PHASE -> wait.on() + " failed, what now?";
            case UNDO -> "undo of " + wait.on() + " failed, what now?";
            case CANCEL -> "cancelled past the pivot, what now?";
            case TIME -> wait.on() + " waits, nobody need do anything";
        };
        if (wait.why().isEmpty()) {
            return what;
        }
        return what.endsWith("?") ? what + " " + wait.why() : what + ": " + wait.why();
    }

    /** {@code for 2m5s, 23h57m left}. */
    static String time(Waiting wait, Instant now) {
        return "for " + Words.of(Duration.between(wait.since(), now))
                + wait.until()
                        .map(until -> until.isAfter(now)
                                ? ", " + Words.of(Duration.between(now, until)) + " left"
                                : ", its time is over")
                        .orElse("");
    }

    /** The commands that the run would take up now, those first that it waits for. */
    static List<String> next(RunStatus status) {
        Set<String> commands = new LinkedHashSet<>();
        for (Waiting wait : status.waiting()) {
            answers(wait).stream()
                    .filter(verb -> status.next().contains(verb.word()))
                    .forEach(verb -> commands.add(command(verb.word(), status) + which(verb, wait, status)));
        }
        Set<String> said = new LinkedHashSet<>();
        status.waiting().forEach(wait -> answers(wait).forEach(verb -> said.add(verb.word())));
        status.next()
                .stream()
                .filter(verb -> !said.contains(verb))
                .sorted((one, other) -> Boolean.compare(first(other, status), first(one, status)))
                .forEach(verb -> commands.add(command(verb, status)));
        return List.copyOf(commands);
    }

    private static boolean first(String verb, RunStatus status) {
        return status.state() == RunState.PAUSED && verb.equals(Verb.RESUME.word());
    }

    private static String command(String verb, RunStatus status) {
        return "godwit " + verb + " " + Shell.quoted(status.workflowId());
    }

    /** Needed only where several wait: short is better. */
    private static String which(Verb verb, Waiting wait, RunStatus status) {
        boolean only = status.waiting().stream().filter(other -> answers(other).contains(verb)).count() == 1;
        if (only) {
            return "";
        }
        return switch (verb) {
            case APPROVE, REJECT, FINALIZE -> " --gate " + wait.on();
            case RETRY, SKIP -> " --step " + wait.on();
            case PAUSE, RESUME, ROLLBACK -> "";
        };
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
