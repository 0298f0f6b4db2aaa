package dev.godwit.run;

import java.util.Optional;

/**
 * What may come with every message to a run; all of it may be left out.
 *
 * @param by who sends it
 * @param reason why
 * @param scope for {@code rollback}: what to undo
 * @param preview for {@code rollback}: only to say what would be undone and what could be lost
 * @param gate for {@code approve}, {@code reject} and {@code finalize}: the phase that is meant
 * @param step for {@code retry} and {@code skip}: the step that is meant
 */
public record Message(String by, String reason, Optional<RollbackScope> scope, boolean preview, Optional<String> gate,
        Optional<String> step) {

    /** Nothing but the verb. */
    public static final Message NONE = of("", "");

    public Message {
        by = by == null ? "" : by;
        reason = reason == null ? "" : reason;
        scope = scope == null ? Optional.empty() : scope;
        gate = gate == null ? Optional.empty() : gate;
        step = step == null ? Optional.empty() : step;
    }

    /** One that says only who sends it and why. */
    public static Message of(String by, String reason) {
        return new Message(by, reason, Optional.empty(), false, Optional.empty(), Optional.empty());
    }

    /** One that names a phase that waits. */
    public static Message ofGate(String phase) {
        return new Message("", "", Optional.empty(), false, Optional.of(phase), Optional.empty());
    }

    /** One that names a step that waits. */
    public static Message ofStep(String step) {
        return new Message("", "", Optional.empty(), false, Optional.empty(), Optional.of(step));
    }
}
