package dev.godwit.workflow;

import static java.util.Objects.requireNonNull;

import dev.godwit.run.Verb;

/**
 * What a run tells the workflow of its phase, or of its rollback.
 *
 * @param verb pause, resume, retry or skip
 * @param step for retry and skip: the step that is meant
 * @param number for pause: which one it is, so that its acknowledgement is not taken for that of another
 */
public record Order(Verb verb, String step, int number) {
    public Order {
        requireNonNull(verb, "verb");
        step = step == null ? "" : step;
    }
}
