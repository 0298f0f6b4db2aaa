package dev.godwit.step;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks the location of a spec that the step starts (and its undo stops). A rollback leaves out the undo of a
 * {@link Stops} step when a later undo stops the same thing again.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Starts {
}
