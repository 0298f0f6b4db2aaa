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
import io.temporal.client.WorkflowExecutionMetadata;
import io.temporal.common.SearchAttributeKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "status", description = "Show where a run stands and what can be done next; without RUN, list all.")
final class StatusCommand extends GodwitCommand {
    private static final SearchAttributeKey<String> STATE = SearchAttributeKey.forKeyword("GodwitState");

    @Parameters(paramLabel = "RUN", arity = "0..1", description = "workflow id, or any unambiguous start of it")
    private String run;

    @Override
    public Integer call() {
        try (Temporal temporal = godwit().connect()) {
            if (run == null) {
                list(temporal);
            } else {
                show(temporal, temporal.find(run));
            }
            return ExitCode.DONE;
        }
    }

    private void show(Temporal temporal, String workflowId) {
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
        } catch (NoAnswer e) {
            WorkflowExecutionMetadata known = temporal.describe(workflowId).orElseThrow();
            console().say("no worker answers (" + e.getMessage() + "); this is what Temporal itself knows");
            if (json()) {
                console().document(document(known));
            } else {
                console().result(workflowId + ": " + times(known));
            }
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
        progress.forEach(line -> text.append("  progress  ").append(line).append('\n'));
        for (String verb : status.next()) {
            text.append("  next      godwit ")
                    .append(verb)
                    .append(' ')
                    .append(Shell.quoted(status.workflowId()))
                    .append('\n');
        }
        return text.toString();
    }

    private void list(Temporal temporal) {
        List<WorkflowExecutionMetadata> runs;
        try {
            runs = temporal.list();
        } catch (CannotList e) {
            throw CommandFailure.refused(e.getMessage());
        }
        if (json()) {
            ArrayNode documents = Json.mapper().createArrayNode();
            runs.forEach(known -> documents.add(document(known)));
            console().document(documents);
        } else if (runs.isEmpty()) {
            console().result("no runs");
        } else {
            int width = runs.stream().mapToInt(known -> known.getExecution().getWorkflowId().length()).max().orElse(0);
            console().result(String.join("\n", runs.stream().map(known -> line(known, width)).toList()));
        }
    }

    private static String line(WorkflowExecutionMetadata known, int width) {
        String id = known.getExecution().getWorkflowId();
        return id + " ".repeat(width - id.length()) + "  " + times(known);
    }

    private static String times(WorkflowExecutionMetadata known) {
        return state(known) + ", started "
                + Words.of(known.getStartTime())
                + Optional.ofNullable(known.getCloseTime()).map(ended -> ", ended " + Words.of(ended)).orElse("");
    }

    private static ObjectNode document(WorkflowExecutionMetadata known) {
        ObjectNode document = Json.mapper()
                .createObjectNode()
                .put("workflow_id", known.getExecution().getWorkflowId())
                .put("run_id", known.getExecution().getRunId())
                .put("state", state(known).replace(' ', '-'))
                .put("started", known.getStartTime().toString());
        Optional.ofNullable(known.getCloseTime()).ifPresent(ended -> document.put("ended", ended.toString()));
        return document;
    }

    /** The run's own word where the server keeps it, else Temporal's. */
    static String state(WorkflowExecutionMetadata known) {
        String own = known.getTypedSearchAttributes().get(STATE);
        if (own != null) {
            return own;
        }
        String status = known.getStatus().name().replace("WORKFLOW_EXECUTION_STATUS_", "");
        return status.toLowerCase(Locale.ROOT).replace('_', ' ').replace("canceled", "cancelled");
    }
}
