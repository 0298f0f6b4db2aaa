package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.godwit.plan.CheckedPlan;
import dev.godwit.plan.Notice;
import dev.godwit.plan.Step;
import dev.godwit.plan.StepFacts;
import dev.godwit.run.Failure;
import dev.godwit.run.Message;
import dev.godwit.run.Mode;
import dev.godwit.run.RunState;
import dev.godwit.run.RunStatus;
import dev.godwit.run.StepResult;
import dev.godwit.run.StepTask;
import dev.godwit.step.StepIdentity;
import io.temporal.failure.TemporalFailure;
import io.temporal.workflow.Async;
import io.temporal.workflow.Promise;
import io.temporal.workflow.Workflow;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Tells whomever the plan names about changes of state. That someone cannot be told never harms the run. */
final class Notices {
    private static final String STEP_TYPE = "notify.webhook";

    private final RunRecord record;
    private final CheckedPlan plan;
    private final List<Promise<Void>> sent = new ArrayList<>();

    Notices(RunRecord record, CheckedPlan plan) {
        this.record = record;
        this.plan = plan;
    }

    void stateChanged() {
        if (plan.plan().notices().isEmpty()) {
            return;
        }
        RunStatus status = record.status();
        for (Notice notice : plan.plan().notices()) {
            if (notice.on().contains(status.state()) && (record.mode() == Mode.RUN || status.state().ended())) {
                StepTask task = task(notice, status);
                // Also where it is a message that changes the state of a cancelled run.
                Workflow.newDetachedCancellationScope(() -> sent.add(Async.procedure(() -> send(task)))).run();
            }
        }
    }

    boolean done() {
        return sent.stream().allMatch(Promise::isCompleted);
    }

    private void send(StepTask task) {
        try {
            StepActivities.notice(task, site(task)).execute(STEP_TYPE, StepResult.class, task);
        } catch (TemporalFailure e) {
            record.message("notify", Message.NONE, "could not be sent: " + Failures.of(e).message());
        }
    }

    private StepTask task(Notice notice, RunStatus status) {
        String resource = notice.to().split(":", 2)[0];
        JsonNode spec = JsonNodeFactory.instance.objectNode().put("to", notice.to()).put("text", text(status));
        return new StepTask(
                // With a hyphen, which no step of a plan has in its name.
                new StepIdentity(record.runId(), plan.plan().name(), plan.target(), "notices",
                        "notice-" + (sent.size() + 1), 1),
                STEP_TYPE, spec, Map.of(resource, plan.resources().get(resource)), record.started(),
                Step.Retry.DEFAULT.attempts(), Step.Retry.DEFAULT.delay(),
                Instant.ofEpochMilli(Workflow.currentTimeMillis()), Map.of());
    }

    private static String site(StepTask task) {
        return task.resources().values().iterator().next().path("site").asText(StepFacts.DEFAULT_SITE);
    }

    /** One line for a telephone at night: what, where it stands, why, and what can be done. */
    private static String text(RunStatus status) {
        StringBuilder text = new StringBuilder(status.workflowId()).append(": ")
                .append(status.mode() == Mode.DRY_RUN ? "dry-run " : "")
                .append(status.state().word());
        status.waiting().forEach(waiting -> text.append("; ").append(waiting.on()).append(": ").append(waiting.why()));
        status.failure().map(Failure::message).ifPresent(why -> text.append("; ").append(why));
        if (status.state().waitsForAPerson() && status.state() != RunState.PAUSED) {
            text.append("; you can: ").append(String.join(", ", status.next()));
        }
        return text.toString();
    }
}
