package dev.godwit.activities.host;

import dev.godwit.step.Journal;
import java.util.function.UnaryOperator;

/** Makes hosts whose journals a test watches, for tests in other modules. */
public final class JournaledHost {
    private JournaledHost() {}

    /**
     * A host like that of a worker.
     *
     * @param journals gets each attempt's journal, on the thread that does the step, and gives the one that the step uses
     */
    public static StepHost create(DiscoveredCatalog catalog, SiteState state, UnaryOperator<Journal> journals) {
        return new StepHost(catalog, state, SecretSource.of(System.getenv()), "test", journals);
    }
}
