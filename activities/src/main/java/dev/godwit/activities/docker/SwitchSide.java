package dev.godwit.activities.docker;

import dev.godwit.activities.resource.ContainerPlan;
import dev.godwit.activities.resource.ContainerState;
import dev.godwit.activities.resource.HttpKind;
import dev.godwit.activities.resource.HttpService;
import dev.godwit.activities.resource.Polling;
import dev.godwit.activities.resource.WritableDocker;
import dev.godwit.activities.resource.WritableHttpService;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One of the two containers between which an alias moves. */
final class SwitchSide {
    private static final Duration ONE_QUESTION = Duration.ofSeconds(20);
    private static final int ATTEMPTS = 3;
    private static final String ERRAND = "dev.godwit.errand";

    private final DockerAlias.Spec spec;
    private final DockerAlias.Side side;
    private final SwitchState.Before before;
    private final RunContext context;
    private final WritableDocker docker;
    private Optional<HttpService> service = Optional.empty();

    SwitchSide(DockerAlias.Spec spec, DockerAlias.Side side, SwitchState.Before before, RunContext context,
            WritableDocker docker) {
        this.spec = spec;
        this.side = side;
        this.before = before;
        this.context = context;
        this.docker = docker;
    }

    String name() {
        return side.container().path();
    }

    Optional<ContainerState> state() {
        return docker.container(before.id());
    }

    boolean runs() {
        return state().filter(ContainerState::running).isPresent();
    }

    boolean hasAlias() {
        return state().filter(state -> state.hasAlias(spec.network(), spec.alias())).isPresent();
    }

    /** Why it does not run, with its last lines. */
    String end() {
        Optional<ContainerState> state = state();
        return state.isEmpty()
                ? "was removed"
                : "ended with " + Containers.ended(state.get()) + ", and its log with:\n"
                        + String.join("\n", docker.lastLines(before.id(), 10));
    }

    /** Starts it if it does not run. */
    void start() {
        context.journal().checkToken();
        docker.start(before.id(), context::checkpoint);
    }

    void stop(Duration grace) {
        context.journal().checkToken();
        docker.stop(before.id(), grace, context::checkpoint);
    }

    /** Attaches it to the network with or without the alias, besides whatever else it was attached with. */
    void attach(boolean alias) {
        ContainerState state = Containers.requireSame(docker, side.container(), before.id());
        boolean attached = state.networks().containsKey(spec.network());
        if (attached && state.hasAlias(spec.network(), spec.alias()) == alias) {
            return;
        }
        ContainerState.Attachment wanted = before.attachment()
                .orElse(ContainerState.Attachment.of(List.of()))
                .with(spec.alias(), alias);
        context.journal().checkToken();
        if (attached) {
            docker.disconnect(spec.network(), before.id());
        }
        docker.connect(spec.network(), before.id(), wanted);
    }

    /** Attaches or detaches it as it was before the switch. */
    void restore() {
        if (before.attachment().isPresent()) {
            attach(before.attachment().get().aliases().contains(spec.alias()));
        } else {
            context.journal().checkToken();
            docker.disconnect(spec.network(), before.id());
        }
    }

    /** Waits until it answers by itself; false if it does not in time, or does not run. */
    boolean awaitAnswer() throws Exception {
        long deadline = System.nanoTime() + spec.within().toNanos();
        while (runs()) {
            if (answers()) {
                return true;
            }
            if (System.nanoTime() > deadline) {
                return false;
            }
            Polling.pause(context::checkpoint);
        }
        return false;
    }

    /** Waits until it answers, and listens where clients ask, as far as these ports are known. */
    boolean awaitServing() throws Exception {
        if (!awaitAnswer()) {
            return false;
        }
        List<Integer> ports = drain().ports();
        long deadline = System.nanoTime() + spec.within().toNanos();
        while (!ports.isEmpty() && runs()) {
            if (listens(ports)) {
                return true;
            }
            if (System.nanoTime() > deadline) {
                return false;
            }
            Polling.pause(context::checkpoint);
        }
        return runs();
    }

    /** Whether it can be asked from within the network only. */
    boolean askedWithin() {
        return side.answers().http().isEmpty();
    }

    boolean answers() throws Exception {
        DockerAlias.Answers answers = side.answers();
        if (answers.http().isPresent()) {
            if (service.isEmpty()) { // Opened once, and asked many times.
                service = Optional.of(context.reading(HttpKind.class, answers.http().get()));
            }
            return ContainerStart.answers(context, service.get(), answers.path());
        }
        Optional<ContainerState> state = state().filter(ContainerState::running);
        String address = state.map(found -> found.networks().get(spec.network()))
                .map(ContainerState.Attachment::address)
                .orElse("");
        return !address.isEmpty() && errand(answers.image().orElse(state.get().imageId()), answers.command(),
                spec.network(), Map.of("TARGET", address)).exitCode() == 0;
    }

    /** Whether it listens on all of these ports. */
    boolean listens(List<Integer> ports) throws Exception {
        return connections().filter(found -> found.listening().containsAll(ports)).isPresent();
    }

    /** What it listens on now, and how many connections there are to these ports. */
    Optional<OpenConnections> connections() throws Exception {
        Optional<WritableDocker.Ended> shown = show();
        if (shown.isEmpty()) {
            return Optional.empty();
        }
        Optional<OpenConnections> found = OpenConnections.of(shown.get().output());
        if (found.isEmpty() && runs()) {
            throw StepFailure.user("connections-unseen",
                    side.container() + ": the open connections cannot be seen with '"
                            + String.join(" ", OpenConnections.COMMAND) + "' (" + String.join(" ", shown.get().output())
                            + "); name an image that has 'cat' as 'drain.image'");
        }
        return found;
    }

    /** Shows the sockets; absent if it does not run. An engine that was restarted meanwhile is asked again. */
    private Optional<WritableDocker.Ended> show() throws Exception {
        Optional<String> image = drain().image();
        for (int attempt = 1;; attempt++) {
            try {
                WritableDocker.Ended shown = image.isPresent()
                        ? errand(image.get(), OpenConnections.COMMAND, "container:" + before.id(), Map.of())
                        : docker.execute(before.id(), OpenConnections.COMMAND, ONE_QUESTION, context::checkpoint);
                // What an engine was saying when it went away ends in the middle, without an error.
                if (attempt == ATTEMPTS || OpenConnections.of(shown.output()).isPresent()) {
                    return Optional.of(shown);
                }
            } catch (StepFailure e) {
                if (!runs()) {
                    return Optional.empty();
                }
                if (!e.retryable() || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /** The ports that clients use; those on which it listens now if the spec does not say. */
    List<Integer> ports() throws Exception {
        return drain().ports().isEmpty()
                ? connections().map(OpenConnections::listening).map(List::copyOf).orElse(List.of())
                : drain().ports();
    }

    /** How long it refuses before it leaves. */
    Duration refuses() {
        return drain().refuse();
    }

    /** Tells it to take no more requests. */
    void tell() throws Exception {
        context.journal().checkToken();
        if (drain().http().isPresent()) {
            send(drain().path(), "drain-refused");
        } else {
            docker.signal(before.id(), drain().signal().orElse("SIGTERM"));
        }
    }

    /** Tells it to take requests again, if it can be told. */
    void resume() throws Exception {
        if (drain().resume().isPresent()) {
            context.journal().checkToken();
            send(drain().resume().get(), "resume-refused");
        }
    }

    boolean resumes() {
        return drain().resume().isPresent();
    }

    /** A published port is the engine's, so that one who cannot be reached now may be when a restarted engine is back. */
    private void send(String path, String refused) throws Exception {
        WritableHttpService service = context.writing(HttpKind.class, drain().http().orElseThrow());
        for (int attempt = 1;; attempt++) {
            try {
                int status = service.send(drain().method(), path, Optional.empty(), HttpService.Content.IGNORED,
                        ONE_QUESTION, context::checkpoint).status();
                if (status >= 400) {
                    throw StepFailure.external(refused, side.container() + ": " + drain().method() + " "
                            + service.uri(path) + " answered with " + status + "; correct 'drain'");
                }
                return;
            } catch (IOException e) {
                if (!runs() || attempt == ATTEMPTS && !answers()) {
                    return; // Whoever waits for it to drain or to serve finds out.
                }
                if (attempt == ATTEMPTS) {
                    throw e;
                }
                Polling.pause(context::checkpoint);
            }
        }
    }

    /** Whether telling it makes it end, so that it must be started to serve again. */
    boolean endsWhenTold() {
        return drain().http().isEmpty();
    }

    private DockerAlias.Drain drain() {
        return side.drain().orElse(DockerAlias.Drain.USUAL);
    }

    /** Removes the containers for single questions that an attempt has left behind when its worker died. */
    static void discardErrands(RunContext context, WritableDocker docker) {
        List<ContainerState> left = docker.containers(Map.of(ERRAND, context.identity().runId()))
                .stream()
                .filter(errand -> errand.name().startsWith(errands(context)))
                .toList();
        if (!left.isEmpty()) {
            context.journal().checkToken();
            left.forEach(errand -> docker.discard(errand.id()));
        }
    }

    private static String errands(RunContext context) {
        return "godwit-errand-" + context.identity().shortName() + "-";
    }

    private WritableDocker.Ended errand(String image, List<String> command, String network,
            Map<String, String> variables) throws Exception {
        String name = errands(context) + context.token() + "-" + Long.toHexString(System.nanoTime());
        String id = docker.create(ContainerPlan.errand(name, image, command, network, variables,
                Map.of(ERRAND, context.identity().runId())));
        try {
            docker.start(id, context::checkpoint);
            long deadline = System.nanoTime() + ONE_QUESTION.toNanos();
            Optional<ContainerState> state = docker.container(id);
            while (state.filter(ContainerState::running).isPresent() && System.nanoTime() < deadline) {
                Polling.pause(context::checkpoint);
                state = docker.container(id);
            }
            boolean ended = state.filter(found -> !found.running()).isPresent();
            return new WritableDocker.Ended(ended ? state.get().exitCode() : -1, docker.lastLines(id, 10_000));
        } finally {
            docker.discard(id);
        }
    }
}
