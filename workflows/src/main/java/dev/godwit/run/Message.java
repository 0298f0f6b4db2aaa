package dev.godwit.run;

import java.util.Optional;

/**
 * What may come with every message to a run; all of it may be left out.
 *
 * @param by who sends it
 * @param reason why
 * @param scope for {@code rollback}: what to undo
 */
public record Message(String by, String reason, Optional<RollbackScope> scope) {
    public Message {
        by = by == null ? "" : by;
        reason = reason == null ? "" : reason;
        scope = scope == null ? Optional.empty() : scope;
    }
}
