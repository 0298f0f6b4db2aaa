package dev.godwit.activities.process;

import dev.godwit.activities.resource.ControllableProcess;
import dev.godwit.activities.resource.ProcessIdentity;
import dev.godwit.step.RunContext;
import java.util.List;
import java.util.Optional;

/**
 * A process that is going to be ended and its children, in the journal: the first of them may have ended when an interrupted
 * attempt is made again, and they not.
 */
record Family(List<ProcessIdentity> members) {
    private static final String NAME = "family";

    /** Writes down who is going to be ended with a process. */
    static Family begin(ProcessIdentity root, ControllableProcess process, RunContext context) {
        Family family = new Family(process.family(root));
        context.journal().write(NAME, family);
        return family;
    }

    /** The one that an earlier attempt was about to end. */
    static Optional<Family> begun(RunContext context) {
        return context.journal().read(NAME, Family.class);
    }
}
