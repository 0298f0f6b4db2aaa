package dev.godwit.step;

import dev.godwit.plan.Verdict;
import java.util.Optional;

/**
 * The output of a step that decides by itself, as a gate does. The run goes by its verdict as by that of an {@code expect}:
 * what failed is a failed step, what is inconclusive waits for a person.
 */
public interface Deciding {
    Verdict verdict();

    /** What had to be true, for people. */
    String condition();

    /** Why it did not pass; empty if it did. */
    Optional<String> reason();
}
