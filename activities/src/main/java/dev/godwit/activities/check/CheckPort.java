package dev.godwit.activities.check;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.HttpKind;
import dev.godwit.activities.resource.HttpService;
import dev.godwit.activities.resource.PortListener;
import dev.godwit.json.Durations;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;

/**
 * Checks a port: that it is open, closed, or free to be taken, and tells who listens on it.
 *
 * <pre>{@code
 * - name: v2_port_is_free
 *   uses: check.port
 *   with: {of: v2, state: free}
 * }</pre>
 *
 * <p>A port is {@code open} if it accepts connections and {@code closed} if it does not. It is {@code free} if no process of
 * this machine listens on it, on whatever address; that is for ports of the machine of the worker only. Who listens is told
 * where it is a process of this machine, and of the worker's user unless that is root.
 *
 * <p>Fails with {@code port-closed} or {@code port-taken}, which are worth a retry, with {@code host-unknown}, and with
 * {@code port-elsewhere} if another machine's port is to be free.
 */
@Uses(value = "check.port", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class CheckPort implements ReadOnlyStepType<CheckPort.Spec, CheckPort.Output> {
    /** What a port is to be. */
    public enum State {
        /** It accepts connections. */
        OPEN,
        /** It accepts none. */
        CLOSED,
        /** Nobody has it. */
        FREE
    }

    /**
     * @param of the service whose host and port they are
     * @param port another port of that host
     * @param state what it must be
     * @param within how long a connection may take
     */
    public record Spec(@Of("http") Location of, Optional<Integer> port, @Default("open") State state,
            @Default("5s") Duration within) {
        public Spec {
            if (port.isPresent() && (port.get() < 1 || port.get() > 65_535)) {
                throw new IllegalArgumentException("port must be 1 to 65535, and is " + port.get());
            }
        }
    }

    /**
     * @param host of the service
     * @param port that was looked at
     * @param open whether it accepts connections
     * @param pid of who listens, where that can be seen
     * @param program of who listens, where that can be seen
     */
    public record Output(String host, int port, boolean open, Optional<Long> pid, Optional<String> program) {
        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.of());
        return maker.isPresent() ? Preview.knownAfter(maker.get()) : Preview.of(look(spec, context));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Output seen = look(spec, context);
        switch (spec.state()) {
            case OPEN -> {
                if (!seen.open()) {
                    throw StepFailure.external("port-closed", "check.port: " + seen + " accepts no connection within "
                            + Durations.format(spec.within()) + listener(seen) + "; see whether the service runs");
                }
            }
            case CLOSED -> {
                if (seen.open()) {
                    throw taken(seen, "still accepts connections");
                }
            }
            case FREE -> {
                if (!local(seen.host())) {
                    throw StepFailure.user("port-elsewhere", "check.port: " + seen + " is no port of this machine, so"
                            + " nobody here can say whether it is free; run the check on the site of that machine");
                }
                if (PortListener.on(seen.port())) {
                    throw taken(seen, "is taken");
                }
            }
        }
        return seen;
    }

    private static StepFailure taken(Output seen, String how) {
        return StepFailure.external("port-taken",
                "check.port: " + seen + " " + how + listener(seen) + "; stop who listens there, or take another port");
    }

    private static String listener(Output seen) {
        return seen.pid().map(pid -> " (process " + pid + ", " + seen.program().orElse("") + ", listens)").orElse("");
    }

    private static Output look(Spec spec, PreviewContext context) throws Exception {
        HttpService service = context.reading(HttpKind.class, spec.of());
        String host = service.uri("").getHost();
        int port = spec.port().orElse(service.port());
        context.checkpoint();
        boolean open = open(host, port, spec.within());
        Optional<PortListener> listener = local(host) ? PortListener.of(port) : Optional.empty();
        return new Output(host, port, open, listener.map(PortListener::pid), listener.map(PortListener::program));
    }

    private static boolean open(String host, int port, Duration within) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address(host), port), Math.clamp(within.toMillis(), 1, 60_000));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean local(String host) throws SocketException {
        InetAddress address = address(host);
        return address.isLoopbackAddress() || address.isAnyLocalAddress()
                || NetworkInterface.getByInetAddress(address) != null;
    }

    private static InetAddress address(String host) {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw StepFailure.external("host-unknown",
                    "check.port: there is no host '" + host + "'; correct the resource's url").causedBy(e);
        }
    }
}
