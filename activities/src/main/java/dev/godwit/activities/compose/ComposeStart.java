package dev.godwit.activities.compose;

import com.google.auto.service.AutoService;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.Starts;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.time.Duration;
import java.util.List;

/**
 * Starts the stopped containers of services of a Compose project, and waits until they do their work.
 *
 * <pre>{@code
 * - name: start
 *   uses: compose.start
 *   with: {compose: plates, services: [ocr-service]}
 * }</pre>
 *
 * <p>Undo stops those that did not run before.
 *
 * <p>Errors: {@code compose-missing}, {@code compose-invalid}, {@code compose-failed}, {@code compose-timeout},
 * {@code service-unknown}, {@code service-ended} and {@code service-not-healthy}.
 */
@Uses(value = "compose.start", kind = StepKind.DEPLOYMENT)
@AutoService(StepType.class)
public final class ComposeStart implements StepType<ComposeStart.Spec, ServiceStates> {
    /**
     * @param compose the project
     * @param services which of its services
     * @param within how long they may take to do their work
     */
    public record Spec(@Of("compose") Location compose, List<String> services, @Default("2m") Duration within) {}

    @Override
    public Preview<ServiceStates> preview(Spec spec, PreviewContext context) throws Exception {
        return ServiceStates.preview(spec.compose(), spec.services(), "would start", context);
    }

    @Override
    public ServiceStates run(Spec spec, RunContext context) throws Exception {
        ProjectChange change = ProjectChange.open(spec.compose(), spec.within(), context);
        change.requireKnown(spec.services());
        ServiceStates before = ServiceStates.of(change.begin(spec.services()));
        change.command("change", ProjectChange.joined(List.of("start"), spec.services()), spec.within());
        change.awaitRunning("change", spec.services(), List.of());
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
