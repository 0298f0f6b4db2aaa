package dev.godwit.activities.process;

import com.sun.net.httpserver.HttpServer;
import dev.godwit.activities.host.Attempt;
import dev.godwit.activities.host.FreePort;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.resource.Polling;
import dev.godwit.run.Progress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Real programs for tests, each marked by an argument of its own, so that a test finds its own and no others. */
public final class Programs implements AutoCloseable {
    private static final Duration NOTED_WITHIN = Duration.ofSeconds(5);

    private final Path state;
    private final String mark;

    private Programs(StepWorld world, String mark) {
        this.state = world.state().root();
        this.mark = mark;
    }

    /** A program that does nothing until it is asked to end; it is ready at once, as a server beside it says. */
    public static Programs idle(StepWorld world) throws IOException {
        Programs programs = new Programs(world, "mark-" + UUID.randomUUID());
        HttpServer health = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        health.createContext("/", exchange -> {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        health.start();
        Path file = world.directory().resolveSibling(programs.mark);
        Files.writeString(file, "");
        world.directory("home", world.directory())
                .resource("health", "{kind: 'http', url: 'http://127.0.0.1:" + health.getAddress().getPort() + "'}")
                .resource("program", "{kind: 'process', command: ['tail', '-f', '" + file + "'], directory: 'home',"
                        + " health: {http: 'health'}}")
                .counting(() -> List.of(programs.programs() + " running"))
                .closing(() -> health.stop(0))
                .closing(programs);
        return programs;
    }

    /** One that ends at once when it is asked to, and whose child does not. */
    Programs withStubbornChild(StepWorld world, String grace) throws IOException {
        world.resource("program", "{kind: 'process', directory: 'home', health: {http: 'health'}, grace: '" + grace
                + "', command: ['sh', '-c', 'sh ./child.sh \"$0\" & wait', '"
                + world.directory().resolveSibling(mark) + "']}");
        Files.writeString(world.directory().resolve("child.sh"),
                "trap '' TERM; touch ready; while :; do sleep 0.1; done");
        return this;
    }

    /** An attempt at ending the running one with its stubborn child that is lost when only the child lives. */
    Attempt lostWhenOnlyTheChildLives(StepWorld world) {
        while (Files.notExists(world.directory().resolve("ready"))) {
            Thread.onSpinWait();
        }
        long root = running().stream().mapToLong(ProcessHandle::pid).min().orElseThrow();
        return new Attempt() {
            @Override
            public void heartbeat(Progress progress) {
                // Nobody watches.
            }

            @Override
            public Optional<String> stopRequested() {
                if (running().stream().noneMatch(process -> process.pid() == root)) {
                    throw new AssertionError("the worker is lost");
                }
                return Optional.empty();
            }
        };
    }

    /** A program that listens on a port, and says on its standard output what its environment and directory are. */
    public static Programs server(StepWorld world, String environment) throws IOException {
        return server(world, environment, FreePort.next(), "mark-" + UUID.randomUUID());
    }

    public static Programs server(StepWorld world, String environment, int port, String mark) throws IOException {
        Programs programs = new Programs(world, mark);
        Path source = world.directory().resolve("Server.java");
        Files.writeString(source, """
                import com.sun.net.httpserver.HttpServer;
                import java.net.*;

                class Server {
                    public static void main(String[] arguments) throws Exception {
                        System.out.println("environment " + new java.util.TreeMap<>(System.getenv()));
                        System.out.println("directory " + System.getProperty("user.dir"));
                        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(),
                                Integer.parseInt(arguments[0]));
                        var server = HttpServer.create(address, 0);
                        server.createContext("/", exchange -> {
                            exchange.sendResponseHeaders(204, -1);
                            exchange.close();
                        });
                        server.start();
                    }
                }
                """);
        world.directory("home", world.directory())
                .resource("service", "{kind: 'http', url: 'http://127.0.0.1:" + port + "'}")
                .resource("program", "{kind: 'process', directory: 'home', environment: " + environment
                        + ", identify: {listens-on: 'service', command-contains: 'Server.java'},"
                        + " health: {http: 'service', within: '60s'}, log: 'home:server.log', command: ['" + java()
                        + "', '-XX:TieredStopAtLevel=1', 'Server.java', '" + port + "', '" + programs.mark + "']}")
                .closing(programs);
        return programs;
    }

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** Those of these programs that run. */
    public List<ProcessHandle> running() {
        return ProcessHandle.allProcesses().filter(handle -> commandLine(handle).contains(mark)).toList();
    }

    /** How many programs run; a child that the start script has just forked is none of its own. */
    private int programs() {
        List<ProcessHandle> all = running();
        return (int) all.stream().filter(handle -> handle.parent().filter(all::contains).isEmpty()).count();
    }

    String mark() {
        return mark;
    }

    @Override
    public void close() throws IOException {
        for (ProcessHandle handle : running()) {
            boolean child = handle.parent().filter(ProcessHandle.current()::equals).isPresent();
            handle.destroyForcibly();
            handle.onExit().orTimeout(10, TimeUnit.SECONDS).join();
            if (child) {
                // Its worker notes how it ended a moment later; only then can the directory be removed.
                Polling.until(() -> isNoted(handle.pid()), NOTED_WITHIN, () -> {});
            }
        }
    }

    /** Whether a file says how a process ended, if anything is kept of processes at all. */
    private boolean isNoted(long pid) throws IOException {
        if (!Files.isDirectory(state)) {
            return true;
        }
        try (Stream<Path> kept = Files.walk(state)) {
            List<String> names = kept.map(path -> path.getFileName().toString()).toList();
            return !names.contains("processes") || names.stream().anyMatch(name -> name.startsWith("exit-of-" + pid));
        }
    }

    private static String commandLine(ProcessHandle handle) {
        Optional<String[]> arguments = handle.info().arguments();
        return arguments.map(list -> String.join(" ", list)).orElse("");
    }
}
