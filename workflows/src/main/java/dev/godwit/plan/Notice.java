package dev.godwit.plan;

import dev.godwit.run.RunState;
import java.util.List;

/**
 * Whom a run tells about its changes of state; a plan's {@code notify:}.
 *
 * @param to an {@code http} resource that takes Slack-compatible JSON, such as {@code chat:/hooks/migrations}
 * @param on the states that are told; in a dry-run only those in which it ends
 */
public record Notice(String to, List<RunState> on) {
    /** What is told where the plan does not say: whatever wants a person, or went otherwise than planned. */
    public static final List<RunState> DEFAULT = List.of(RunState.WAITING_FOR_APPROVAL, RunState.WAITING_FOR_DECISION,
            RunState.WAITING_TO_FINALIZE, RunState.ROLLING_BACK, RunState.ROLLED_BACK, RunState.FAILED,
            RunState.CANCELLED, RunState.STUCK);

    public Notice {
        on = List.copyOf(on);
    }
}
