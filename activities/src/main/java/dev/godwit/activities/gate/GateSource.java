package dev.godwit.activities.gate;

import dev.godwit.step.StepFailure;

/** Something that can be measured again and again. */
@FunctionalInterface
public interface GateSource {
    /**
     * Measures once.
     *
     * @throws StepFailure if the plan is at fault; whatever else keeps it from measuring is told by {@link Measured}
     */
    Measured measure() throws Exception;
}
