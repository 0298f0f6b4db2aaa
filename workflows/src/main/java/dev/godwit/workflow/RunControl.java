package dev.godwit.workflow;

import dev.godwit.plan.NearestName;
import dev.godwit.plan.Phase;
import dev.godwit.run.Answer;
import dev.godwit.run.LedgerEntry;
import dev.godwit.run.Message;
import dev.godwit.run.Mode;
import dev.godwit.run.RollbackPreview;
import dev.godwit.run.RollbackScope;
import dev.godwit.run.RunStatus.Waiting;
import dev.godwit.run.Throttling;
import dev.godwit.run.Verb;
import io.temporal.common.converter.EncodedValues;
import io.temporal.common.converter.RawValue;
import io.temporal.workflow.Workflow;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What people want of a run: judges their messages, records them, and keeps what the run must heed. It never waits, so that
 * every message is answered at once.
 */
final class RunControl {
    /** An approval without a name that comes so soon after a gate opened was meant for the gate before. */
    private static final Duration DUPLICATE = Duration.ofSeconds(10);
    private static final String CANCEL = "cancel";
    private static final String REFUSED = "user/refused";

    private final RunRecord record;
    private final AskedThrottling throttling;
    private final Deque<Order> orders = new ArrayDeque<>();
    private Optional<Message> rollback = Optional.empty();
    private boolean cancelled;
    private boolean paused;
    private int pauses;
    private Optional<Gate> gate = Optional.empty();
    private boolean approvedBefore;
    private Optional<Verb> phaseDecision = Optional.empty();

    RunControl(RunRecord record) {
        this.record = record;
        this.throttling = new AskedThrottling(record);
    }

    /** Takes a message that wants no answer: what makes no sense is recorded and ignored. */
    void signal(Verb verb, RawValue raw) {
        try {
            Message message = Messages.read(raw);
            Optional<String> refusal = refusal(verb, message);
            record.message(verb.word(), message, refusal.map(why -> "ignored: " + why)
                    .orElseGet(() -> accepted(heed(verb, message))));
        } catch (IllegalArgumentException e) {
            record.message(verb.word(), Message.NONE, "ignored: " + e.getMessage());
        }
    }

    /** A signal of a name that no message has. */
    void unknownSignal(String name, EncodedValues ignored) {
        List<String> words = Arrays.stream(Verb.values()).map(Verb::word).toList();
        record.message(name, Message.NONE, "ignored: there is no message '" + name + "'"
                + NearestName.hint(name, words));
    }

    /** Takes a message that wants an answer; {@link #validate} has let it pass. */
    Answer update(Verb verb, RawValue raw) {
        Message message = Messages.read(raw);
        Optional<String> refusal = refusal(verb, message);
        if (refusal.isPresent()) {
            // Another message of the same moment came before.
            throw Failures.told(refusal.get(), REFUSED);
        }
        Answer answer = heed(verb, message);
        record.message(verb.word(), message, accepted(answer));
        return answer;
    }

    /**
     * Refuses a message that makes no sense now.
     *
     * @throws io.temporal.failure.ApplicationFailure with the reason
     */
    void validate(Verb verb, RawValue raw) {
        Optional<String> refusal;
        try {
            refusal = refusal(verb, Messages.read(raw));
        } catch (IllegalArgumentException e) {
            // Its causes would be told, too, in the words of a parser.
            refusal = Optional.of(e.getMessage());
        }
        refusal.ifPresent(why -> {
            throw Failures.told(why, REFUSED);
        });
    }

    /** Which messages would be accepted now. */
    List<String> next() {
        return Arrays.stream(Verb.values())
                .filter(verb -> refusal(verb, unmistakable(verb)).isEmpty())
                .map(Verb::word)
                .toList();
    }

    /** A message that names what it means, where the verb alone might not be enough. */
    private Message unmistakable(Verb verb) {
        return switch (verb) {
            case APPROVE, REJECT, FINALIZE -> gate().map(open -> Message.ofGate(open.name())).orElse(Message.NONE);
            case SKIP -> undecided().stream().findFirst().map(first -> Message.ofStep(first.on())).orElse(Message.NONE);
            case PAUSE, RESUME, ROLLBACK, RETRY -> Message.NONE;
            // It would be accepted before a step begins too, but then there is nothing yet to be slower.
            case THROTTLE -> record.works() ? AskedThrottling.ANY : Message.NONE;
        };
    }

    private Optional<String> refusal(Verb verb, Message message) {
        if (record.hasEnded()) {
            return Optional.of("the run is " + record.state().word());
        }
        return switch (verb) {
            case PAUSE -> goesBack().or(this::noPause);
            case RESUME -> goesBack().or(() -> paused ? Optional.empty() : Optional.of("the run is not paused"));
            case ROLLBACK -> noRollback(message);
            case APPROVE, REJECT, FINALIZE -> goesBack().or(() -> noAnswer(verb, message));
            case RETRY, SKIP -> noDecision(verb, message);
            case THROTTLE -> goesBack().or(() -> throttling.refusal(message));
        };
    }

    /** Once the run is to be taken back, nothing counts any more but what to do with undos that failed. */
    private Optional<String> goesBack() {
        boolean back = stopWanted() || record.mode() == Mode.ROLLBACK || record.rollingBackForGood();
        return back ? Optional.of("the run is being rolled back") : Optional.empty();
    }

    private Optional<String> noPause() {
        if (record.takingBack()) {
            return Optional.of("the run is taking back what a phase did, and that does not pause");
        }
        return paused ? Optional.of("the run is paused already") : Optional.empty();
    }

    private Optional<String> noRollback(Message message) {
        if (record.mode() == Mode.DRY_RUN) {
            return Optional.of("a dry-run changes nothing, so there is nothing to roll back; cancel it instead");
        }
        if (goesBack().isPresent()) {
            return Optional.of("the run is already being rolled back");
        }
        if (undecided().stream().anyMatch(waiting -> waiting.kind() == Waiting.Kind.UNDO)) {
            return Optional.of("an undo has failed and waits for a decision; say retry or skip first");
        }
        if (record.finalizing()) {
            return Optional.of("the run has begun to finalize, and that cannot be taken back");
        }
        RollbackScope scope = message.scope().orElse(RollbackScope.ALL);
        Optional<String> noPhase = scope.to().flatMap(this::noSuchPhase);
        if (noPhase.isPresent() || scope.equals(RollbackScope.ALL)) {
            return noPhase;
        }
        if (!selected(scope).isEmpty()) {
            return record.reliance().refusal(record.ledger(), selected(scope), scope);
        }
        return Optional.of("nothing that the run did is in that scope; begun so far: " + begun());
    }

    private String begun() {
        List<String> undoable = record.ledger()
                .stream()
                .filter(LedgerEntry::undoable)
                .map(entry -> entry.task().identity().step() + " (" + entry.task().identity().phase() + ", "
                        + entry.kind().name().toLowerCase(Locale.ROOT) + ")")
                .toList();
        return undoable.isEmpty() ? "nothing" : String.join(", ", undoable);
    }

    private Optional<String> noSuchPhase(String name) {
        if (record.phaseNames().isEmpty()) {
            return Optional.of("the plan is not checked yet, so its phases are not known; try again");
        }
        return record.phaseNames().contains(name)
                ? Optional.empty()
                : Optional.of("the plan has no phase '" + name + "'" + NearestName.hint(name, record.phaseNames()));
    }

    private Optional<String> noAnswer(Verb verb, Message message) {
        if (gate.isEmpty() || gate.get().answer().isPresent()) {
            return Optional.of(verb == Verb.FINALIZE
                    ? "the run does not wait to finalize"
                    : "no phase waits for approval");
        }
        Gate open = gate.get();
        if (message.gate().isPresent() && !message.gate().get().equals(open.name())) {
            return Optional.of("the phase that waits is '" + open.name() + "', and not '" + message.gate().get() + "'");
        }
        if (open.finalizing() && verb == Verb.APPROVE) {
            return Optional.of("the phase '" + open.name() + "' cannot be taken back, so it wants a word of its own:"
                    + " finalize");
        }
        if (!open.finalizing() && verb == Verb.FINALIZE) {
            return Optional.of("the phase '" + open.name() + "' waits to be approved; the run does not finalize yet");
        }
        boolean soon = now().isBefore(open.opened().plus(DUPLICATE));
        if (verb == Verb.APPROVE && message.gate().isEmpty() && approvedBefore && soon) {
            return Optional.of("taken for a repetition of the approval before, since the phase '" + open.name()
                    + "' waits for less than " + DUPLICATE.toSeconds() + " s; name it: {\"gate\": \"" + open.name()
                    + "\"}");
        }
        return Optional.empty();
    }

    private Optional<String> noDecision(Verb verb, Message message) {
        List<Waiting> candidates = meant(message);
        if (candidates.isEmpty()) {
            return Optional.of(message.step()
                    .map(step -> "'" + step + "' does not wait for a decision")
                    .orElse("nothing waits for a decision"));
        }
        if (verb == Verb.SKIP) {
            return candidates.size() == 1
                    ? Optional.empty()
                    : Optional.of("several wait for a decision; name one: {\"step\": \"" + candidates.get(0).on()
                            + "\"}, of " + names(candidates));
        }
        return retried(candidates).isEmpty()
                ? Optional.of(
                        "'" + names(candidates) + "' ran beside its phase, whose time is over; skip it, or roll back")
                : Optional.empty();
    }

    /** Does what an accepted message says; where the run then stands is found out once, when all of it is done. */
    private Answer heed(Verb verb, Message message) {
        Answer answer = switch (verb) {
            case PAUSE -> told(pause());
            case RESUME -> told(resume());
            case ROLLBACK -> rollBack(message);
            case APPROVE, FINALIZE -> told(answerGate(true, message));
            case REJECT -> told(answerGate(false, message));
            case RETRY -> told(decide(Verb.RETRY, retried(meant(message))));
            case SKIP -> told(decide(Verb.SKIP, meant(message)));
            case THROTTLE -> told(throttling.heed(message));
        };
        record.refresh();
        return answer;
    }

    private static String accepted(Answer answer) {
        return "accepted: " + answer.text();
    }

    private static Answer told(String text) {
        return new Answer(text, Optional.empty());
    }

    private String pause() {
        paused = true;
        pauses++;
        orders.add(new Order(Verb.PAUSE, "", pauses));
        return record.foreground().isEmpty()
                ? "paused; nothing more begins"
                : "pausing; to stop at their next batch, or to end: " + String.join(", ", record.foreground());
    }

    private String resume() {
        paused = false;
        record.cancelHeld(false);
        orders.add(new Order(Verb.RESUME, "", pauses));
        return "goes on";
    }

    private Answer rollBack(Message message) {
        RollbackScope scope = message.scope().orElse(RollbackScope.ALL);
        RollbackPreview preview = RollbackExecution.preview(record.ledger(), selected(scope));
        if (message.preview()) {
            return new Answer("would undo " + count(preview), Optional.of(preview));
        }
        rollback = Optional.of(message);
        record.nothingToDecide();
        return new Answer("rolling back " + record.workflowId() + ": undoes " + count(preview), Optional.of(preview));
    }

    private static String count(RollbackPreview preview) {
        return preview.undo().size() == 1 ? "1 step" : preview.undo().size() + " steps";
    }

    private List<LedgerEntry> selected(RollbackScope scope) {
        return RollbackExecution.select(record.ledger(), scope, record.phaseNames());
    }

    private String answerGate(boolean yes, Message message) {
        Gate open = gate.orElseThrow();
        open.answer(yes, message);
        approvedBefore |= yes;
        return "phase " + open.name() + (yes ? " may begin" : " is rejected");
    }

    private String decide(Verb verb, List<Waiting> waiting) {
        for (Waiting each : waiting) {
            record.decided(each);
            if (each.kind() == Waiting.Kind.PHASE) {
                phaseDecision = Optional.of(verb);
            } else {
                orders.add(new Order(verb, each.on(), 0));
            }
        }
        return (verb == Verb.RETRY ? "tries again: " : "goes on without: ") + names(waiting);
    }

    /** What waits for a decision, or the one of it that a message names. */
    private List<Waiting> meant(Message message) {
        return undecided().stream()
                .filter(waiting -> message.step().map(waiting.on()::equals).orElse(true))
                .toList();
    }

    private List<Waiting> undecided() {
        return record.undecided()
                .stream()
                .filter(waiting -> waiting.kind() == Waiting.Kind.UNDO || !stopWanted())
                .toList();
    }

    /** What can be tried again. A background step cannot: what it was to run beside is over. */
    private List<Waiting> retried(List<Waiting> waiting) {
        return waiting.stream()
                .filter(each -> each.kind() != Waiting.Kind.STEP || !record.inBackground(each.on()))
                .toList();
    }

    private static String names(List<Waiting> waiting) {
        return String.join(", ", waiting.stream().map(Waiting::on).toList());
    }

    /** The run was cancelled. */
    void cancel() {
        record.message(CANCEL, Message.NONE, heedCancel());
    }

    /** Where it would lose what others wrote, or what was finalized, the run stops and asks. */
    private String heedCancel() {
        if (record.hasEnded()) {
            return "ignored: the run is " + record.state().word();
        }
        if (rollback.isPresent() || record.rollingBackForGood()) {
            return "ignored: the run is being rolled back";
        }
        if (record.mode() == Mode.RUN && (record.finalizing() || record.wouldLose(record.ledger()))) {
            record.cancelHeld(true);
            if (!paused) {
                pause();
            }
            record.refresh();
            return "accepted: waits for a decision";
        }
        cancelled = true;
        record.nothingToDecide();
        record.refresh();
        return "accepted: the run ends";
    }

    /** Whether the run was cancelled and heeds that. */
    boolean cancelled() {
        return cancelled;
    }

    /** Whether the phases are to end, so that a rollback can begin. */
    boolean stopWanted() {
        return rollback.isPresent() || cancelled;
    }

    Optional<Message> rollback() {
        return rollback;
    }

    /** The rates that are asked for now. */
    Throttling throttling() {
        return throttling.current();
    }

    boolean paused() {
        return paused;
    }

    /** Which pause it is, from 1. */
    int pauses() {
        return pauses;
    }

    /** What the workflow of the phase, or of the rollback, must be told next; each is told once. */
    Deque<Order> orders() {
        return orders;
    }

    Gate open(Phase phase) {
        Gate opened = new Gate(phase, now());
        gate = Optional.of(opened);
        record.refresh();
        return opened;
    }

    void closeGate() {
        gate = Optional.empty();
        record.refresh();
    }

    Optional<Gate> gate() {
        return gate.filter(open -> open.answer().isEmpty());
    }

    /** What someone decided about a failed phase, taken once. */
    Optional<Verb> takePhaseDecision() {
        Optional<Verb> taken = phaseDecision;
        phaseDecision = Optional.empty();
        return taken;
    }

    boolean phaseDecided() {
        return phaseDecision.isPresent();
    }

    private static Instant now() {
        return Instant.ofEpochMilli(Workflow.currentTimeMillis());
    }
}
