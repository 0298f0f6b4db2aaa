package dev.godwit.activities.compose;

import com.google.auto.service.AutoService;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Stops;
import dev.godwit.step.Uses;
import java.time.Duration;
import java.util.List;

/**
 * Stops services of a Compose project; their containers stay.
 *
 * <pre>{@code
 * - name: stop
 *   uses: compose.stop
 *   with: {compose: plates, services: [ocr-service]}
 * }</pre>
 *
 * <p>Undo starts those that ran, and waits until they do their work.
 *
 * <p>Errors: those of {@code compose.down}, and {@code service-unknown}.
 */
@Uses(value = "compose.stop", kind = StepKind.DEPLOYMENT)
@AutoService(StepType.class)
public final class ComposeStop implements StepType<ComposeStop.Spec, ServiceStates> {
    /**
     * @param compose the project
     * @param services which of its services
     * @param grace how long a container may take to end when asked to, before it is killed
     * @param within how long services may take to do their work again, in an undo
     */
    public record Spec(@Of("compose") Location compose, List<String> services, @Default("10s") Duration grace,
            @Default("2m") Duration within) {}

    @Override
    public Preview<ServiceStates> preview(Spec spec, PreviewContext context) throws Exception {
        return ServiceStates.preview(spec.compose(), spec.services(), "would stop", context);
    }

    @Override
    public ServiceStates run(Spec spec, RunContext context) throws Exception {
        ProjectChange change = ProjectChange.open(spec.compose(), spec.within(), context);
        change.requireKnown(spec.services());
        ServiceStates before = ServiceStates.of(change.begin(spec.services()));
        change.command("change", ProjectChange.joined(
                List.of("stop", "--timeout", Long.toString(spec.grace().toSeconds())), spec.services()),
                spec.within().plus(spec.grace()));
        return before;
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        ProjectChange.open(spec.compose(), spec.within(), context).undo();
    }

    @Override
    public void forget(Spec spec, RunContext context) throws Exception {
        ProjectChange.open(spec.compose(), spec.within(), context).forget();
    }
}
