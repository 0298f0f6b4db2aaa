package dev.godwit.workflow;

import dev.godwit.json.Json;
import dev.godwit.report.Words;
import dev.godwit.run.Mode;
import dev.godwit.run.RunStatus;
import io.temporal.common.SearchAttributeKey;
import io.temporal.common.SearchAttributeUpdate;
import io.temporal.workflow.Workflow;
import java.util.ArrayList;
import java.util.List;

/** What the Temporal UI shows of a run: details on its page, and search attributes in lists. */
final class RunDisplay {
    private static final SearchAttributeKey<String> PLAN = SearchAttributeKey.forKeyword("GodwitPlan");
    private static final SearchAttributeKey<String> TARGET = SearchAttributeKey.forKeyword("GodwitTarget");
    private static final SearchAttributeKey<String> MODE = SearchAttributeKey.forKeyword("GodwitMode");
    private static final SearchAttributeKey<String> STATE = SearchAttributeKey.forKeyword("GodwitState");
    private static final SearchAttributeKey<String> PHASE = SearchAttributeKey.forKeyword("GodwitPhase");

    private final List<SearchAttributeUpdate<?>> unsaid = new ArrayList<>();
    private boolean searchable;
    private String state = "";
    private String phase = "";

    /** From now on the run can be found; setting an attribute that the server does not know would block it. */
    void searchable(String plan, String target, Mode mode) {
        searchable = true;
        unsaid.add(PLAN.valueSet(plan));
        unsaid.add(TARGET.valueSet(target));
        unsaid.add(MODE.valueSet(Json.tree(mode).textValue()));
    }

    void show(RunStatus status) {
        Workflow.setCurrentDetails(details(status));
        if (searchable) {
            upsert(status);
        }
    }

    private void upsert(RunStatus status) {
        String newState = Json.tree(status.state()).textValue();
        if (!newState.equals(state)) {
            state = newState;
            unsaid.add(STATE.valueSet(state));
        }
        // Between two phases the one before stays, which saves an event.
        if (!status.phase().isEmpty() && !status.phase().equals(phase)) {
            phase = status.phase();
            unsaid.add(PHASE.valueSet(phase));
        }
        if (!unsaid.isEmpty()) {
            Workflow.upsertTypedSearchAttributes(unsaid.toArray(SearchAttributeUpdate<?>[]::new));
            unsaid.clear();
        }
    }

    private static String details(RunStatus status) {
        StringBuilder details = new StringBuilder("**").append(status.state().word())
                .append("** since ")
                .append(Words.of(status.since()));
        if (!status.phase().isEmpty()) {
            details.append(", phase `").append(status.phase()).append('`');
        }
        details.append(", ").append(status.stepsEnded()).append(" of ").append(status.steps()).append(" steps");
        // Before all else: the UI shows the first few lines, and the rest only to who scrolls. Two spaces break a line.
        if (!status.next().isEmpty()) {
            details.append("  \nYou can signal `").append(String.join("`, `", status.next())).append('`');
        }
        details.append('\n');
        for (RunStatus.RunningStep step : status.running()) {
            details.append("\n- ")
                    .append(step.undo() ? "undoing `" : "`")
                    .append(step.step())
                    .append("` (")
                    .append(step.uses())
                    .append(") since ")
                    .append(Words.of(step.since()));
        }
        Words.of(status.throttling()).forEach(line -> details.append("\n- ").append(line));
        for (RunStatus.Waiting waiting : status.waiting()) {
            details.append("\n- `").append(waiting.on()).append("` waits since ").append(Words.of(waiting.since()));
            // A step says itself how long it waits, also where it looks at the clock again and again.
            waiting.until()
                    .filter(until -> waiting.kind() != RunStatus.Waiting.Kind.TIME)
                    .ifPresent(until -> details.append(" until ").append(Words.of(until)));
            details.append(": ").append(waiting.why());
        }
        status.failure().ifPresent(why -> details.append("\n\n").append(why.message()));
        return details.toString();
    }
}
