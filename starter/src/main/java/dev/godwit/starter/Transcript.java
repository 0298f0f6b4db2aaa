package dev.godwit.starter;

import dev.godwit.plan.Verdict;
import dev.godwit.report.Words;
import dev.godwit.run.PhaseReport;
import dev.godwit.run.PhaseState;
import dev.godwit.run.Report;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepState;
import dev.godwit.run.UndoReport;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Tells a run as plain lines: of each report only what it has not told yet. */
final class Transcript {
    private final DateTimeFormatter clock;
    private final Set<String> told = new HashSet<>();

    Transcript(ZoneId zone) {
        clock = DateTimeFormatter.ofPattern("HH:mm:ss").withZone(zone);
    }

    /** What is new, in the order in which it happened. */
    List<String> news(Report report) {
        List<Event> events = new ArrayList<>();
        for (Report.MessageReport message : report.messages()) {
            events.add(new Event(message.at() + message.verb(), message.at(), message.verb() + " asked"
                    + (message.by().isEmpty() ? "" : " by " + message.by())
                    + (message.reason().isEmpty() ? "" : " (" + message.reason() + ")") + ": " + message.outcome()));
        }
        for (PhaseReport phase : report.phases()) {
            phase.started()
                    .ifPresent(at -> events.add(new Event(phase.name() + " begins", at, "phase " + phase.name()
                            + " begins" + phase.estimate().map(time -> ", estimated " + Words.of(time)).orElse(""))));
            for (StepReport step : phase.steps()) {
                events.addAll(events(step));
            }
            ended(phase).ifPresent(events::add);
        }
        return events.stream()
                // What the run did that this one takes back, it has told itself.
                .filter(event -> !event.at().isBefore(report.started()))
                .filter(event -> told.add(event.key()))
                .sorted(Comparator.comparing(Event::at))
                .map(event -> line(event.at(), event.text()))
                .toList();
    }

    /** A line with its time. */
    String line(Instant at, String text) {
        return clock.format(at) + "  " + text;
    }

    private static Optional<Event> ended(PhaseReport phase) {
        return phase.ended()
                .map(at -> new Event(phase.name() + " " + phase.state() + at, at, "phase " + phase.name() + " "
                        + Words.of(phase.state())
                        + (phase.state() == PhaseState.UNDONE
                                ? ""
                                : phase.actual().map(Transcript::after).orElse(""))));
    }

    private static List<Event> events(StepReport step) {
        List<Event> events = new ArrayList<>();
        String key = step.name() + step.round();
        step.started()
                .ifPresent(at -> events.add(new Event(key + " begins", at,
                        "  " + step.name() + " begins (" + step.uses() + ")")));
        step.ended().ifPresent(at -> events.add(new Event(key + " " + step.state() + at, at, "  " + ended(step))));
        step.undo()
                .ifPresent(undo -> events.add(new Event(key + " undo " + undo.state() + undo.ended(), undo.ended(),
                        "  " + told(undo))));
        return events;
    }

    private static String ended(StepReport step) {
        StringBuilder line = new StringBuilder(step.name()).append(' ').append(Words.of(step.state()));
        step.started()
                .filter(from -> step.state() != StepState.SKIPPED)
                .ifPresent(from -> line.append(after(Duration.between(from, step.ended().orElse(from)))));
        step.gate().ifPresent(gate -> {
            if (step.failure().filter(failure -> failure.message().contains(gate.expect())).isPresent()) {
                return; // The failure says the expression again.
            }
            line.append(", ").append(Words.of(gate.verdict())).append(": ").append(gate.expect());
            if (gate.verdict() != Verdict.PASSED && step.failure().isEmpty()) {
                gate.reason().ifPresent(reason -> line.append(" (").append(reason).append(')'));
            }
        });
        step.failure()
                .ifPresent(failure -> line.append("\n            ")
                        .append(failure.message().replace("\n", "\n            ")));
        step.preview().ifPresent(preview -> {
            preview.changes().forEach(change -> line.append("\n            ").append(change));
            preview.unknown().ifPresent(unknown -> line.append("\n            ").append(unknown));
        });
        return line.toString();
    }

    private static String told(UndoReport undo) {
        StringBuilder line = new StringBuilder("undo of ").append(undo.step())
                .append(": ")
                .append(Words.of(undo.state()))
                .append(after(Duration.between(undo.started(), undo.ended())));
        undo.failure().ifPresent(failure -> line.append("\n            ").append(failure.message()));
        undo.setAside()
                .forEach(thing -> line.append("\n            set aside: ")
                        .append(thing.what())
                        .append(", now in ")
                        .append(thing.where()));
        return line.toString();
    }

    private static String after(Duration time) {
        return " after " + Words.of(time);
    }

    private record Event(String key, Instant at, String text) {}
}
