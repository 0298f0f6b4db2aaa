package dev.godwit.activities.compose;

import com.google.auto.service.AutoService;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.time.Duration;
import java.util.List;

/**
 * Restarts services of a Compose project once, however often the step is retried, and waits until they do their work: a
 * drill, or the way in which a service takes new configuration from its volumes. The same containers run afterwards, so
 * there is nothing to undo.
 *
 * <pre>{@code
 * - name: restart_redis
 *   uses: compose.restart
 *   with: {compose: plates, services: [redis]}
 * }</pre>
 *
 * <p>Errors: {@code compose-missing}, {@code compose-invalid}, {@code compose-failed}, {@code compose-timeout},
 * {@code service-unknown}, {@code service-ended} and {@code service-not-healthy}.
 */
@Uses(value = "compose.restart", kind = StepKind.DEPLOYMENT)
@AutoService(StepType.class)
public final class ComposeRestart implements ReadOnlyStepType<ComposeRestart.Spec, ServiceStates> {
    /**
     * @param compose the project
     * @param services which of its services
     * @param grace how long a container may take to end when asked to, before it is killed
     * @param within how long they may take to do their work again
     */
    public record Spec(@Of("compose") Location compose, List<String> services, @Default("10s") Duration grace,
            @Default("2m") Duration within) {}

    @Override
    public Preview<ServiceStates> preview(Spec spec, PreviewContext context) throws Exception {
        return ServiceStates.preview(spec.compose(), spec.services(), "would restart", context);
    }

    @Override
    public ServiceStates run(Spec spec, RunContext context) throws Exception {
        ProjectChange change = ProjectChange.open(spec.compose(), spec.within(), context);
        change.requireKnown(spec.services());
        change.command("change", ProjectChange.joined(
                List.of("restart", "--timeout", Long.toString(spec.grace().toSeconds())), spec.services()),
                spec.within().plus(spec.grace()));
        change.awaitRunning("change", spec.services(), List.of());
        return ServiceStates.of(ProjectChange.present(change.containers())
                .stream()
                .filter(service -> spec.services().contains(service.name()))
                .toList());
    }
}
