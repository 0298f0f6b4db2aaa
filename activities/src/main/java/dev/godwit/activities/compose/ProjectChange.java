package dev.godwit.activities.compose;

import dev.godwit.activities.files.Hashes;
import dev.godwit.activities.resource.Polling;
import dev.godwit.activities.run.CommandStage;
import dev.godwit.activities.run.CommandStage.Ended;
import dev.godwit.activities.run.Invocation;
import dev.godwit.json.Durations;
import dev.godwit.plan.Location;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepIdentity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What a step does to a project: it notes what there is, has Compose do its work, sees the services work, and can bring
 * back what there was. The images of before get names of their own, so that nobody's clean-up takes them away.
 */
final class ProjectChange {
    private static final String BEFORE = "before";
    private static final String UNDONE = "undone";
    /** How long services must have run without a health check to count as started. */
    private static final Duration SETTLED_AFTER = Duration.ofSeconds(1);

    private final WritableCompose compose;
    private final RunContext context;
    private final Duration within;

    private ProjectChange(WritableCompose compose, RunContext context, Duration within) {
        this.compose = compose;
        this.context = context;
        this.within = within;
    }

    /**
     * What there was.
     *
     * @param touched the services that the step may change; all others are nobody's business here
     * @param services those of them that there were
     */
    private record Before(List<String> touched, List<ServiceBefore> services) {}

    /** @param within how long services may take to do their work */
    static ProjectChange open(Location location, Duration within, RunContext context) throws Exception {
        return new ProjectChange(context.writing(ComposeKind.class, location), context, within);
    }

    WritableCompose compose() {
        return compose;
    }

    /** The services that there are, whether they run or not. */
    static List<ServiceBefore> present(List<ComposeContainer> containers) {
        Map<String, List<ComposeContainer>> services = containers.stream()
                .collect(Collectors.groupingBy(ComposeContainer::service, TreeMap::new, Collectors.toList()));
        return services.entrySet().stream().map(service -> {
            ComposeContainer first = service.getValue().getFirst();
            int running = (int) service.getValue().stream().filter(ComposeContainer::running).count();
            return new ServiceBefore(service.getKey(), service.getValue().size(), running, first.image(),
                    first.imageId());
        }).toList();
    }

    /** Whether this step has begun to change something. */
    boolean begun() {
        return context.journal().read(BEFORE, Before.class).isPresent();
    }

    /**
     * What there was before this step's first act; noted now if this is it.
     *
     * @param touched the services that the step may change
     */
    List<ServiceBefore> begin(List<String> touched) throws Exception {
        if (!begun()) {
            context.journal()
                    .write(BEFORE, new Before(touched, present(containers()).stream()
                            .filter(service -> touched.contains(service.name()))
                            .toList()));
        }
        List<ServiceBefore> before = context.journal().read(BEFORE, Before.class).orElseThrow().services();
        for (ServiceBefore service : before) {
            // An image that is gone already cannot be kept; that its container still runs is no reason to stop here.
            if (compose.image(kept(service), context::checkpoint).isEmpty()
                    && !compose.image(service.imageId(), context::checkpoint).isEmpty()) {
                compose.tag(service.imageId(), kept(service), context::checkpoint);
            }
        }
        return before;
    }

    /** Fails if the project does not have these services. */
    void requireKnown(List<String> names) throws Exception {
        Map<String, String> known = compose.services(context::checkpoint);
        for (String name : names) {
            if (!known.containsKey(name)) {
                throw StepFailure.user("service-unknown", compose.location() + " has no service '" + name
                        + "'; it has " + String.join(", ", new TreeMap<>(known).keySet()));
            }
        }
    }

    /** The containers that there are. */
    List<ComposeContainer> containers() throws Exception {
        return compose.containers(context::checkpoint);
    }

    /** Has Compose do something, once, however often the step is retried. */
    void command(String stage, List<String> arguments, Duration timeout) throws Exception {
        CommandStage execution = new CommandStage(stage, context);
        Invocation invocation = compose.command(arguments, timeout);
        Ended ended = execution.run(invocation);
        if (ended.code().isEmpty() && !ended.timedOut()) {
            execution.beginAnew();
            ended = execution.run(invocation);
        }
        if (ended.timedOut()) {
            throw execution.told(StepFailure.external("compose-timeout", said(arguments) + " was ended because it took"
                    + " longer than " + Durations.format(timeout) + ended.words().quoted()));
        }
        if (!invocation.succeeded(ended.code().orElse(-1))) {
            throw execution.told(StepFailure.external("compose-failed", said(arguments) + " ended with "
                    + ended.code().map(code -> "exit code " + code).orElse("no exit code") + ended.words().quoted()));
        }
    }

    private String said(List<String> arguments) {
        return compose.location() + ": 'compose " + String.join(" ", arguments) + "'";
    }

    /**
     * Waits until services do their work: all their containers run, those with a health check are healthy, and they
     * stay so for a second.
     *
     * @param stage what has started them, and does so again if this fails and is retried
     * @param services which
     * @param jobs services that end by themselves, with exit code 0
     */
    void awaitRunning(String stage, List<String> services, List<String> jobs) throws Exception {
        Predicate<ComposeContainer> ended = container -> container.ended()
                && !(jobs.contains(container.service()) && container.state().equals("exited")
                        && container.exitCode() == 0);
        try {
            boolean ready = Polling.until(() -> {
                requireNoneEnded(services, ended);
                return ready(services, jobs);
            }, within, context::checkpoint);
            if (!ready) {
                throw notReady(services, jobs);
            }
            List<String> started = starts(services, jobs);
            Polling.until(() -> {
                requireNoneEnded(services, ended);
                return false;
            }, SETTLED_AFTER, context::checkpoint);
            if (!starts(services, jobs).equals(started)) {
                throw notReady(services, jobs);
            }
        } catch (StepFailure failure) {
            throw new CommandStage(stage, context).told(failure);
        }
    }

    private boolean ready(List<String> services, List<String> jobs) throws Exception {
        List<ComposeContainer> containers = containers();
        return services.stream()
                .allMatch(service -> containers.stream().anyMatch(container -> container.service().equals(service)))
                && containers.stream()
                        .filter(container -> services.contains(container.service()))
                        .allMatch(container -> container.ready() || jobs.contains(container.service())
                                && container.state().equals("exited"));
    }

    private List<String> starts(List<String> services, List<String> jobs) throws Exception {
        return containers().stream()
                .filter(container -> services.contains(container.service()) && !jobs.contains(container.service()))
                .map(container -> container.id() + container.started())
                .toList();
    }

    private void requireNoneEnded(List<String> services, Predicate<ComposeContainer> ended) throws Exception {
        for (ComposeContainer container : containers()) {
            if (services.contains(container.service()) && ended.test(container)) {
                throw StepFailure.external("service-ended", compose.location() + ": the service " + container.service()
                        + " ended while it started (" + container.name() + ", exit code " + container.exitCode()
                        + "); it wrote at the end:\n" + compose.lastWords(container, context::checkpoint));
            }
        }
    }

    private StepFailure notReady(List<String> services, List<String> jobs) throws Exception {
        List<ComposeContainer> containers = containers();
        List<String> missing = services.stream()
                .filter(service -> containers.stream().noneMatch(container -> container.service().equals(service)))
                .toList();
        StringBuilder text = new StringBuilder(compose.location() + ": not all services do their work after "
                + Durations.format(within));
        if (!missing.isEmpty()) {
            text.append("; no container has ").append(String.join(", ", missing));
        }
        for (ComposeContainer container : containers) {
            if (services.contains(container.service()) && !container.ready() && !jobs.contains(container.service())) {
                text.append("; ").append(container.name()).append(" is ").append(container.state());
                text.append(container.health().isEmpty() ? "" : " and " + container.health());
                text.append(", and wrote at the end:\n").append(compose.lastWords(container, context::checkpoint));
            }
        }
        return StepFailure.external("service-not-healthy", text.toString());
    }

    /** Brings back what there was before, as the compose files describe it now: services, replicas and images. */
    void undo() throws Exception {
        if (!begun() || context.journal().read(UNDONE, Boolean.class).isPresent()) {
            return;
        }
        for (String stage : List.of("build", "change")) {
            new CommandStage(stage, context).prevent(Duration.ofSeconds(30));
        }
        Before noted = context.journal().read(BEFORE, Before.class).orElseThrow();
        List<ServiceBefore> before = noted.services();
        restoreImages(before);
        removeMade(noted);
        restoreStopped(before.stream().filter(service -> service.running() == 0).toList());
        restoreRunning(before.stream().filter(service -> service.running() > 0).toList());
        forget(before);
        context.journal().write(UNDONE, true);
    }

    private void restoreImages(List<ServiceBefore> before) throws Exception {
        for (ServiceBefore service : before) {
            boolean byName = !service.image().startsWith("sha256:");
            if (byName && !compose.image(service.image(), context::checkpoint).equals(service.imageId())) {
                if (compose.image(service.imageId(), context::checkpoint).isEmpty()) {
                    throw StepFailure.external("image-missing", compose.location() + ": the image " + service.imageId()
                            + " with which " + service.name() + " ran was removed; load it again, and tag it "
                            + service.image() + ", then retry");
                }
                compose.tag(service.imageId(), service.image(), context::checkpoint);
            }
        }
    }

    private void removeMade(Before before) throws Exception {
        List<String> present = present(containers()).stream().map(ServiceBefore::name).toList();
        List<String> kept = before.services().stream().map(ServiceBefore::name).toList();
        List<String> made = present.stream()
                .filter(service -> before.touched().contains(service) && !kept.contains(service))
                .toList();
        if (made.containsAll(present)) {
            command("undo.down", List.of("down"), within); // Takes the networks, too.
        } else if (!made.isEmpty()) {
            command("undo.rm", joined(List.of("rm", "--stop", "--force"), made), within);
        }
    }

    private void restoreStopped(List<ServiceBefore> services) throws Exception {
        List<String> names = services.stream().map(ServiceBefore::name).toList();
        if (names.isEmpty()) {
            return;
        }
        List<ServiceBefore> now = present(containers());
        if (now.stream().anyMatch(service -> names.contains(service.name()) && service.running() > 0)) {
            command("undo.stop", joined(List.of("stop"), names), within);
        }
        if (!now.stream().map(ServiceBefore::name).toList().containsAll(names)) {
            command("undo.create", joined(List.of("up", "--no-start", "--no-build", "--no-deps"), names), within);
        }
    }

    private void restoreRunning(List<ServiceBefore> services) throws Exception {
        List<String> names = services.stream().map(ServiceBefore::name).toList();
        if (names.isEmpty() || present(containers()).containsAll(services)) {
            return;
        }
        Map<String, Integer> replicas = new LinkedHashMap<>();
        services.forEach(service -> replicas.put(service.name(), service.running()));
        command("undo.up", joined(joined(List.of("up", "--detach", "--no-build", "--no-deps"), scale(replicas)), names),
                within);
        awaitRunning("undo.up", names, List.of());
    }

    /** Removes the names that kept images from being cleaned away. */
    void forget() throws Exception {
        forget(context.journal().read(BEFORE, Before.class).map(Before::services).orElse(List.of()));
    }

    private void forget(List<ServiceBefore> before) throws Exception {
        for (ServiceBefore service : before) {
            compose.untag(kept(service), context::checkpoint);
        }
    }

    /** Of a length and of letters that the name of an image may have, whatever project and step are called. */
    private String kept(ServiceBefore service) {
        StepIdentity step = context.identity();
        String whose = String.join("/", step.runId(), step.step(), Integer.toString(step.round()), service.name());
        return "godwit-kept/" + compose.project().replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "") + ":"
                + Hashes.sha256(whose).substring(0, 32);
    }

    static List<String> scale(Map<String, Integer> replicas) {
        List<String> options = new ArrayList<>();
        replicas.forEach((service, count) -> options.addAll(List.of("--scale", service + "=" + count)));
        return options;
    }

    static List<String> joined(List<String> some, List<String> more) {
        List<String> all = new ArrayList<>(some);
        all.addAll(more);
        return all;
    }
}
