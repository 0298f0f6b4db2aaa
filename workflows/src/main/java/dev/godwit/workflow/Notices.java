package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.json.Json;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells whomever the plan names about changes of state, in their order. That someone cannot be told never harms the run.
 */
final class Notices {
    private static final String STEP_TYPE = "notify.webhook";

    private final RunRecord record;
    private final CheckedPlan plan;
    private final List<Promise<Void>> sent = new ArrayList<>();
    /** The last notice to each receiver. */
    private final Map<String, Promise<Void>> last = new HashMap<>();
    private final boolean inOrder;

    Notices(RunRecord record, CheckedPlan plan) {
        this.record = record;
        this.plan = plan;
        this.inOrder = !plan.plan().notices().isEmpty()
                && Workflow.getVersion("notices-in-order", Workflow.DEFAULT_VERSION, 1) > 0;
    }

    boolean inOrder() {
        return inOrder;
    }

    /** The run is under way, which is a state like the others. */
    void begun() {
        if (inOrder) {
            stateChanged();
        }
    }

    void stateChanged() {
        if (plan.plan().notices().isEmpty()) {
            return;
        }
        RunStatus status = record.status();
        if (inOrder && status.state() == RunState.RUNNING && record.rollingBackForGood()) {
            return; // For a moment, between its last undo and its end.
        }
        boolean told = status.state().ended() || (inOrder ? record.touches() : record.mode() == Mode.RUN);
        for (Notice notice : plan.plan().notices()) {
            if (told && notice.on().contains(status.state())) {
                tell(notice, status);
            }
        }
    }

    private void tell(Notice notice, RunStatus status) {
        StepTask task = task(notice, status);
        Promise<Void> before = last.getOrDefault(notice.to(), Workflow.newPromise(null));
        // Also where it is a message that changes the state of a cancelled run.
        Workflow.newDetachedCancellationScope(() -> sent.add(Async.procedure(() -> {
            before.get();
            send(notice.text().map(text -> worded(task, text, status)).orElse(task));
        }))).run();
        if (inOrder) {
            last.put(notice.to(), sent.getLast());
        }
    }

    /** The message in the plan's own words; in the usual ones if those cannot be made. */
    private StepTask worded(StepTask task, String text, RunStatus status) {
        ObjectNode spec = task.spec().deepCopy();
        ObjectNode of = (ObjectNode) Json.tree(status);
        of.put("text", spec.get("text").asText());
        try {
            return task.withSpec(spec.put("text", StepActivities.expressions().tell(text, of)));
        } catch (TemporalFailure e) {
            record.message("notify", Message.NONE, "told in the usual words: " + Failures.of(e).message());
            return task;
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
