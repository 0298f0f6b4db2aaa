package dev.godwit.starter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.json.Json;
import dev.godwit.report.Words;
import dev.godwit.run.Report;
import dev.godwit.starter.Temporal.NoAnswer;
import java.time.Duration;

/** How {@code start} and {@code watch} close: they follow a run and say how it ended. */
final class Ending {
    private Ending() {}

    /** Follows the run to its end, says how it ended, and answers the exit code. */
    static int follow(Temporal temporal, String workflowId, GodwitCommand command) {
        RunEnd end = followed(temporal, workflowId, command.console());
        if (!end.faults().isEmpty()) {
            throw CommandFailure.invalidPlan(end.faults());
        }
        if (command.json()) {
            command.console().document(document(temporal, end));
        } else {
            command.console().result(text(temporal, end));
        }
        return end.exitCode();
    }

    /** Ctrl-C ends only the following, which it says, since people may think that it ended the run. */
    private static RunEnd followed(Temporal temporal, String workflowId, Console console) {
        Thread stopped = new Thread(
                () -> console.say("\nthe run goes on\n  follow it: godwit watch " + Shell.quoted(workflowId)));
        Runtime.getRuntime().addShutdownHook(stopped);
        try {
            return new Follower(temporal, workflowId, console).follow();
        } finally {
            forget(stopped);
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // Ctrl-C came first.
            return;
        }
    }

    /** The report, or without a worker as much as Temporal knows. */
    private static Object document(Temporal temporal, RunEnd end) {
        try {
            return temporal.ask(end.workflowId(), "report", Report.class);
        } catch (NoAnswer e) {
            ObjectNode known = Json.mapper().createObjectNode().put("workflow_id", end.workflowId());
            known.setAll((ObjectNode) Json.tree(end.outcome()));
            return known;
        }
    }

    private static String text(Temporal temporal, RunEnd end) {
        StringBuilder text = new StringBuilder(end.workflowId()).append(": ").append(end.state().word());
        temporal.describe(end.workflowId())
                .filter(run -> run.getCloseTime() != null)
                .ifPresent(run -> text
                        .append(" after ")
                        .append(Words.of(Duration.between(run.getStartTime(), run.getCloseTime()))));
        end.outcome()
                .failure()
                .ifPresent(failure -> text.append("\n  why:      ")
                        .append(failure.message().replace("\n", "\n            "))
                        .append(" (")
                        .append(failure.type())
                        .append(')'));
        end.outcome().evidence().ifPresent(place -> text.append("\n  evidence: ").append(place));
        return text.append("\n  report:   godwit report ").append(Shell.quoted(end.workflowId())).toString();
    }
}
