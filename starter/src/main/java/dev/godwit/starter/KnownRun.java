package dev.godwit.starter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.json.Json;
import dev.godwit.report.Words;
import dev.godwit.run.RunState;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.client.WorkflowExecutionMetadata;
import io.temporal.common.SearchAttributeKey;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * A run as far as Temporal itself knows it; no worker is asked.
 *
 * @param execution what Temporal tells
 */
record KnownRun(WorkflowExecutionMetadata execution) {
    private static final SearchAttributeKey<String> STATE = SearchAttributeKey.forKeyword("GodwitState");
    private static final SearchAttributeKey<String> PHASE = SearchAttributeKey.forKeyword("GodwitPhase");

    String workflowId() {
        return execution.getExecution().getWorkflowId();
    }

    String runId() {
        return execution.getExecution().getRunId();
    }

    boolean underWay() {
        return execution.getStatus() == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING;
    }

    /** The run's own word in kebab-case where the server keeps it, else Temporal's. */
    String state() {
        String temporals = execution.getStatus()
                .name()
                .replace("WORKFLOW_EXECUTION_STATUS_", "")
                .toLowerCase(Locale.ROOT)
                .replace('_', '-')
                .replace("canceled", "cancelled");
        return own().map(KnownRun::kebab).orElse(temporals);
    }

    boolean waitsForAPerson() {
        return own().filter(RunState::waitsForAPerson).isPresent();
    }

    /** As programs and the server's index have it: {@code rolled-back}. */
    static String kebab(RunState state) {
        return state.word().replace(' ', '-');
    }

    /** {@code paused, phase cutover, started ..., ended ...}. */
    String text() {
        return text(state());
    }

    /** The same where someone knows the state better. */
    String text(String state) {
        return state.replace('-', ' ')
                + (underWay() ? attribute(PHASE).map(phase -> ", phase " + phase).orElse("") : "")
                + ", started " + Words.of(execution.getStartTime())
                + Optional.ofNullable(execution.getCloseTime()).map(ended -> ", ended " + Words.of(ended)).orElse("");
    }

    ObjectNode document() {
        ObjectNode document = Json.mapper()
                .createObjectNode()
                .put("workflow_id", workflowId())
                .put("run_id", runId())
                .put("state", state())
                .put("started", execution.getStartTime().toString());
        Optional.ofNullable(execution.getCloseTime()).ifPresent(ended -> document.put("ended", ended.toString()));
        return document;
    }

    /** What a run says of itself stays as it was when someone terminates it, and is no longer true then. */
    private Optional<RunState> own() {
        return attribute(STATE)
                .flatMap(own -> Arrays.stream(RunState.values())
                        .filter(state -> kebab(state).equals(own))
                        .findFirst())
                .filter(state -> state.ended() != underWay());
    }

    private Optional<String> attribute(SearchAttributeKey<String> key) {
        return Optional.ofNullable(execution.getTypedSearchAttributes().get(key)).filter(value -> !value.isEmpty());
    }
}
