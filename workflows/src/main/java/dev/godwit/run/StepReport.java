package dev.godwit.run;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.plan.Verdict;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What is known of a step of a run.
 *
 * @param name the step
 * @param uses its type
 * @param covers the requirements that it answers
 * @param round one try of the step within the run, from 1
 * @param state where it stands
 * @param started when it began
 * @param ended when it ended
 * @param attempts how many attempts it took, lost ones included
 * @param millis the working time of its last attempt as its worker measured it
 * @param output its output; in a dry-run the predicted one
 * @param gate what its {@code expect} decided
 * @param failure why it failed
 * @param preview what it would do
 * @param undo how its work was taken back
 * @param evidence the names of the evidence files that it left
 */
public record StepReport(String name, String uses, List<String> covers, int round, StepState state,
        Optional<Instant> started, Optional<Instant> ended, int attempts, long millis, Optional<JsonNode> output,
        Optional<Gate> gate, Optional<Failure> failure, Optional<PreviewResult> preview, Optional<UndoReport> undo,
        List<String> evidence) {

    public StepReport {
        requireNonNull(name, "name");
        requireNonNull(state, "state");
        // Jackson reads an absent tree as null; an output is an object.
        output = output.filter(JsonNode::isObject);
    }

    /** A step that has not begun. */
    public static StepReport pending(String name, String uses, List<String> covers, int round) {
        return new StepReport(name, uses, covers, round, StepState.PENDING, Optional.empty(), Optional.empty(), 0, 0,
                Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), List.of());
    }

    /** It began. */
    public StepReport began(Instant at) {
        return new StepReport(name, uses, covers, round, StepState.RUNNING, Optional.of(at), Optional.empty(), attempts,
                millis, output, gate, failure, preview, undo, evidence);
    }

    /** It ended in this state. */
    public StepReport ended(StepState end, Instant at) {
        return new StepReport(name, uses, covers, round, end, started, Optional.of(at), attempts, millis, output, gate,
                failure, preview, undo, evidence);
    }

    /** It is in a state from which it may go on. */
    public StepReport in(StepState now) {
        return new StepReport(name, uses, covers, round, now, started, Optional.empty(), attempts, millis, output, gate,
                failure, preview, undo, evidence);
    }

    /** It works again, after a pause or because someone wants another try. */
    public StepReport goesOn() {
        return new StepReport(name, uses, covers, round, StepState.RUNNING, started, Optional.empty(), attempts, millis,
                output, Optional.empty(), Optional.empty(), preview, undo, evidence);
    }

    /** It was left out with its phase, and so at no time. */
    public StepReport skipped() {
        return new StepReport(name, uses, covers, round, StepState.SKIPPED, started, ended, attempts, millis, output,
                gate, failure, preview, undo, evidence);
    }

    /** Its activity answered. */
    public StepReport answered(StepResult result) {
        return new StepReport(name, uses, covers, round, state, started, ended, result.attempts(), result.millis(),
                Optional.of(result.output()), gate, failure, preview, undo, result.evidence());
    }

    /** Its preview answered. */
    public StepReport previewed(PreviewResult result) {
        return new StepReport(name, uses, covers, round, state, started, ended, attempts, result.millis(),
                result.output(), gate, failure, Optional.of(result), undo, evidence);
    }

    /** Its gate decided. */
    public StepReport decided(Gate decision) {
        return new StepReport(name, uses, covers, round, state, started, ended, attempts, millis, output,
                Optional.of(decision), failure, preview, undo, evidence);
    }

    /** It failed. */
    public StepReport failed(Failure why, Instant at) {
        return new StepReport(name, uses, covers, round, StepState.FAILED, started, Optional.of(at), attempts, millis,
                output, gate, Optional.of(why), preview, undo, evidence);
    }

    /** Its work was taken back, or could not be. */
    public StepReport undone(UndoReport report) {
        return new StepReport(name, uses, covers, round, state, started, ended, attempts, millis, output, gate, failure,
                preview, Optional.of(report), evidence);
    }

    /** Whether a person gave up taking its work back. */
    public boolean abandoned() {
        return undo.filter(report -> report.state() == UndoReport.State.ABANDONED).isPresent();
    }

    /** Without its output, which the evidence store has too. */
    public StepReport withoutOutput() {
        return new StepReport(name, uses, covers, round, state, started, ended, attempts, millis, Optional.empty(),
                gate,
                failure, preview, undo, evidence);
    }

    /** With this output. */
    public StepReport withOutput(Optional<JsonNode> value) {
        return new StepReport(name, uses, covers, round, state, started, ended, attempts, millis, value, gate, failure,
                preview, undo, evidence);
    }

    /**
     * What an {@code expect} decided.
     *
     * @param verdict passed, failed or inconclusive
     * @param expect the expression
     * @param reason why, where it did not pass
     */
    public record Gate(Verdict verdict, String expect, Optional<String> reason) {}
}
