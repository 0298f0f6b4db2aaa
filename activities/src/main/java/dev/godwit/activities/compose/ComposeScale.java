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
import dev.godwit.step.Uses;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Gives services of a Compose project another number of containers, and waits until all of them do their work. What
 * runs and is to stay is not touched.
 *
 * <pre>{@code
 * - name: scale
 *   uses: compose.scale
 *   with: {compose: plates, services: {ocr-service: 6}}
 * }</pre>
 *
 * <p>Undo goes back to as many as there were.
 *
 * <p>Errors: those of {@code compose.up}, and {@code service-unknown}.
 */
@Uses(value = "compose.scale", kind = StepKind.DEPLOYMENT)
@AutoService(StepType.class)
public final class ComposeScale implements StepType<ComposeScale.Spec, ComposeScale.Output> {
    private static final String DONE = "done";

    /**
     * @param compose the project
     * @param services how many containers each of these gets
     * @param within how long they may take to do their work
     */
    public record Spec(@Of("compose") Location compose, Map<String, Integer> services,
            @Default("2m") Duration within) {
        public Spec {
            if (services.isEmpty() || services.values().stream().anyMatch(count -> count < 0)) {
                throw new IllegalArgumentException("services must name services, each with 0 containers or more");
            }
        }
    }

    /**
     * @param before how many containers there were of each service
     * @param now how many there are
     */
    public record Output(Map<String, Integer> before, Map<String, Integer> now) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        ReadableCompose compose = context.reading(ComposeKind.class, spec.compose());
        Optional<String> maker = context.madeBy(spec.compose());
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get()).making(spec.compose());
        }
        Map<String, Integer> before = counts(spec, ProjectChange.present(compose.containers(context::checkpoint)));
        Preview<Output> preview = Preview.of(new Output(before, new TreeMap<>(spec.services()))).making(spec.compose());
        for (Map.Entry<String, Integer> service : spec.services().entrySet()) {
            preview = preview.change("would run " + service.getValue() + " of " + service.getKey() + " instead of "
                    + before.get(service.getKey()));
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
        List<String> names = List.copyOf(spec.services().keySet());
        change.requireKnown(names);
        Map<String, Integer> before = counts(spec, change.begin(names));
        change.command("change", ProjectChange.joined(
                ProjectChange.joined(List.of("up", "--detach", "--no-build", "--no-deps", "--no-recreate"),
                        ProjectChange.scale(spec.services())),
                names), spec.within());
        change.awaitRunning("change", names.stream().filter(name -> spec.services().get(name) > 0).toList(), List.of());
        Output output = new Output(before, counts(spec, ProjectChange.present(change.containers())));
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

    private static Map<String, Integer> counts(Spec spec, List<ServiceBefore> services) {
        Map<String, Integer> counts = new TreeMap<>();
        spec.services().keySet().forEach(name -> counts.put(name, 0));
        services.stream()
                .filter(service -> counts.containsKey(service.name()))
                .forEach(service -> counts.put(service.name(), service.containers()));
        return counts;
    }
}
