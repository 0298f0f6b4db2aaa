package dev.godwit.workflow;

import dev.godwit.run.RunStatus.Waiting;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a run waits for besides its gate: decisions, and times that steps let pass. */
final class Waits {
    private final Map<String, Waiting> waiting = new LinkedHashMap<>();

    void add(Waiting wait) {
        waiting.put(wait.on(), wait);
    }

    /** Whatever it was that this phase or step waited for, it does no more. */
    void over(String on) {
        waiting.remove(on);
    }

    void forget(Waiting.Kind... kinds) {
        waiting.values().removeIf(wait -> List.of(kinds).contains(wait.kind()));
    }

    boolean has(Waiting.Kind... kinds) {
        return waiting.values().stream().anyMatch(wait -> List.of(kinds).contains(wait.kind()));
    }

    List<Waiting> all() {
        return List.copyOf(waiting.values());
    }

    /** What waits for retry or skip. */
    List<Waiting> undecided() {
        return waiting.values().stream().filter(wait -> switch (wait.kind()) {
            case STEP, PHASE, UNDO -> true;
            case APPROVAL, FINALIZE, CANCEL, TIME -> false;
        }).toList();
    }
}
