package dev.godwit.worker;

import dev.godwit.activities.host.DiscoveredCatalog;
import dev.godwit.activities.host.JournaledHost;
import dev.godwit.activities.host.SiteState;
import dev.godwit.activities.host.StepHost;
import dev.godwit.run.StepTask;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Property;
import io.micronaut.context.annotation.Replaces;
import io.micronaut.context.annotation.Requires;
import io.temporal.activity.Activity;
import io.temporal.activity.DynamicActivity;
import io.temporal.common.converter.EncodedValues;
import jakarta.inject.Singleton;
import java.nio.file.Path;

/**
 * What makes a worker killable from inside, at the points in the directory {@value #PROPERTY}: everything else of it is the
 * product's.
 */
@Factory
@Requires(property = KillableWiring.PROPERTY)
final class KillableWiring {
    static final String PROPERTY = "godwit.kill-points";
    /** A journal does not know whose it is; the thread that does the step does. */
    private static final ThreadLocal<KillPoints.Attempt> ATTEMPT = new ThreadLocal<>();

    @Singleton
    KillPoints points(@Property(name = PROPERTY) String directory) {
        return new KillPoints(Path.of(directory));
    }

    @Singleton
    @Replaces(bean = StepHost.class, factory = Wiring.class)
    StepHost host(DiscoveredCatalog catalog, SiteState state) {
        return JournaledHost.create(catalog, state, journal -> ATTEMPT.get().watched(journal));
    }

    @Singleton
    @Replaces(bean = DynamicActivity.class, factory = Wiring.class)
    DynamicActivity steps(StepHost host, KillPoints points) {
        DynamicActivity steps = new StepDispatcher(host);
        return arguments -> execute(steps, arguments, points);
    }

    private static Object execute(DynamicActivity steps, EncodedValues arguments, KillPoints points) {
        String type = Activity.getExecutionContext().getInfo().getActivityType();
        String step = arguments.get(0, StepTask.class).identity().step();
        KillPoints.Attempt attempt = points.begin(step, type.endsWith(".undo") ? "undo" : "run");
        ATTEMPT.set(attempt);
        try {
            Object answer = steps.execute(arguments);
            attempt.ended();
            return answer;
        } finally {
            ATTEMPT.remove();
        }
    }
}
