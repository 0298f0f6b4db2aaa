package dev.godwit.activities.docker;

import dev.godwit.activities.resource.ContainerState;
import dev.godwit.activities.resource.HttpKind;
import dev.godwit.activities.resource.HttpService;
import dev.godwit.activities.resource.Polling;
import dev.godwit.activities.resource.Redactor;
import dev.godwit.activities.resource.WritableDocker;
import dev.godwit.json.Durations;
import dev.godwit.plan.Location;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Starts a container and waits until it does its work, or says with its last lines why it does not. */
final class ContainerStart {
    private static final Duration SETTLED_AFTER = Duration.ofSeconds(1);
    private static final Duration ONE_QUESTION = Duration.ofSeconds(5);
    private static final int LAST_LINES = 10;
    private static final String RESTARTING = "restarting";

    private final WritableDocker docker;
    private final RunContext context;
    private final Location location;
    private final Readiness readiness;
    private final Redactor redactor;

    /**
     * @param location the container, for people
     * @param secrets what must not be seen in messages, though the container may have written it, by name
     */
    ContainerStart(WritableDocker docker, RunContext context, Location location, Optional<Readiness> readiness,
            Map<String, String> secrets) {
        this.docker = docker;
        this.context = context;
        this.location = location;
        this.readiness = readiness.orElse(Readiness.USUAL);
        this.redactor = new Redactor(secrets);
    }

    /** Starts it, unless it runs, and waits until it is ready. */
    void start(String id) throws Exception {
        context.journal().checkToken();
        docker.start(id, context::checkpoint);
        awaitReady(id);
    }

    private void awaitReady(String id) throws Exception {
        Optional<HttpService> service = service();
        long began = System.nanoTime();
        long restarts = state(id).restarts();
        String start = "";
        long seen = began;
        while (true) {
            long asked = System.nanoTime();
            ContainerState state = state(id);
            if (!state.startedAt().equals(start)) { // A slow engine may tell of the next start after a long wait.
                start = state.startedAt();
                seen = System.nanoTime();
            }
            if (!alive(state) || state.restarts() > restarts) {
                throw StepFailure.external("container-ended", location + ": the container ended while it started, "
                        + (alive(state) ? "and the engine has started it again" : "with " + Containers.ended(state))
                        + lastWords(id));
            }
            Duration waited = Duration.ofNanos(System.nanoTime() - began);
            if (ready(state, service, Duration.ofNanos(asked - seen))) {
                return;
            }
            if (waited.compareTo(readiness.within()) > 0) {
                throw StepFailure.external("container-not-healthy", location + ": the container runs, but "
                        + otherwise(state, service) + " within " + Durations.format(readiness.within())
                        + lastWords(id));
            }
            Polling.pause(context::checkpoint);
        }
    }

    private ContainerState state(String id) {
        return Containers.requireSame(docker, location, id);
    }

    /** Opened once, and asked many times. */
    private Optional<HttpService> service() throws Exception {
        return readiness.http().isPresent()
                ? Optional.of(context.reading(HttpKind.class, readiness.http().get()))
                : Optional.empty();
    }

    /** One that its engine is about to start again counts as running there, and its program has ended. */
    private static boolean alive(ContainerState state) {
        return state.running() && !state.status().equals(RESTARTING);
    }

    private boolean ready(ContainerState state, Optional<HttpService> service, Duration lived) {
        if (service.isPresent()) {
            return answers(context, service.get(), readiness.path());
        }
        if (!readiness.command().isEmpty()) {
            return succeeds(state.id());
        }
        return state.health().map("healthy"::equals).orElseGet(() -> lived.compareTo(SETTLED_AFTER) > 0);
    }

    static boolean answers(RunContext context, HttpService service, String path) {
        try {
            int status = service.get(path, HttpService.Content.IGNORED, ONE_QUESTION, context::checkpoint).status();
            return status >= 200 && status < 300;
        } catch (IOException e) {
            return false; // Not yet.
        }
    }

    private boolean succeeds(String id) {
        try {
            return docker.execute(id, readiness.command(), readiness.within(), context::checkpoint).exitCode() == 0;
        } catch (StepFailure e) {
            if (docker.container(id).filter(ContainerStart::alive).isPresent()) {
                throw e;
            }
            return false; // It has ended meanwhile, of which its state says more.
        }
    }

    private String otherwise(ContainerState state, Optional<HttpService> service) {
        if (service.isPresent()) {
            return service.get().uri(readiness.path()) + " did not answer with 2xx";
        }
        return readiness.command().isEmpty()
                ? "its own check says '" + state.health().orElse("starting") + "' and not 'healthy'"
                : "'" + String.join(" ", readiness.command()) + "' did not succeed in it";
    }

    private String lastWords(String id) {
        List<String> lines = docker.lastLines(id, LAST_LINES);
        return lines.isEmpty()
                ? "; it has written nothing"
                : "; its log ends:\n" + redactor.redacted(String.join("\n", lines));
    }
}
