package dev.godwit.activities.docker;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.ContainerState;
import dev.godwit.activities.resource.DockerKind;
import dev.godwit.activities.resource.ReadableDocker;
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
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Moves a network alias, and so the traffic to it, from one container to another, without cutting a request. The order:
 *
 * <ol>
 * <li>the new container is seen answering, joins the alias, and is seen answering again; both serve now;
 * <li>the old one is told to take no more requests, by a signal or by a request of HTTP;
 * <li>its open connections end;
 * <li>only then it leaves the alias. It stays in the network, so that it keeps its database.
 * </ol>
 *
 * <pre>{@code
 * - name: cutover
 *   uses: docker.alias
 *   with:
 *     alias: api
 *     network: parking
 *     from: {container: engine:parking-api, answers: {http: v1, path: /health}}
 *     to: {container: engine:parking-api-v6, answers: {http: v2, path: /health}}
 *     within: 30s
 * }</pre>
 *
 * <p>A switch that fails ends with one side serving. As long as the old side has not been told, it never stopped. If the
 * new side dies or falls silent later, or if the old side goes on taking requests after all, the alias goes back: the old
 * side is started again if it has ended, and is seen answering, before the new one leaves. If the old side takes no more
 * requests, but some of its connections do not end in time, these are cut, and the output says how many:
 * {@code expect: .output.cut == 0}.
 *
 * <p>A program that can stop taking requests and begin again without ending is told so by HTTP, at a port of its own that
 * never drains, and stays warm:
 *
 * <pre>{@code
 * - name: cutover
 *   uses: docker.alias
 *   with:
 *     alias: api
 *     network: parking
 *     from:
 *       container: engine:parking-api
 *       answers: {http: v1, path: /health}
 *       drain: {http: v1, path: /drain, resume: /resume, ports: [8000], refuse: 4s}
 *     to:
 *       container: engine:parking-api-v6
 *       answers: {http: v2, path: /health}
 *       drain: {http: v2, path: /drain, resume: /resume, ports: [8000], refuse: 4s}
 * }</pre>
 *
 * <p>A published port is the engine's own: while the engine is being restarted nobody gets through there, though clients
 * in the network do. The step waits for the engine.
 *
 * <p>Docker cannot change an alias in place: a container that joins or leaves is detached from the network for a moment and
 * attached again, so a program must find its way back to its database; the step sees that it does. While both have the
 * alias, and while the old side refuses, a client must try the next address when one refuses, as most do. For clients that
 * try one address only, let a proxy hold the alias and use {@code proxy.switch}.
 *
 * <p>Undo is the same the other way round, also with the old container stopped meanwhile, and leaves both attached as they
 * were.
 *
 * <p>Fails with {@code container-missing}, {@code network-missing}, {@code alias-elsewhere} if the old container does not
 * have the alias, {@code alias-shared} if a third one has it too, {@code new-side-silent}, {@code new-side-ended} with its
 * last lines, {@code not-drained}, {@code old-side-silent} (undo: it does not come back, so the new one goes on serving),
 * {@code connections-unseen} if the image has no {@code cat} to show them, {@code docker-unreachable}.
 */
@Uses(value = "docker.alias", kind = StepKind.TRAFFIC)
@AutoService(StepType.class)
public final class DockerAlias implements StepType<DockerAlias.Spec, DockerAlias.Output> {
    /**
     * @param alias the name that clients use
     * @param network in which they use it
     * @param from the container that has the alias
     * @param to the container that gets it
     * @param within how long either may take to answer, and the old one to refuse and to end its connections
     */
    public record Spec(String alias, String network, Side from, Side to, @Default("60s") Duration within) {
        public Spec {
            if (!from.container().resource().equals(to.container().resource())) {
                throw new IllegalArgumentException("'from' and 'to' must be containers of the same engine");
            }
            if (from.container().equals(to.container())) {
                throw new IllegalArgumentException("'from' and 'to' are the same container");
            }
            if (List.of("bridge", "host", "none").contains(network)) {
                throw new IllegalArgumentException(
                        "the network " + network + " knows no aliases; make one of your own");
            }
        }
    }

    /**
     * @param container the engine and the container's name
     * @param answers how it is seen answering by itself, whoever has the alias
     * @param drain how it is told to take no more requests, and to take them again; by default it ends with SIGTERM and is
     *     started again
     */
    public record Side(@Of("docker") Location container, Answers answers, Optional<Drain> drain) {
        public Side {
            Containers.name(container);
        }
    }

    /**
     * @param http the service to ask, which must be this container and not the alias; an answer with status 2xx counts
     * @param path of the request
     * @param command or a command, run in a container of its own in the network, where the variable TARGET is the address
     *     of the container in question; exit code 0 counts
     * @param image for the command; the container's own image by default
     */
    public record Answers(@Of("http") Optional<Location> http, @Default("") String path,
            @Default("[]") List<String> command, Optional<String> image) {
        public Answers {
            if (http.isPresent() != command.isEmpty()) {
                throw new IllegalArgumentException("'answers' has either 'http' or 'command'");
            }
        }
    }

    /**
     * @param signal which its first process gets; SIGTERM by default. A program that ends is drained, too
     * @param http or the service that gets a request
     * @param path of the request
     * @param method of the request
     * @param resume the path of the request, to the same service, after which it takes requests again, also if it takes
     *     them already; without it, one that does not take them any more is started anew
     * @param ports those of the container that clients use; by default all on which it listens
     * @param refuse how long it refuses connections before it leaves, for who asked for its address just before: once it
     *     has left, nobody refuses there, and connecting takes as long as its limit
     * @param image an image with {@code cat}, to see the connections of a container whose own has none
     */
    public record Drain(Optional<String> signal, @Of("http") Optional<Location> http, @Default("") String path,
            @Default("POST") String method, Optional<String> resume, @Default("[]") List<Integer> ports,
            @Default("0s") Duration refuse, Optional<String> image) {

        static final Drain USUAL = new Drain(Optional.empty(), Optional.empty(), "", "POST", Optional.empty(),
                List.of(), Duration.ZERO, Optional.empty());

        public Drain {
            if (signal.isPresent() && http.isPresent()) {
                throw new IllegalArgumentException("'drain' has either 'signal' or 'http'");
            }
            if (resume.isPresent() && http.isEmpty()) {
                throw new IllegalArgumentException("'drain.resume' goes with 'drain.http'");
            }
            signal.ifPresent(name -> {
                if (!name.matches("SIG[A-Z0-9+-]+")) {
                    throw new IllegalArgumentException("signal: '" + name + "' is none; write it as SIGTERM");
                }
            });
        }
    }

    /**
     * @param from the first characters of the id of the container that had the alias
     * @param to those of the one that has it
     * @param cut how many connections of the old one did not end in time
     * @param joined when the new one joined
     * @param seconds from then to the old one's leaving
     */
    public record Output(String from, String to, long cut, Instant joined, double seconds) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        ReadableDocker docker = context.reading(DockerKind.class, spec.from().container());
        Preview<Output> preview = Preview.<Output>withoutOutput()
                .change("would move the alias " + spec.alias() + " in the network " + spec.network() + " from "
                        + spec.from().container().path() + " to " + spec.to().container().path());
        if (context.madeBy(spec.from().container()).isEmpty()) {
            ContainerState from = Containers.require(docker, spec.from().container());
            if (!from.hasAlias(spec.network(), spec.alias())) {
                preview = preview.change(from.name() + " does not have the alias now, and must by then");
            }
        }
        if (context.madeBy(spec.to().container()).isEmpty()) {
            Containers.require(docker, spec.to().container());
        }
        return preview.making(spec.from().container()).making(spec.to().container());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        return new AliasSwitch(spec, context).forward();
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        new AliasSwitch(spec, context).takeBack();
    }
}
