package dev.godwit.starter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.cli.ExitCode;
import dev.godwit.json.Json;
import dev.godwit.report.Words;
import dev.godwit.run.Answer;
import dev.godwit.run.Report;
import dev.godwit.run.RollbackPreview;
import dev.godwit.run.RunState;
import dev.godwit.run.RunStatus;
import dev.godwit.starter.Temporal.NoAnswer;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** How commands close that follow a run: they say how it ended, or what it waits for. */
final class Ending {
    private Ending() {}

    /** Follows the run to its end, or until a person is needed, says so, and answers the exit code. */
    static int follow(Temporal temporal, String workflowId, GodwitCommand command) {
        return tell(temporal, followed(temporal, workflowId, command.console()), command);
    }

    /** Follows a run that takes another one back: rolled back is what was asked. */
    static int rollback(Temporal temporal, String workflowId, GodwitCommand command) {
        int exitCode = follow(temporal, workflowId, command);
        return exitCode == ExitCode.ROLLED_BACK ? ExitCode.DONE : exitCode;
    }

    /** Follows a run that only says what a rollback would do. */
    static int preview(Temporal temporal, String workflowId, GodwitCommand command) {
        Followed followed = followed(temporal, workflowId, command.console());
        Optional<RollbackPreview> preview = followed instanceof RunEnd end
                ? end.outcome().rollback()
                : Optional.empty();
        if (preview.isEmpty()) {
            return tell(temporal, followed, command);
        }
        String text = "a rollback would do this";
        if (command.json()) {
            command.console().document(new Delivery(true, new Answer(text, preview)).document(workflowId));
        } else {
            command.console().result(text + RollbackText.of(preview.get()));
        }
        return ExitCode.DONE;
    }

    private static int tell(Temporal temporal, Followed followed, GodwitCommand command) {
        if (followed instanceof RunEnd end && !end.faults().isEmpty()) {
            throw CommandFailure.invalidPlan(end.faults());
        }
        if (command.json()) {
            command.console().document(document(temporal, followed));
        } else {
            command.console().result(switch (followed) {
                case RunEnd end -> text(temporal, end);
                case RunWaits waits -> text(waits.status());
            });
        }
        return followed.exitCode();
    }

    /** Ctrl-C ends only the following, which it says, since people may think that it ended the run. */
    private static Followed followed(Temporal temporal, String workflowId, Console console) {
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

    /** The report, or without a worker as much as is known. */
    private static Object document(Temporal temporal, Followed followed) {
        try {
            return temporal.ask(followed.workflowId(), "report", Report.class);
        } catch (NoAnswer e) {
            return switch (followed) {
                case RunEnd end -> {
                    ObjectNode known = Json.mapper().createObjectNode().put("workflow_id", end.workflowId());
                    known.setAll((ObjectNode) Json.tree(end.outcome()));
                    yield known;
                }
                case RunWaits waits -> waits.status();
            };
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
        if (end.state() == RunState.STUCK) {
            text.append("\n  next:     mend what is named in the report, then godwit rollback ")
                    .append(Shell.quoted(end.workflowId()));
        }
        end.outcome().evidence().ifPresent(place -> text.append("\n  evidence: ").append(place));
        return text.append("\n  report:   godwit report ").append(Shell.quoted(end.workflowId())).toString();
    }

    private static String text(RunStatus status) {
        StringBuilder text = new StringBuilder(status.workflowId()).append(": ").append(status.state().word());
        for (RunStatus.Waiting wait : status.waiting()) {
            text.append("\n  waits:    ")
                    .append(Waits.what(wait).replace("\n", "\n            "))
                    .append(" (")
                    .append(Waits.time(wait, Instant.now()))
                    .append(')');
        }
        Waits.next(status).forEach(command -> text.append("\n  type:     ").append(command));
        return text.append("\n  then:     godwit watch ").append(Shell.quoted(status.workflowId())).toString();
    }
}
