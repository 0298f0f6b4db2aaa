package dev.godwit.step;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The name by which plans use a step type, which is also its Temporal activity type, and what it changes. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Uses {
    /** Family and verb, such as {@code backup.files}. */
    String value();

    StepKind kind();
}
