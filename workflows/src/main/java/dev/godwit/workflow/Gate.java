package dev.godwit.workflow;

import dev.godwit.plan.Approval;
import dev.godwit.plan.Phase;
import dev.godwit.run.Message;
import dev.godwit.run.RunStatus;
import java.time.Instant;
import java.util.Optional;

/** A phase that waits for a person's yes or no. */
final class Gate {
    private final Phase phase;
    private final Instant opened;
    private Optional<Boolean> answer = Optional.empty();
    private Message message = Message.NONE;

    Gate(Phase phase, Instant opened) {
        this.phase = phase;
        this.opened = opened;
    }

    String name() {
        return phase.name();
    }

    boolean finalizing() {
        return phase.finalizing();
    }

    Instant opened() {
        return opened;
    }

    void answer(boolean yes, Message by) {
        answer = Optional.of(yes);
        message = by;
    }

    /** Absent until someone has answered. */
    Optional<Boolean> answer() {
        return answer;
    }

    /** What came with the answer. */
    Message message() {
        return message;
    }

    RunStatus.Waiting waiting() {
        return new RunStatus.Waiting(
                finalizing() ? RunStatus.Waiting.Kind.FINALIZE : RunStatus.Waiting.Kind.APPROVAL, name(), reason(),
                opened, phase.approval().flatMap(Approval::timeout).map(opened::plus));
    }

    private String reason() {
        String given = phase.approval().map(Approval::reason).orElse("");
        if (!given.isEmpty()) {
            return given;
        }
        return finalizing() ? "what this phase does cannot be taken back" : "the phase wants to be approved";
    }
}
