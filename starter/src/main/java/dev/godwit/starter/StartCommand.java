package dev.godwit.starter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.cli.ExitCode;
import dev.godwit.json.Json;
import dev.godwit.report.Words;
import dev.godwit.run.Mode;
import dev.godwit.run.RunStatus;
import dev.godwit.starter.Temporal.NoAnswer;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.client.WorkflowExecutionAlreadyStarted;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "start", description = "Start a run of a plan, or a dry-run, and follow it to its end.")
final class StartCommand extends GodwitCommand {
    @Parameters(paramLabel = "PLAN|NAME", description = "a plan's file, or the name of a plan in the worker's plan directory")
    private String plan;

    @Option(names = "--param", paramLabel = "NAME=VALUE", description = "a value for a parameter of the plan; repeatable")
    private Map<String, String> parameters = new LinkedHashMap<>();

    @Option(names = "--target", paramLabel = "TARGET", description = "what to migrate; default is the plan's own target")
    private String target;

    @Option(names = "--dry-run", description = "change nothing; say what each step would do")
    private boolean dryRun;

    @Option(names = "--detach", description = "return at once; the run goes on")
    private boolean detach;

    @Override
    public Integer call() {
        Start start = Start.of(plan, parameters, Optional.ofNullable(target), dryRun ? Mode.DRY_RUN : Mode.RUN,
                Person.at(godwit().environment()));
        try (Temporal temporal = godwit().connect()) {
            String runId = begin(temporal, start);
            if (!detach) {
                return Ending.follow(temporal, start.workflowId(), this);
            }
            if (json()) {
                ObjectNode document = Json.mapper().createObjectNode();
                console().document(document.put("workflow_id", start.workflowId()).put("run_id", runId));
            }
            return ExitCode.DONE;
        }
    }

    private String begin(Temporal temporal, Start start) {
        try {
            WorkflowExecution execution = temporal.start(start.workflowId(), start.request());
            console().say("started " + (dryRun ? "dry-run " : "") + execution.getWorkflowId() + " (run id "
                    + execution.getRunId() + ")");
            if (detach) {
                console().say("  follow it: godwit watch " + Shell.quoted(execution.getWorkflowId()));
            }
            return execution.getRunId();
        } catch (WorkflowExecutionAlreadyStarted e) {
            String id = Shell.quoted(start.workflowId());
            throw CommandFailure.refused("a run of this target is under way: " + start.workflowId() + " ("
                    + state(temporal, start.workflowId()) + "); follow it with 'godwit watch " + id
                    + "', or take it back with 'godwit rollback " + id + "'");
        }
    }

    private static String state(Temporal temporal, String workflowId) {
        try {
            RunStatus status = temporal.ask(workflowId, "status", RunStatus.class);
            return status.state().word() + (status.phase().isEmpty() ? "" : ", phase " + status.phase())
                    + ", started " + Words.of(status.started());
        } catch (NoAnswer e) {
            return "running; no worker answers";
        }
    }
}
