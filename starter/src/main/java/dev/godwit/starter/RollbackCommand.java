package dev.godwit.starter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.cli.ExitCode;
import dev.godwit.json.Json;
import dev.godwit.report.Words;
import dev.godwit.run.Message;
import dev.godwit.run.RollbackScope;
import dev.godwit.step.StepKind;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.client.WorkflowExecutionDescription;
import io.temporal.client.WorkflowUpdateException;
import io.temporal.failure.ApplicationFailure;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "rollback", description = "Take back what a run did: all of it, or a part.")
final class RollbackCommand extends GodwitCommand {
    @Parameters(paramLabel = "RUN", description = "workflow id, or any unambiguous start of it")
    private String run;

    @ArgGroup(exclusive = true)
    private Part part = new Part();

    @Option(names = "--by", paramLabel = "WHO", description = "who asks; default is you, on this machine")
    private String by;

    @Option(names = "--reason", paramLabel = "WHY", defaultValue = "", description = "why; it goes into the report")
    private String reason;

    private static final class Part {
        @Option(names = "--to", paramLabel = "PHASE", description = "keep this phase and those before it")
        private String to;

        @Option(names = "--only", paramLabel = "KIND", split = ",", splitSynopsisLabel = ",", description = "take back only steps of these kinds: ${COMPLETION-CANDIDATES}")
        private List<StepKind> only = List.of();
    }

    @Override
    public Integer call() {
        Message message = new Message(by == null ? Person.at(godwit().environment()) : by, reason,
                Optional.of(new RollbackScope(Optional.ofNullable(part.to), part.only)), false, Optional.empty(),
                Optional.empty());
        try (Temporal temporal = godwit().connect()) {
            String workflowId = temporal.find(run);
            WorkflowExecutionDescription known = temporal.describe(workflowId).orElseThrow();
            if (known.getStatus() != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING) {
                return rollBackEnded(known);
            }
            tell(new Verb(temporal, workflowId, "rollback").send(message, console()), workflowId);
            return ExitCode.DONE;
        } catch (WorkflowUpdateException e) {
            throw CommandFailure.refused("the run refuses: " + (e.getCause() instanceof ApplicationFailure refusal
                    ? refusal.getOriginalMessage()
                    : e.getMessage()));
        }
    }

    /** The one place where the rollback of a run that has ended would begin. */
    private int rollBackEnded(WorkflowExecutionDescription known) {
        throw CommandFailure.refused("the run " + known.getExecution().getWorkflowId() + " has ended ("
                + StatusCommand.state(known)
                + (known.getCloseTime() == null ? "" : " at " + Words.of(known.getCloseTime()))
                + "); only a run under way can be rolled back. Where its plan makes a backup, recover from that: see"
                + " docs/how-to/recover-from-a-backup.md");
    }

    private void tell(Verb.Answer answer, String workflowId) {
        if (json()) {
            ObjectNode document = Json.mapper().createObjectNode().put("workflow_id", workflowId);
            console().document(document.put("delivered", answer.update() ? "update" : "signal")
                    .put("answer", answer.text()));
        } else {
            console().result(answer.text() + "\n  follow it: godwit watch " + Shell.quoted(workflowId));
        }
    }
}
