package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import dev.godwit.plan.NearestName;
import dev.godwit.report.Words;
import dev.godwit.run.Message;
import dev.godwit.run.Mode;
import dev.godwit.run.StepState;
import dev.godwit.run.Throttling;
import java.util.Optional;

/** The rates that people ask of a run with {@code throttle}. */
final class AskedThrottling {
    /** One that is taken at any time at which {@code throttle} makes sense. */
    static final Message ANY = new Message("", "", Optional.empty(), false, Optional.empty(), Optional.empty(),
            Optional.of(LongNode.valueOf(1)));

    private static final String NONE = "none";

    private final RunRecord record;
    private Throttling current = Throttling.NONE;

    AskedThrottling(RunRecord record) {
        this.record = record;
    }

    Throttling current() {
        return current;
    }

    Optional<String> refusal(Message message) {
        if (record.mode() == Mode.DRY_RUN) {
            return Optional.of("a dry-run copies nothing that could be slower; cancel it instead");
        }
        if (message.rate().isEmpty()) {
            return Optional.of("the message says no rate; say {\"rate\": 5000} for units of a step's progress a second,"
                    + " {\"rate\": 0} to stand still, {\"rate\": null} to lift it");
        }
        JsonNode rate = message.rate().get();
        if (!lifts(rate) && !(rate.isIntegralNumber() && rate.canConvertToLong() && rate.longValue() >= 0)) {
            return Optional.of("the rate is a whole number of 0 or more, or null for none, and not " + rate);
        }
        Optional<String> noStep = message.step().flatMap(this::noSuchStep);
        if (noStep.isPresent()) {
            return noStep;
        }
        return lifts(rate) && !asked(message)
                ? Optional.of(message.step().map(step -> "'" + step + "'").orElse("the run") + " is not throttled")
                : Optional.empty();
    }

    private Optional<String> noSuchStep(String name) {
        if (record.stepNames().isEmpty()) {
            return Optional.of("the plan is not checked yet, so its steps are not known; try again");
        }
        return record.step(name).isEmpty()
                ? Optional.of("the plan has no step '" + name + "'" + NearestName.hint(name, record.stepNames()))
                : record.step(name)
                        .filter(step -> step.state() == StepState.COMPLETED)
                        .map(step -> "'" + name + "' is done");
    }

    /** Whether there is anything to lift. */
    private boolean asked(Message message) {
        return message.step()
                .map(current.steps()::containsKey)
                .orElse(current.run().isPresent() || !current.steps().isEmpty());
    }

    /** Takes up a message that was not refused; answers what follows from it. */
    String heed(Message message) {
        JsonNode asked = message.rate().orElseThrow();
        Optional<Throttling.Rate> rate = lifts(asked)
                ? Optional.empty()
                : Optional.of(new Throttling.Rate(asked.longValue(), message.by()));
        current = message.step().map(step -> current.withStep(step, rate)).orElseGet(() -> current.withRun(rate));
        String on = message.step().orElse("every step");
        return rate.map(to -> "throttles " + on + " to " + Words.of(to))
                .orElseGet(() -> message.step().isPresent() && current.run().isPresent()
                        ? "throttles " + on + " as the run, to " + Words.of(current.run().get())
                        : "lets " + on + " be as fast as the plan says");
    }

    /** On the command line it is a word, and someone will type the same into the Temporal UI. */
    private static boolean lifts(JsonNode rate) {
        return rate.isNull() || rate.isTextual() && rate.textValue().equals(NONE);
    }
}
