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
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Takes down a Compose project: stops and removes its containers and networks. Volumes and images stay.
 *
 * <pre>{@code
 * - name: down
 *   uses: compose.down
 *   with: {compose: plates}
 * }</pre>
 *
 * <p>Undo brings back what there was, by the compose files as it finds them: services, replicas, and images, also if
 * their names have gone to new ones since. In a rollback the files have been restored by then, if a later step changed
 * them.
 *
 * <p>Errors: {@code compose-missing}, {@code compose-invalid}, {@code compose-failed}, {@code compose-timeout}, and in
 * the undo {@code service-ended}, {@code service-not-healthy}, {@code image-missing}.
 */
@Uses(value = "compose.down", kind = StepKind.DEPLOYMENT)
@AutoService(StepType.class)
public final class ComposeDown implements StepType<ComposeDown.Spec, ComposeDown.Output> {
    private static final String DONE = "done";

    /**
     * @param compose the project
     * @param grace how long a container may take to end when asked to, before it is killed
     * @param within how long services may take to do their work again, in an undo
     */
    public record Spec(@Stops @Of("compose") Location compose, @Default("10s") Duration grace,
            @Default("2m") Duration within) {}

    /**
     * @param project the project's name
     * @param containers how many there were of each service
     */
    public record Output(String project, Map<String, Integer> containers) {
        static Output of(String project, List<ServiceBefore> services) {
            Map<String, Integer> containers = new TreeMap<>();
            services.forEach(service -> containers.put(service.name(), service.containers()));
            return new Output(project, containers);
        }
    }

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        ReadableCompose compose = context.reading(ComposeKind.class, spec.compose());
        Optional<String> maker = context.madeBy(spec.compose());
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get())
                    .change("would take down what " + maker.get() + " leaves running")
                    .making(spec.compose());
        }
        List<ServiceBefore> services = ProjectChange.present(compose.containers(context::checkpoint));
        Preview<Output> preview = Preview.of(Output.of(compose.project(), services)).making(spec.compose());
        if (services.isEmpty()) {
            return preview.change("the project " + compose.project() + " has no containers; nothing to take down");
        }
        for (ServiceBefore service : services) {
            preview = preview.change("would remove " + service.name() + " (" + service.running() + " running)");
        }
        return preview;
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Optional<Output> done = context.journal().read(DONE, Output.class);
        if (done.isPresent()) {
            return done.get();
        }
        ProjectChange change = ProjectChange.open(spec.compose(), spec.within(), context);
        List<String> there = ProjectChange.present(change.containers()).stream().map(ServiceBefore::name).toList();
        List<ServiceBefore> before = change.begin(there);
        if (!before.isEmpty()) {
            change.command("change", List.of("down", "--timeout", Long.toString(spec.grace().toSeconds())),
                    spec.within().plus(spec.grace()));
        }
        Output output = Output.of(change.compose().project(), before);
        context.journal().write(DONE, output);
        return output;
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
