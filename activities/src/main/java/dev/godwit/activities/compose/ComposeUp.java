package dev.godwit.activities.compose;

import com.google.auto.service.AutoService;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.Starts;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Brings up the services of a Compose project, and waits until they do their work: their containers run, those with a
 * health check are healthy, and all stay so for a second.
 *
 * <pre>{@code
 * - name: up
 *   uses: compose.up
 *   with: {compose: plates, build: true, within: 2m}
 * }</pre>
 *
 * <p>Undo takes down what this brought up, and brings back what ran before: services, replicas, and images, also if
 * their names have gone to new ones since. Volumes stay, for they hold data. Undo works with the compose files as it
 * finds them. So a service that runs with another configuration than the files have now is not replaced: stop the
 * project with {@code compose.down} before a step changes its files, and undo goes back the same way; or allow it with
 * {@code replace: true}, and undo brings back the image, but not that configuration.
 *
 * <p>Errors: {@code compose-missing}; {@code compose-invalid} with Compose's own words; {@code compose-replaces} if a
 * service runs with another configuration; {@code compose-failed}, {@code compose-timeout}; {@code service-ended} with
 * the exit code and last lines of a service that dies during its start; {@code service-not-healthy}; {@code
 * image-missing} if an undo needs an image that somebody has removed.
 */
@Uses(value = "compose.up", kind = StepKind.DEPLOYMENT)
@AutoService(StepType.class)
public final class ComposeUp implements StepType<ComposeUp.Spec, ComposeUp.Output> {
    private static final String DONE = "done";

    /**
     * @param compose the project
     * @param services which of its services, with those that they depend on; all by default
     * @param build whether images are built first
     * @param buildWithin how long that may take
     * @param scale how many containers a service gets
     * @param jobs services that end by themselves, with exit code 0
     * @param replace whether a service that runs with another configuration may be replaced
     * @param within how long the services may take to do their work
     */
    public record Spec(@Starts @Of("compose") Location compose, @Default("[]") List<String> services,
            @Default("false") boolean build, @Default("30m") Duration buildWithin,
            @Default("{}") Map<String, Integer> scale, @Default("[]") List<String> jobs,
            @Default("false") boolean replace, @Default("2m") Duration within) {}

    /**
     * @param project the project's name
     * @param containers how many there are of each service
     * @param images by service
     */
    public record Output(String project, Map<String, Integer> containers, Map<String, String> images) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        ReadableCompose compose = context.reading(ComposeKind.class, spec.compose());
        Preview<Output> preview = Preview.withoutOutput();
        Optional<String> maker = context.madeBy(spec.compose()).or(() -> context.madeBy(compose.directory()));
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get())
                    .change("would bring up the project " + compose.project())
                    .making(spec.compose());
        }
        Map<String, String> services = compose.services(context::checkpoint);
        List<ComposeContainer> containers = compose.containers(context::checkpoint);
        if (spec.build()) {
            preview = preview.change("would build the images of " + compose.project());
        }
        for (String service : wanted(spec, services)) {
            preview = preview.change(change(service, services.get(service), containers));
        }
        List<String> unknown = containers.stream()
                .map(ComposeContainer::service)
                .filter(service -> !services.containsKey(service))
                .distinct()
                .toList();
        if (!unknown.isEmpty()) {
            preview = preview.change("would leave " + String.join(", ", unknown)
                    + ", which runs in this project and is not in its files");
        }
        return preview.making(spec.compose());
    }

    private static String change(String service, String hash, List<ComposeContainer> containers) {
        List<ComposeContainer> own = containers.stream()
                .filter(container -> container.service().equals(service))
                .toList();
        if (own.isEmpty()) {
            return "would create " + service;
        }
        if (!own.stream().allMatch(container -> container.hash().equals(hash))) {
            return "would replace " + service + ", which has another configuration or image";
        }
        return own.stream().allMatch(ComposeContainer::running)
                ? service + " runs as it should"
                : "would start " + service;
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Optional<Output> done = context.journal().read(DONE, Output.class);
        if (done.isPresent()) {
            return done.get();
        }
        ProjectChange change = ProjectChange.open(spec.compose(), spec.within(), context);
        change.requireKnown(spec.services());
        Map<String, String> services = change.compose().services(context::checkpoint);
        List<String> wanted = wanted(spec, services);
        if (!change.begun() && !spec.replace()) {
            requireSame(spec, services, change);
        }
        change.begin(List.copyOf(services.keySet()));
        if (spec.build()) {
            change.command("build", ProjectChange.joined(List.of("build"), spec.services()), spec.buildWithin());
        }
        List<String> up = ProjectChange.joined(List.of("up", "--detach"), ProjectChange.scale(spec.scale()));
        change.command("change", ProjectChange.joined(up, spec.services()), spec.buildWithin());
        change.awaitRunning("change", wanted, spec.jobs());
        Map<String, Integer> containers = new TreeMap<>();
        Map<String, String> images = new TreeMap<>();
        for (ServiceBefore service : ProjectChange.present(change.containers())) {
            containers.put(service.name(), service.containers());
            images.put(service.name(), service.image());
        }
        Output output = new Output(change.compose().project(), containers, images);
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

    private static List<String> wanted(Spec spec, Map<String, String> services) {
        return spec.services().isEmpty() ? List.copyOf(services.keySet()) : spec.services();
    }

    private static void requireSame(Spec spec, Map<String, String> services, ProjectChange change) throws Exception {
        List<String> others = change.containers()
                .stream()
                .filter(container -> services.containsKey(container.service())
                        && !container.hash().equals(services.get(container.service())))
                .map(ComposeContainer::service)
                .distinct()
                .toList();
        if (!others.isEmpty()) {
            throw StepFailure.user("compose-replaces", spec.compose() + ": " + String.join(", ", others)
                    + " runs with another configuration or image than the compose files have now, which undo could not"
                    + " bring back; stop the project with compose.down before its files change, or allow it with"
                    + " replace: true");
        }
    }
}
