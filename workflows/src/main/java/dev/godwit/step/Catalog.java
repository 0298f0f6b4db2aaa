package dev.godwit.step;

import java.util.Collection;

/** The step types and resource kinds that a worker has. */
public interface Catalog {
    /** All step types, by name. */
    Collection<StepDescription> stepTypes();

    /** All kinds of resource, by name. */
    Collection<ResourceKind<?, ?>> resourceKinds();
}
