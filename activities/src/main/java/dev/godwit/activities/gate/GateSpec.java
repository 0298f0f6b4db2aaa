package dev.godwit.activities.gate;

import dev.godwit.json.Jq;
import dev.godwit.step.RunContext;
import java.time.Duration;
import java.util.Optional;

/**
 * What every gate says in a plan, whatever it measures: the spec of each {@code gate.*} step type, which {@code wait.soak}
 * takes too.
 */
public interface GateSpec {
    Optional<Jq> pass();

    Optional<Jq> fail();

    Optional<Duration> interval();

    int count();

    int failureLimit();

    int inconclusiveLimit();

    /** What is measured, for people. */
    String subject();

    /** Opens what is measured, for as long as an attempt lasts. */
    GateSource open(RunContext context) throws Exception;

    /** How what it measures is judged. */
    default Terms terms() {
        return new Terms(pass(), fail(), interval(), count(), failureLimit(), inconclusiveLimit());
    }
}
