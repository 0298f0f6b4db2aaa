package dev.godwit.starter;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.cli.ExitCode;
import dev.godwit.json.Json;
import dev.godwit.report.Words;
import dev.godwit.run.Mode;
import dev.godwit.run.RunStatus;
import dev.godwit.starter.Temporal.CannotList;
import dev.godwit.starter.Temporal.NoAnswer;
import io.temporal.client.WorkflowExecutionDescription;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "status", description = "Show where a run stands and what can be done next; without RUN, list all.")
final class StatusCommand extends GodwitCommand {
    private static final Comparator<KnownRun> WAITING_FIRST = Comparator.comparing(known -> !known.waitsForAPerson());

    @ArgGroup(exclusive = true)
    private Which which = new Which();

    private static final class Which {
        @Parameters(paramLabel = "RUN", description = "workflow id, or any unambiguous start of it")
        private String run;

        @Option(names = "--schedule", paramLabel = "NAME", description = "list the runs of this schedule")
        private String schedule;
    }

    @Override
    public Integer call() {
        try (Temporal temporal = godwit().connect()) {
            if (which.run != null) {
                return show(temporal, temporal.find(which.run));
            }
            list(which.schedule == null ? runs(temporal) : temporal.schedules().runs(which.schedule));
            return ExitCode.DONE;
        }
    }

    private int show(Temporal temporal, String workflowId) {
        try {
            RunStatus status = temporal.ask(workflowId, "status", RunStatus.class);
            List<String> progress = Follower.progressOf(temporal, status);
            if (json()) {
                ObjectNode document = (ObjectNode) Json.tree(status);
                document.set("progress", Json.tree(progress));
                console().document(document);
            } else {
                console().result(text(status, progress));
            }
            return status.state().waitsForAPerson() ? ExitCode.WAITING : ExitCode.DONE;
        } catch (NoAnswer e) {
            WorkflowExecutionDescription description = temporal.describe(workflowId).orElseThrow();
            KnownRun known = new KnownRun(description);
            String state = known.underWay()
                    ? known.state()
                    : temporal.end(description).map(end -> KnownRun.kebab(end.state())).orElseGet(known::state);
            console().say("no worker answers (" + e.getMessage() + "); this is what Temporal itself knows");
            if (json()) {
                console().document(known.document().put("state", state));
            } else {
                console().result(workflowId + ": " + known.text(state));
            }
            return known.waitsForAPerson() ? ExitCode.WAITING : ExitCode.DONE;
        }
    }

    private static String text(RunStatus status, List<String> progress) {
        StringBuilder text = new StringBuilder(status.workflowId()).append(": ")
                .append(status.mode() == Mode.DRY_RUN ? "dry-run, " : "")
                .append(status.state().word())
                .append(status.phase().isEmpty() ? "" : ", phase " + status.phase())
                .append(", ")
                .append(status.stepsEnded())
                .append(" of ")
                .append(Words.count(status.steps(), "step"))
                .append('\n');
        text.append("  started   ")
                .append(Words.of(status.started()))
                .append(", ")
                .append(status.state().word())
                .append(" since ")
                .append(Words.of(status.since()))
                .append('\n');
        status.failure()
                .ifPresent(failure -> text.append("  why       ")
                        .append(failure.message())
                        .append(" (")
                        .append(failure.type())
                        .append(")\n"));
        for (RunStatus.RunningStep step : status.running()) {
            text.append(step.undo() ? "  undoing   " : "  step      ")
                    .append(step.step())
                    .append(" (")
                    .append(step.uses())
                    .append(") for ")
                    .append(Words.of(Duration.between(step.since(), Instant.now())))
                    .append('\n');
        }
        Words.of(status.throttling()).forEach(line -> text.append("  throttle  ").append(line).append('\n'));
        progress.forEach(line -> text.append("  progress  ").append(line).append('\n'));
        for (RunStatus.Waiting wait : status.waiting()) {
            text.append("  waits     ")
                    .append(Waits.what(wait).replace("\n", "\n            "))
                    .append(" (")
                    .append(Waits.time(wait, Instant.now()))
                    .append(")\n");
        }
        Waits.next(status).forEach(command -> text.append("  next      ").append(command).append('\n'));
        return text.toString();
    }

    private static List<KnownRun> runs(Temporal temporal) {
        try {
            return temporal.list().stream().map(KnownRun::new).toList();
        } catch (CannotList e) {
            throw CommandFailure.refused(e.getMessage());
        }
    }

    private void list(List<KnownRun> runs) {
        if (json()) {
            ArrayNode documents = Json.mapper().createArrayNode();
            runs.forEach(known -> documents.add(known.document()));
            console().document(documents);
        } else if (runs.isEmpty()) {
            console().result("no runs");
        } else {
            console().result(String.join("\n", lines(runs)));
            console().say((which.schedule == null ? "one of them: godwit status " : "its report: godwit report ")
                    + Shell.quoted(runs.getFirst().workflowId()));
        }
    }

    /** Those that wait for a person stand first and have a mark. */
    static List<String> lines(List<KnownRun> runs) {
        int width = runs.stream().mapToInt(known -> known.workflowId().length()).max().orElse(0);
        return runs.stream()
                .sorted(WAITING_FIRST)
                .map(known -> (known.waitsForAPerson() ? "! " : "  ") + known.workflowId()
                        + " ".repeat(width - known.workflowId().length()) + "  " + known.text())
                .toList();
    }
}
