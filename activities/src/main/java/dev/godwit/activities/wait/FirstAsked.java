package dev.godwit.activities.wait;

import dev.godwit.step.RunContext;
import java.time.Instant;

/** When a step was asked for the first time; from then on it measures how long it has waited. */
final class FirstAsked {
    private static final String NAME = "first-asked";

    private FirstAsked() {}

    static Instant of(RunContext context) {
        return context.journal().read(NAME, Instant.class).orElseGet(() -> {
            context.journal().write(NAME, context.asked());
            return context.asked();
        });
    }
}
