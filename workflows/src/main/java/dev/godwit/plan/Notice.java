package dev.godwit.plan;

import dev.godwit.run.RunState;
import java.util.List;
import java.util.Optional;

/**
 * Whom a run tells about its changes of state; a plan's {@code notify:}.
 *
 * @param to an {@code http} resource that takes Slack-compatible JSON, such as {@code chat:/hooks/migrations}
 * @param on the states that are told; in a dry-run only those in which it ends
 * @param text jq that makes the message of what the query {@code status} answers, and of {@code .text}, the usual message;
 *     the usual one if absent
 */
public record Notice(String to, List<RunState> on, Optional<String> text) {

    /** What is told where the plan does not say: whatever wants a person, went otherwise than planned, or is the end. */
    public static final List<RunState> DEFAULT = List.of(RunState.PAUSED, RunState.WAITING_FOR_APPROVAL,
            RunState.WAITING_FOR_DECISION, RunState.WAITING_TO_FINALIZE, RunState.ROLLING_BACK, RunState.COMPLETED,
            RunState.ROLLED_BACK, RunState.FAILED, RunState.CANCELLED, RunState.STUCK);

    public Notice {
        on = List.copyOf(on);
        text = text == null ? Optional.empty() : text;
    }

    /** One with the usual message. */
    public Notice(String to, List<RunState> on) {
        this(to, on, Optional.empty());
    }
}
